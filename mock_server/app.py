"""Routes → handlers: the eleven endpoints of the contract, and the files behind `cdn_url` and `url`."""

import json
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mock_server import bodies, errors, openapi
from mock_server.accounts import iso
from mock_server.backend import Backend
from mock_server.control import control_routes
from mock_server.errors import ApiError, StorageError, bad_request
from mock_server.exchange import Call, Endpoint, Handler, envelope, json_response
from mock_server.library import media_info
from mock_server.uploads import fetch_files, receive_files
from mock_server.wire import EventStream
from mock_server.world import Render, Status

CLIENT_ID_LIMIT = 64
ATTRIBUTION = ("X-Skill-Source", "X-Skill-Version", "X-Skill-Platform")


def create_app(backend: Backend, *, control: bool = True, key: str | None = None) -> Starlette:
    """The backend as an ASGI application, with its contract at /openapi.json; `control` adds the
    routes under /__mock__/, which whoever shows `key` may use, or this machine alone, if there is
    none.

    Faults that cut a connection need `Server`, which has a hold of the socket.
    """
    proxy = "/api/render/proxy"
    table: list[tuple[str, str, str, Handler]] = [
        ("token", "POST", "/api/auth/anonymous-token", _token),
        ("session", "POST", "/api/tasks/me/with-session/nemo_agent", _session),
        ("message", "POST", "/run_sse", _message),
        ("upload", "POST", "/api/upload-video/nemo_agent/me/{session}", _upload),
        ("credits", "GET", "/api/credits/balance/simple", _credits),
        ("state", "GET", "/api/state/nemo_agent/me/{session}/latest", _state),
        ("render", "POST", f"{proxy}/lambda", _render),
        ("render_status", "GET", f"{proxy}/lambda/{{render}}", _render_status),
        ("render_cancel", "POST", f"{proxy}/lambda/{{render}}/cancel", _render_cancel),
        ("render_download", "GET", f"{proxy}/{{render}}/download", _render_download),
        ("claim", "POST", "/api/auth/claim-token", _claim),
        ("file", "GET", "/files/{key}/{name}", _file),
    ]
    routes: list[Any] = [
        Route(path, Endpoint(backend, name, handler), methods=[method])
        for name, method, path, handler in table
    ]
    routes.append(Route("/openapi.json", _document))
    if control:
        routes += control_routes(backend, key)
    handlers = {HTTPException: _http_error, StorageError: _storage_error}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _document(request: Request) -> Response:
    return Response(openapi.as_json(), media_type="application/json")


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Internal error"
    return envelope(None, code=status, message=f"{detail}: {request.method} {request.url.path}")


async def _storage_error(request: Request, error: Exception) -> Response:
    return envelope(None, code=500, message=str(error))


async def _token(call: Call) -> ASGIApp:
    client_id = call.request.headers.get("x-client-id", "").strip()
    if not client_id:
        raise bad_request("X-Client-Id is missing")
    if len(client_id) > CLIENT_ID_LIMIT:
        raise bad_request(f"X-Client-Id is longer than {CLIENT_ID_LIMIT} characters")
    return envelope(call.backend.accounts.issue(client_id))


async def _session(call: Call) -> ASGIApp:
    account = call.account
    name = bodies.text(call.body, "task_name")
    language = bodies.optional_text(call.body, "language")
    data = call.backend.create_session(account, name, language)
    call.entry.session = data["session_id"]
    return envelope(data)


async def _message(call: Call) -> ASGIApp:
    account = call.account
    bodies.literal(call.body, "app_name", "nemo_agent")
    bodies.literal(call.body, "user_id", "me")
    session = bodies.text(call.body, "session_id")
    words = bodies.message_text(call.body)
    turn = call.backend.begin_turn(
        account, session, words, fault=call.fault, source=call.request.headers.get(ATTRIBUTION[0])
    )
    return EventStream(turn, call.fault)


async def _upload(call: Call) -> ASGIApp:
    backend, session = call.backend, call.request.path_params["session"]
    folder, limit = backend.library.incoming, backend.max_upload
    try:
        account = call.account
        backend.session(account, session)
    except ApiError:
        if call.multipart:
            await call.drain()
        raise
    if call.multipart:
        kind = call.request.headers["content-type"]
        received = await receive_files(kind, call.request.stream(), folder, limit)
    else:
        received = await fetch_files(bodies.urls(call.body), folder, limit)
    if call.multipart:
        names = {"files": [item.name for item in received]}
        call.entry.take(json.dumps(names).encode())
    added = await backend.library.add(account, session, received, backend.clock.now())
    files = [media_info(item, call.media_url(item)) for item in added]
    return envelope({"files": files, "session_state_applied": True})


async def _credits(call: Call) -> ASGIApp:
    return envelope(call.backend.balance(call.account))


async def _state(call: Call) -> ASGIApp:
    session = call.request.path_params["session"]
    return envelope(call.backend.state(call.account, session, call.media_url))


async def _render(call: Call) -> ASGIApp:
    account = call.account
    missing = [name for name in ATTRIBUTION if not call.request.headers.get(name, "").strip()]
    if missing:
        raise ApiError(errors.EXPORT_BLOCKED, f"Export blocked: {', '.join(missing)} missing")
    render_id = bodies.text(call.body, "id", limit=128)
    session = bodies.text(call.body, "sessionId")
    bodies.output_format(call.body)
    draft = bodies.draft_to_render(call.body)
    outcome = call.fault.outcome if call.fault else None
    render = call.backend.start_render(account, render_id, session, draft, outcome)
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
    task, session = bodies.text(call.body, "task_id"), bodies.text(call.body, "session_id")
    return envelope(call.backend.claim_token(account, task, session))


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
    if call.backend.render_shape == "bare":
        if done:
            answer["output"] = {"url": url, **facts}
        return json_response(answer)
    answer["createdAt"] = iso(render.created_at)
    if done:
        answer |= {"outputUrl": url, **facts, "completedAt": iso(render.completed_at or 0)}
    return json_response({"success": True, "data": answer})
