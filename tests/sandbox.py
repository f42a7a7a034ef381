"""Runs a program as the sandboxes of agents do: without a network. Linux alone has what is used here.

    python tests/sandbox.py sockets PROGRAM…

The first word says what is denied (EPERM): `sockets`, what makes and uses one; `messages`, also to
send through what is there, as Codex does; `pairs`, also a pair of connected sockets.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

# Names in the order of aarch64's table from 198 on; those of x86_64 beside them.
_X86_64 = {
    "socket": 41,
    "connect": 42,
    "accept": 43,
    "sendto": 44,
    "sendmsg": 46,
    "recvmsg": 47,
    "shutdown": 48,
    "bind": 49,
    "listen": 50,
    "getsockname": 51,
    "getpeername": 52,
    "socketpair": 53,
    "setsockopt": 54,
    "getsockopt": 55,
    "accept4": 288,
}
_AARCH64 = {
    "socket": 198,
    "socketpair": 199,
    "bind": 200,
    "listen": 201,
    "accept": 202,
    "connect": 203,
    "getsockname": 204,
    "getpeername": 205,
    "sendto": 206,
    "setsockopt": 208,
    "getsockopt": 209,
    "shutdown": 210,
    "sendmsg": 211,
    "recvmsg": 212,
    "accept4": 242,
}
NUMBERS = {"x86_64": _X86_64, "aarch64": _AARCH64}
_SOCKETS = {"socket", "bind", "connect", "listen", "accept", "accept4"}
DENIED = {
    "sockets": _SOCKETS,
    "messages": _X86_64.keys() - {"socketpair"},
    "pairs": set(_X86_64),
}
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2  # prctl(2)
_LOAD_NUMBER, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EPERM


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def deny(names: set[str]) -> None:
    """Deny these system calls to this process and to all that it starts. Raises OSError where that
    is not allowed."""
    numbers = sorted(NUMBERS[platform.machine()][name] for name in names)
    steps = [(_LOAD_NUMBER, 0, 0, 0)]
    for place, number in enumerate(numbers):
        steps.append((_IF_EQUAL, len(numbers) - place, 0, number))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program))):
        if libc.prctl(*words):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    deny(DENIED[sys.argv[1]])
    os.execvp(sys.argv[2], sys.argv[2:])
