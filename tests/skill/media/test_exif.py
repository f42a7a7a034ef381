"""Of EXIF: how a picture is turned, and whether it says where it was taken."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skill.media.exif import located, orientation, upright
from tests.skill import samples


@pytest.mark.parametrize("turn", range(1, 9))
def test_orientation_and_place(turn: int) -> None:
    exif = samples.exif(turn)
    assert orientation(exif) == turn
    assert located(exif)
    turned = upright(exif)
    assert orientation(turned) == 1
    assert len(turned) == len(exif)
    assert located(turned)


def test_both_byte_orders_and_numbers_of_either_length() -> None:
    for order, mark in (("<", b"II*\0"), (">", b"MM\0*")):
        for kind, form in ((3, "HH"), (4, "I")):
            value = (6, 0) if form == "HH" else (6,)
            exif = mark + struct.pack(f"{order}IHHHI{form}I", 8, 1, 0x0112, kind, 1, *value, 0)
            assert orientation(exif) == 6
            assert orientation(upright(exif)) == 1


def test_without_a_place_and_without_sense() -> None:
    assert not located(samples.exif(place=False))
    assert orientation(samples.exif()) == 1
    for nine in (0, 9, 400):
        assert orientation(samples.exif(nine or None)) == 1


@given(st.integers(0, 400), st.binary(max_size=40))
def test_damaged_exif_says_nothing_and_raises_nothing(cut: int, junk: bytes) -> None:
    for exif in (samples.exif(6)[:cut], samples.exif(6)[:cut] + junk, b"II*\0" + junk):
        assert 1 <= orientation(exif) <= 8
        located(exif)
        assert len(upright(exif)) == len(exif)
