"""Routes → handlers: the eleven endpoints of the contract, and the files behind `cdn_url` and `url`."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from mock_server import errors, openapi
from mock_server.backend.accounts import iso
from mock_server.backend.backend import Backend
from mock_server.backend.media_library import media_info
from mock_server.backend.models import Render, Status
from mock_server.errors import ApiError, StorageError
from mock_server.http import bodies
from mock_server.http.control import control_routes
from mock_server.http.endpoint import Call, Endpoint, Handler, envelope, json_response
from mock_server.http.fault_injection import EventStream
from mock_server.http.uploads import fetch_files, receive_files
from mock_server.openapi import ATTRIBUTION


def create_app(backend: Backend, *, control: bool = True, key: str | None = None) -> Starlette:
    """The backend as an ASGI application, with its contract at /openapi.json; `control` adds the
    routes under /__mock__/, which whoever shows `key` may use, or this machine alone, if there is
    none.

    Faults that cut a connection need `Server`, which has a hold of the socket.
    """
    if key:
        backend.journal.secrets.hide(key)
    handlers: dict[str, Handler] = {
        "token": _token,
        "session": _session,
        "message": _message,
        "upload": _upload,
        "credits": _credits,
        "state": _state,
        "render": _render,
        "render_status": _render_status,
        "render_cancel": _render_cancel,
        "render_download": _render_download,
        "claim": _claim,
    }
    routes: list[Any] = [
        Route(item.path, Endpoint(backend, name, handlers[name]), methods=[item.method])
        for name, item in openapi.operations().items()
    ]
    routes.append(Route("/files/{key}/{name}", Endpoint(backend, "file", _file), methods=["GET"]))
    routes.append(Route("/openapi.json", _document))
    if control:
        routes += [
            Route("/__mock__", RedirectResponse("/__mock__/")),
            *control_routes(backend, key),
        ]
    routes.append(Route("/{path:anything}", Endpoint(backend, "unknown", _Nowhere(routes[:]))))
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: _http_error, StorageError: _storage_error},
    )


class _Anything(Convertor[str]):
    """A path to its end, also one with a line break in it."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


@dataclass(frozen=True)
class _Nowhere:
    """What answers where there is no endpoint, or none for that method."""

    routes: list[Any]

    async def __call__(self, call: Call) -> ASGIApp:
        scope = call.request.scope
        methods = {
            method
            for route in self.routes
            if route.matches(scope)[0] is Match.PARTIAL
            for method in route.methods or ()
        }
        code = errors.NO_METHOD if methods else errors.NOT_FOUND
        detail = "Method Not Allowed" if methods else "Not Found"
        call.note(f"{scope['method']} {call.entry.path} {openapi.NOT_IN_CONTRACT}")
        call.entry.code = code
        message = f"{detail}: {scope['method']} {scope['path']}"
        answer = envelope(None, code=code, message=message)
        if methods:
            answer.headers["allow"] = ", ".join(sorted(methods))
        return answer


async def _document(request: Request) -> Response:
    return Response(openapi.as_json(), media_type="application/json")


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Internal error"
    return envelope(None, code=status, message=f"{detail}: {request.method} {request.url.path}")


async def _storage_error(request: Request, error: Exception) -> Response:
    return envelope(None, code=errors.FAILED, message=str(error))


async def _token(call: Call) -> ASGIApp:
    call.want_headers("X-Client-Id", code=errors.BAD_REQUEST)
    return envelope(call.backend.accounts.issue(call.headers["x-client-id"].strip()))


async def _session(call: Call) -> ASGIApp:
    account = call.account
    body = call.body
    made = call.backend.sessions.create(account, body["task_name"], body.get("language"))
    call.entry.session = made.id
    return envelope({"task_id": made.task_id, "session_id": made.id, "user_id": account.user_id})


async def _message(call: Call) -> ASGIApp:
    account = call.account
    body = call.body
    turn = call.backend.messages.begin(
        account,
        body["session_id"],
        bodies.message_text(body),
        fault=call.fault,
        source=call.headers.get("x-skill-source"),
    )
    own = call.backend.settings.validate and call.fault is None
    return EventStream(turn, call.fault, call.check_event if own else None)


