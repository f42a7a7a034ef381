"""Each endpoint of the contract, and each code of its table, over a real socket."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_server import ManualClock, Plan
from tests.mock_server.api import ATTRIBUTION, MAKE, Api, FakeRenderer, track
from tests.mock_server.conftest import Serve
from tests.waiting import HANGS


class TestToken:
    def test_brings_a_hundred_credits_for_seven_days(self, serve: Serve) -> None:
        clock = ManualClock()
        body = serve(clock=clock).token()
        assert (body["code"], body["data"]["credits"]) == (0, 100)
        assert re.fullmatch(r"nmv_usr_[0-9a-f]{40}", body["data"]["token"])
        assert body["data"]["user_id"].startswith("anon_")
        expires = datetime.fromisoformat(body["data"]["expires_at"])
        assert expires == datetime.fromtimestamp(clock.now() + 7 * 86_400, UTC)

    @pytest.mark.parametrize("headers", [{}, {"X-Client-Id": ""}, {"X-Client-Id": "x" * 65}])
    def test_asks_for_a_client_id_of_at_most_64(self, api: Api, headers: dict[str, str]) -> None:
        answer = api.http.post("/api/auth/anonymous-token", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
        assert "X-Client-Id" in answer.json()["message"]

    def test_a_client_gets_one_in_seven_days(self, serve: Serve) -> None:
        api = serve(clock=ManualClock())
        api.start()
        again = api.http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "client-1"})
        assert (again.status_code, again.json()["code"]) == (429, 429)
        assert api.token("client-2")["code"] == 0
        api.backend.clock.advance(days=7)
        assert api.token("client-1")["code"] == 0
        # The same client is the same user: its session is still there.
        assert api.state()["draft"] == {}


class TestAuthorization:
    @pytest.mark.parametrize("bearer", [None, "Bearer", "Bearer nmv_usr_wrong", "Basic nmv_usr_x"])
    def test_every_endpoint_but_the_token_refuses_a_stranger(
        self, api: Api, bearer: str | None
    ) -> None:
        api.start()
        del api.http.headers["Authorization"]
        if bearer:
            api.http.headers["Authorization"] = bearer
        answers = [
            api.http.post("/api/tasks/me/with-session/nemo_agent", json={"task_name": "p"}),
            api.http.post("/run_sse", json=api.message("hi")),
            api.upload("a.png"),
            api.http.post(f"/api/upload-video/nemo_agent/me/{api.session}", json={"urls": ["x"]}),
            api.http.get("/api/credits/balance/simple"),
            api.http.get(f"/api/state/nemo_agent/me/{api.session}/latest"),
            api.http.post("/api/render/proxy/lambda", json={}),
            api.http.get("/api/render/proxy/lambda/r"),
            api.http.post("/api/render/proxy/lambda/r/cancel"),
            api.http.get("/api/render/proxy/r/download"),
            api.http.post("/api/auth/claim-token", json={"task_id": "t", "session_id": "s"}),
        ]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(200, 1001)] * 11

    def test_a_token_expires(self, serve: Serve) -> None:
        api = serve(clock=ManualClock()).start()
        api.backend.clock.advance(days=6.99)
        assert api.credits()["total"] == 100
        api.backend.clock.advance(days=0.01)
        assert api.http.get("/api/credits/balance/simple").json()["code"] == 1001


class TestSession:
    def test_is_made_for_the_user(self, api: Api) -> None:
        user = api.token()["data"]["user_id"]
        answer = api.http.post(
            "/api/tasks/me/with-session/nemo_agent", json={"task_name": "project", "language": "en"}
        )
        assert set(answer.json()["data"]) == {"task_id", "session_id", "user_id"}
        assert answer.json()["data"]["user_id"] == user

    def test_another_users_session_is_not_found(self, api: Api) -> None:
        api.start("client-1")
        api.token("client-2")
        output = {"format": "mp4", "quality": "high"}
        draft = {"t": [{"tt": 0, "sg": [{"d": 1000}]}]}
        render = {"id": "r", "sessionId": api.session, "draft": draft, "output": output}
        answers = [
            api.http.post("/run_sse", json=api.message("hi")),
            api.http.post("/run_sse", json=api.message("hi", session="nowhere")),
            api.upload("a.png"),
            api.http.get(f"/api/state/nemo_agent/me/{api.session}/latest"),
            api.http.get("/api/state/nemo_agent/me/nowhere/latest"),
            api.http.post("/api/render/proxy/lambda", json=render),
        ]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(200, 1002)] * 6


class TestAttribution:
    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("ai-image-to-video-extender", ("smooth", 10_000)),
            ("joy-image-to-video", ("upbeat", 6_000)),
            (None, ("smooth", 9_000)),
        ],
    )
    def test_the_listing_a_message_comes_by_decides_how_it_is_cut(
        self, api: Api, source: str | None, expected: tuple[str, int]
    ) -> None:
        if source:
            api.http.headers["X-Skill-Source"] = source
        else:
            api.http.headers.pop("X-Skill-Source", None)
        draft = api.made().draft
        assert (track(draft, 0)[0]["motion"]["style"], draft["d"]) == expected


class TestBodies:
    @pytest.mark.parametrize(
        ("path", "body", "field"),
        [
            ("/api/tasks/me/with-session/nemo_agent", {}, "task_name"),
            ("/api/tasks/me/with-session/nemo_agent", {"task_name": 7}, "task_name"),
            (
                "/api/tasks/me/with-session/nemo_agent",
                {"task_name": "p", "language": 7},
                "language",
            ),
            ("/run_sse", {}, "app_name"),
            ("/run_sse", {"app_name": "nemo_agent", "user_id": "you"}, "user_id"),
            ("/run_sse", {"app_name": "nemo_agent", "user_id": "me"}, "session_id"),
            ("/api/auth/claim-token", {"task_id": "t"}, "session_id"),
            ("/api/render/proxy/lambda", {"sessionId": "s"}, "id"),
            ("/api/render/proxy/lambda", {"id": "r", "session_id": "s"}, "sessionId"),
            ("/api/render/proxy/lambda", {"id": "r", "sessionId": "s"}, "output"),
            (
                "/api/render/proxy/lambda",
                {"id": "r", "sessionId": "s", "output": {"format": "mov"}},
                "output.format",
            ),
            (
                "/api/render/proxy/lambda",
                {
                    "id": "r",
                    "sessionId": "s",
                    "output": {"format": "mp4", "quality": "high"},
                    "draft": {"t": [{"tt": 0, "sg": []}]},
                },
                "draft",
            ),
        ],
    )
    def test_a_wrong_field_is_named(
        self, api: Api, path: str, body: dict[str, Any], field: str
    ) -> None:
        api.start()
        answer = api.http.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
        assert answer.json()["message"].startswith(field)

    @pytest.mark.parametrize(
        "message", [None, {}, {"parts": []}, {"parts": ["x"]}, {"parts": [{"text": " "}]}]
    )
    def test_a_message_needs_words(self, api: Api, message: object) -> None:
        api.start()
        answer = api.http.post("/run_sse", json=api.message("x") | {"new_message": message})
        assert answer.status_code == 400
        assert "new_message" in answer.json()["message"]

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"[]",
            b'"x"',
            b"\xff",
            b'{"task_name": NaN}',
            b'{"task_name": 1e999}',
            b'{"task_name": "\\ud800"}',
            b'{"task_name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            b'{"task_name": ' + b"9" * 10_000 + b"}",
            b'{"task_name": "' + b"x" * 9_000_000 + b'"}',
        ],
        ids=[
            "empty",
            "cut",
            "list",
            "string",
            "latin",
            "nan",
            "infinite",
            "surrogate",
            "deep",
            "giant",
            "large",
        ],
    )
    def test_what_is_no_json_object_is_refused(self, api: Api, content: bytes) -> None:
        api.start()
        answer = api.http.post("/api/tasks/me/with-session/nemo_agent", content=content)
        assert (answer.status_code, answer.json()["code"]) == (400, 400)

    def test_an_unknown_path_and_method_get_an_envelope(self, api: Api) -> None:
        for answer, code in ((api.http.get("/nowhere"), 404), (api.http.get("/run_sse"), 405)):
            assert (answer.status_code, answer.json()["code"]) == (code, code)


class TestUpload:
    def test_says_what_the_files_are(self, api: Api) -> None:
        api.start()
        answer = api.upload("beach.png", "../../etc/söng\n.mp3").json()["data"]
        assert answer["session_state_applied"] is True
        photo, song = answer["files"]
        assert photo["filename"] == "beach.png"
        assert (photo["file_type"], photo["width"], photo["height"]) == ("image", 1600, 900)
        assert photo["hash"] == hashlib.sha256(b"beach.png").hexdigest()
        assert (song["filename"], song["file_type"], song["duration"]) == ("söng.mp3", "audio", 12)
        assert api.state()["video_infos"] == answer["files"]
        # The address is public: no bearer.
        assert httpx.get(photo["cdn_url"], trust_env=False).content == b"beach.png"

    def test_the_same_file_twice_is_one(self, api: Api) -> None:
        api.start()
        api.upload("a.png", "b.png")
        again = api.upload("a.png").json()["data"]["files"]
        infos = api.state()["video_infos"]
        assert [info["filename"] for info in infos] == ["a.png", "b.png"]
        assert again[0]["cdn_url"] == infos[0]["cdn_url"]

    @pytest.mark.parametrize(
        ("name", "contents"),
        [("photo.heic", b"x"), ("p.bmp", b"x"), ("p.png", b"broken"), ("p.png", b"")],
    )
    def test_an_unsupported_file_is_4001_and_nothing_is_kept(
        self, api: Api, name: str, contents: bytes
    ) -> None:
        api.start()
        files = [("files", ("good.png", b"good")), ("files", (name, contents))]
        answer = api.http.post(f"/api/upload-video/nemo_agent/me/{api.session}", files=files)
        assert (answer.status_code, answer.json()["code"]) == (200, 4001)
        assert "webp" in answer.json()["message"]
        assert api.state()["video_infos"] == []
        assert list(api.backend.library.incoming.iterdir()) == []

    def test_a_file_over_the_limit_is_4002(self, serve: Serve) -> None:
        api = serve(max_upload=100_000).start()
        assert api.upload("fits.png", contents=b"x" * 100_000).json()["code"] == 0
        answer = api.upload("large.png", contents=b"x" * 399_000)
        assert (answer.status_code, answer.json()["code"]) == (200, 4002)
        assert len(list(api.backend.library.incoming.iterdir())) == 1

    @pytest.mark.parametrize(
        ("kind", "content"),
        [
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=b", b"x"),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="files"',
            ),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="other"; filename="a.png"\r\n\r\nx\r\n--b--\r\n',
            ),
            (
                "multipart/form-data; boundary=b",
                b'--b\r\nContent-Disposition: form-data; name="files"\r\n\r\nx\r\n--b--\r\n',
            ),
            (f"multipart/form-data; boundary={'b' * 300}", b"x"),
            ("application/json", b'{"urls": [], "source_type": "url"}'),
            ("application/json", b'{"urls": ["http://x/a.png"]}'),
        ],
    )
    def test_a_wrong_body_is_400(self, api: Api, kind: str, content: bytes) -> None:
        api.start()
        answer = api.http.post(
            f"/api/upload-video/nemo_agent/me/{api.session}",
            content=content,
            headers={"Content-Type": kind},
        )
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
        assert list(api.backend.library.incoming.iterdir()) == []

    def test_an_address_of_this_machine_is_fetched(self, api: Api) -> None:
        api.start()
        url = api.upload("beach.png").json()["data"]["files"][0]["cdn_url"]
        first = api.session
        api.start("client-2")
        body = {"urls": [url], "source_type": "url"}
        answer = api.http.post(f"/api/upload-video/nemo_agent/me/{api.session}", json=body).json()
        assert first != api.session
        assert answer["data"]["files"][0]["hash"] == hashlib.sha256(b"beach.png").hexdigest()

    @pytest.mark.parametrize(
        "url",
        [
            "https://example.com/a.png",
            "file:///etc/passwd",
            "http://127.0.0.1:1/a.png",
            "http://[x",
        ],
    )
    def test_other_addresses_are_refused_in_words(self, api: Api, url: str) -> None:
        api.start()
        body = {"urls": [url], "source_type": "url"}
        answer = api.http.post(f"/api/upload-video/nemo_agent/me/{api.session}", json=body).json()
        assert answer["code"] == 400
        assert url in answer["message"]


class TestRender:
    def test_goes_from_pending_to_completed(self, api: Api, renderer: FakeRenderer) -> None:
        renderer.gate.clear()
        api.made()
        assert api.render().json() == {"id": "render_1", "status": "pending", "progress": 0}
        renderer.started.acquire(timeout=HANGS)
        assert api.render_status() == {"id": "render_1", "status": "processing", "progress": 40}
        renderer.gate.set()
        done = api.wait()
        assert done["progress"] == 100
        assert {"duration": 9.0, "size": 1000}.items() <= done["output"].items()
        # The video is public; the renderer got the draft and the files by their hashes.
        assert len(httpx.get(done["output"]["url"], trust_env=False).content) == 1000
        assert renderer.drafts == [api.draft]
        used = {segment["src"]["hash"] for segment in track(api.draft, 0)}
        assert used == set(renderer.media[0])
        assert api.credits()["total"] == 50  # the first cut cost 50, the export nothing

    def test_the_other_shape(self, serve: Serve) -> None:
        api = serve(render_shape="wrapped", clock=ManualClock(1_760_000_000)).made()
        assert api.render().json()["data"].items() >= {"status": "pending", "progress": 0}.items()
        body = api.wait()
        assert body["success"] is True
        assert "code" not in body
        assert body["data"]["createdAt"] == body["data"]["completedAt"] == "2025-10-09T08:53:20Z"
        assert httpx.get(body["data"]["outputUrl"], trust_env=False).status_code == 200

    def test_attribution_is_demanded(self, api: Api) -> None:
        api.made()
        for name in ATTRIBUTION:
            value = api.http.headers.pop(name)
            answer = api.render()
            assert (answer.status_code, answer.json()["code"]) == (402, 402)
            assert name in answer.json()["message"]
            api.http.headers[name] = value
        assert api.render().status_code == 200

    def test_the_free_plan_may_not_export(self, api: Api) -> None:
        api.made()
        api.backend.accounts.change(plan=Plan.FREE)
        answer = api.render()
        assert (answer.status_code, answer.json()["code"]) == (402, 402)

    def test_an_id_is_used_once(self, api: Api) -> None:
        api.made()
        api.render()
        again = api.render()
        assert (again.status_code, again.json()["code"]) == (400, 400)
        assert "already used" in again.json()["message"]

    def test_one_at_a_time_for_a_session(self, api: Api, renderer: FakeRenderer) -> None:
        renderer.gate.clear()
        api.made()
        for number in range(3):
            api.render(f"render_{number}")
        renderer.started.acquire(timeout=HANGS)
        statuses = [api.render_status(f"render_{number}")["status"] for number in range(3)]
        assert statuses == ["processing", "pending", "pending"]
        renderer.gate.set()
        for number in range(3):
            api.wait(f"render_{number}")
        assert renderer.most_at_work == 1

    def test_no_more_at_once_than_there_are_cores(
        self, serve: Serve, renderer: FakeRenderer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.cpu_count", lambda: 2)
        api = serve()
        renderer.gate.clear()
        tokens = []
        for number in range(4):
            api.start(f"client-{number}")
            api.upload("beach.png")
            api.say(MAKE)
            api.render(f"render_{number}")
            tokens.append(api.http.headers["Authorization"])
        for _ in range(2):
            assert renderer.started.acquire(timeout=HANGS)
        renderer.gate.set()
        for number, token in enumerate(tokens):
            api.http.headers["Authorization"] = token
            api.wait(f"render_{number}")
        assert renderer.most_at_work == 2

    def test_cancel_takes_it_from_the_queue_or_stops_it(
        self, api: Api, renderer: FakeRenderer
    ) -> None:
        renderer.gate.clear()
        api.made()
        for number in range(3):
            api.render(f"render_{number}")
        renderer.started.acquire(timeout=HANGS)
        for number in (1, 0):  # waiting, then at work
            answer = api.http.post(f"/api/render/proxy/lambda/render_{number}/cancel")
            assert answer.json()["status"] == "cancelled"
        renderer.started.acquire(timeout=HANGS)  # the third one's turn has come
        renderer.gate.set()
        api.wait("render_2")
        answer = api.http.post("/api/render/proxy/lambda/render_2/cancel")
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
        assert api.render_status("render_0")["status"] == "cancelled"

    def test_download_in_ranges(self, api: Api) -> None:
        api.made()
        path = "/api/render/proxy/render_1/download"
        assert api.http.get(path).status_code == 404
        api.render()
        api.wait()
        whole = api.http.get(path)
        part = api.http.get(
            path, headers={"Range": "bytes=900-", "If-Range": whole.headers["etag"]}
        )
        assert (part.status_code, part.headers["content-range"]) == (206, "bytes 900-999/1000")
        assert part.content == whole.content[900:]
        assert api.http.get(path, headers={"Range": "bytes=1000-"}).status_code == 416

    def test_a_render_belongs_to_its_token(self, api: Api) -> None:
        api.made()
        api.render()
        api.wait()
        api.token("client-2")
        answers = [
            api.http.get("/api/render/proxy/lambda/render_1"),
            api.http.post("/api/render/proxy/lambda/render_1/cancel"),
            api.http.get("/api/render/proxy/render_1/download"),
        ]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, 404)] * 3

    def test_what_the_renderer_cannot_do_is_a_failed_render(self, serve: Serve) -> None:
        def broken(*args: Any, **hooks: Any) -> Any:
            raise ValueError("beach.png: not an image")

        api = serve(renderer=broken).made()
        api.render()
        assert api.wait(status="failed")["error"] == "beach.png: not an image"


def test_claim_token(api: Api) -> None:
    api.start()
    body = {"task_id": api.task, "session_id": api.session}
    data = api.http.post("/api/auth/claim-token", json=body).json()["data"]
    assert data["claim_token"].startswith("clm_")
    assert data["expires_in"] > 0
    wrong = api.http.post("/api/auth/claim-token", json=body | {"task_id": "task_0"})
    assert wrong.json()["code"] == 400
    api.http.headers["Authorization"] = f"Bearer {data['claim_token']}"
    assert api.http.get("/api/credits/balance/simple").json()["code"] == 1001


def test_state_has_what_the_contract_lists(api: Api) -> None:
    api.made()
    answer = api.http.get(f"/api/state/nemo_agent/me/{api.session}/latest").json()["data"]
    assert {"session_id", "task_id", "task_name", "state"} <= set(answer)
    assert answer["task_name"] == "project"
    state = answer["state"]
    assert set(state) == {
        "draft",
        "video_infos",
        "generated_media",
        "canvas_config",
        "video_analyses",
    }
    assert state["canvas_config"] == {"width": 1920, "height": 1080, "ratio": "16:9"}


def test_the_real_renderer_makes_a_video_of_a_real_photo(serve: Serve, tmp_path: Path) -> None:
    from PIL import Image

    photo = tmp_path / "sky.png"
    Image.linear_gradient("L").convert("RGB").resize((320, 180)).save(photo)
    api = serve(renderer=None, inspector=None).start()
    info = api.upload("sky.png", contents=photo.read_bytes()).json()["data"]["files"][0]
    assert (info["file_type"], info["width"], info["height"]) == ("image", 320, 180)
    api.say(f"{MAKE}. Resolution: 480p. Duration: 1 seconds. Background music: none.")
    assert api.render().status_code == 200
    done = api.wait()
    assert done["output"]["duration"] == pytest.approx(1.0, abs=0.05)
    video = api.http.get("/api/render/proxy/render_1/download").content
    assert (video[4:8], len(video)) == (b"ftyp", done["output"]["size"])


def test_a_picture_that_is_cut_off_is_4001_and_says_why(serve: Serve, tmp_path: Path) -> None:
    from PIL import Image

    api = serve(inspector=None).start()
    Image.effect_noise((320, 180), 60).save(tmp_path / "photo.jpg")
    whole = (tmp_path / "photo.jpg").read_bytes()
    answer = api.upload("photo.jpg", contents=whole[: len(whole) // 2]).json()
    assert answer["code"] == 4001
    assert "photo.jpg (the picture is damaged or cut off)" in answer["message"]
    assert api.upload("photo.jpg", contents=whole).json()["code"] == 0


def test_a_removed_photo_stays_away_until_it_is_asked_for(api: Api) -> None:
    api.made("beach.png", "chelsea.png", "city.png")
    api.say("remove the second photo")
    assert "I cannot do that" in api.told("make it more dreamy")
    assert _names(api) == ["beach", "city"]
    api.upload("boat.png")
    api.say("what can you do?")
    api.say("make it more dreamy")  # the boat was there before: it is not what this is about
    assert _names(api) == ["beach", "city"]
    api.upload("tower.png")
    api.say("here is another one")
    assert _names(api) == ["beach", "city", "tower"]
    api.say("add the new photo")
    assert _names(api) == ["beach", "city", "tower", "boat"]
    assert "no new photo" in api.told("add the new photo")
    api.say("add chelsea again")
    assert _names(api)[-1] == "chelsea"


def _names(api: Api) -> list[str]:
    return [segment["m"]["title"] for segment in track(api.draft, 0)]