async def _upload(call: Call) -> ASGIApp:
    backend, session = call.backend, call.request.path_params["session"]
    folder, limit = backend.library.incoming, backend.settings.max_upload
    try:
        account = call.account
        backend.sessions.find(account, session)
    except ApiError:
        if call.multipart:
            await call.drain()
        raise
    if call.multipart:
        kind = call.headers["content-type"]
        others: set[str] = set()
        try:
            received = await receive_files(kind, call.request.stream(), folder, limit, others)
        finally:
            for name in sorted(others):
                call.note_unknown(f"body.{name}")
    else:
        received = await fetch_files(call.body["urls"], folder, limit)
    if call.multipart:
        names = {"files": [item.name for item in received]}
        call.entry.take(json.dumps(names).encode())
    added = await backend.library.add(account, session, received, backend.clock.now())
    files = [media_info(item, call.media_url(item)) for item in added]
    return envelope({"files": files, "session_state_applied": True})


async def _credits(call: Call) -> ASGIApp:
    return envelope(call.backend.credits.balance(call.account))


async def _state(call: Call) -> ASGIApp:
    session = call.request.path_params["session"]
    return envelope(call.backend.sessions.state(call.account, session, call.media_url))


async def _render(call: Call) -> ASGIApp:
    account = call.account
    call.want_headers(*ATTRIBUTION, code=errors.EXPORT_BLOCKED, message="Export blocked: ")
    body = call.body
    outcome = call.fault.work.outcome if call.fault else None
    render = call.backend.start_render(
        account, body["id"], body["sessionId"], body["draft"], outcome
    )
    return _render_answer(call, render)


async def _render_status(call: Call) -> ASGIApp:
    return _render_answer(call, _the_render(call))


async def _render_cancel(call: Call) -> ASGIApp:
    render = call.backend.renders.cancel(call.request.path_params["render"], call.account.key)
    return _render_answer(call, render)


async def _render_download(call: Call) -> ASGIApp:
    render = _the_render(call)
    found = call.backend.library.find(render.key) if render.status is Status.COMPLETED else None
    if found is None or not found[0].is_file():
        raise ApiError(errors.NOT_FOUND, f"Render {render.id} has no file: it is {render.status}")
    return FileResponse(found[0], filename=found[1], media_type="video/mp4")


async def _claim(call: Call) -> ASGIApp:
    account = call.account
    body = call.body
    return envelope(call.backend.sessions.claim_token(account, body["task_id"], body["session_id"]))


async def _file(call: Call) -> ASGIApp:
    found = call.backend.library.find(call.request.path_params["key"])
    if found is None or not found[0].is_file():
        raise ApiError(errors.NOT_FOUND, "File not found")
    # Uploaded by someone: never to be run as a page of this origin.
    headers = {"content-security-policy": "sandbox", "x-content-type-options": "nosniff"}
    return FileResponse(found[0], filename=found[1], headers=headers)


def _the_render(call: Call) -> Render:
    render = call.backend.renders.status(call.request.path_params["render"], call.account.key)
    call.entry.session = render.session_id
    return render


def _render_answer(call: Call, render: Render) -> Response:
    """A render in the proxy's own two shapes, which have no `code`."""
    answer: dict[str, Any] = {
        "id": render.id,
        "status": render.status.value,
        "progress": int(render.progress),
    }
    if render.error:
        answer["error"] = render.error
    done = render.status is Status.COMPLETED
    url = call.url(render.key, f"{render.id}.mp4") if done else ""
    facts = {"duration": render.duration, "size": render.size}
    if call.backend.settings.render_shape == "bare":
        if done:
            answer["output"] = {"url": url, **facts}
        return json_response(answer)
    answer["createdAt"] = iso(render.created_at)
    if done:
        answer |= {"outputUrl": url, **facts, "completedAt": iso(render.completed_at or 0)}
    return json_response({"success": True, "data": answer})
