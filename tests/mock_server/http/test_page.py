"""The page at /__mock__/, in a real browser: what a developer sees and turns there."""

import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from mock_server.backend.backend import Backend
from mock_server.clock import ManualClock
from mock_server.faults import ANY
from mock_server.http.page import TYPES
from mock_server.http.summary import summary
from mock_server.journal import ENDPOINTS
from mock_server.server import Server
from tests.mock_server.api import Api, inspector
from tests.mock_server.conftest import Serve
from tests.mock_server.http import browser as chromium
from tests.mock_server.http.browser import Browser, Page
from tests.waiting import until

in_a_browser = pytest.mark.skipif(
    chromium.missing() is not None, reason=str(chromium.missing() or "")
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab that, when the test is over, must have complained of nothing and asked nobody else."""
    with browser.page() as page:
        yield page
        assert page.complaints == []
        foreign = [
            url for url in page.requests if not url.startswith(("http://127.0.0.1:", "data:"))
        ]
        assert foreign == []


def visit(page: Page, api: Api) -> None:
    page.open(f"{api.server.url}/__mock__/")
    page.until("document.querySelector('.live')")


def png(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (160, 90), colour).save(file, "PNG")
    return file.getvalue()


def drafted(api: Api) -> list[dict[str, Any]]:
    return [segment for track in api.draft["t"] for segment in track["sg"]]


@in_a_browser
class TestWhatItShows:
    def test_a_video_is_made_while_one_looks_on_and_plays(self, serve: Serve, page: Page) -> None:
        api = serve(renderer=None, inspector=None)
        visit(page, api)
        assert "Nothing has been asked yet" in page.text(".requests")
        api.start()
        for colour in ("teal", "orange"):
            api.upload(f"{colour}.png", contents=png(colour))
        api.say("a slideshow of 2 seconds, 480p, no music")
        api.render()
        page.until("document.querySelector('video')?.readyState >= 2")
        assert page.run("document.querySelector('video').videoHeight") == 480
        page.run("document.querySelector('video').play()")
        page.until("document.querySelector('video').currentTime > 0.2")
        page.run("window.video = document.querySelector('video')")
        messages = page.text(".project summary")
        api.say("what can you do?")
        page.until(f"document.querySelector('.project summary').innerText !== {messages!r}")
        assert page.run(
            "video === document.querySelector('video') && (!video.paused || video.ended)"
        )
        page.run("document.querySelector('video').pause(); 0")
        page.run("document.querySelector('video').currentTime = 1.5")
        page.until("!document.querySelector('video').seeking")
        assert page.run("document.querySelector('video').currentTime") == pytest.approx(1.5)
        page.until(
            "[...document.querySelectorAll('.media img')].every((one) => one.naturalWidth === 160)"
        )
        assert page.count(".media img") == 2
        # The page's own reading of files and news is none of the client's requests.
        assert {entry.endpoint for entry in api.backend.journal} == {
            "token", "session", "upload", "message", "state", "render"
        }  # fmt: skip

    def test_the_newest_request_stands_on_top_with_what_became_of_it(
        self, api: Api, page: Page
    ) -> None:
        visit(page, api)
        api.start()
        api.http.get("/api/state/nemo_agent/me/none/latest")
        page.until("document.querySelectorAll('.row').length === 3")
        assert page.run("[...document.querySelectorAll('.endpoint')].map((one) => one.textContent)") == [
            "state", "session", "token"
        ]  # fmt: skip
        assert page.run("document.querySelector('.row .outcome').textContent") == "200 · 1002"

    def test_the_timeline_is_to_scale(self, api: Api, page: Page) -> None:
        api.made("beach.png", "forest.png", "city.png")
        api.say("add a title 'Sea' and music")
        visit(page, api)
        page.until("document.querySelector('.segment')")
        shown = page.run(
            """[...document.querySelectorAll('.segment')].map((one) => {
                const lane = one.parentNode.getBoundingClientRect();
                const box = one.getBoundingClientRect();
                return [(box.x - lane.x), box.width, lane.width];
            })"""
        )
        whole, segments = api.draft["d"], drafted(api)
        assert len(shown) == len(segments) >= 5
        for (left, width, lane), segment in zip(shown, segments, strict=True):
            assert left == pytest.approx(segment["s"] / whole * lane, abs=1)
            assert width == pytest.approx(segment["d"] / whole * lane, abs=1)
        ticks = page.run(
            """[...document.querySelectorAll('.tick:not(.last)')].map((one) => {
                const lane = one.parentNode.getBoundingClientRect();
                return [parseFloat(one.innerText), (one.getBoundingClientRect().x - lane.x) / lane.width];
            })"""
        )
        assert len(ticks) >= 4
        for seconds, share in ticks:
            assert share == pytest.approx(seconds * 1000 / whole, abs=0.002)

    def test_the_events_of_a_stream_come_as_they_are_written(
        self, serve: Serve, page: Page
    ) -> None:
        clock = ManualClock()
        api = serve(pace=1.0, clock=clock).start()
        api.upload("a.png")
        visit(page, api)
        talk = threading.Thread(target=api.say, args=("turn my photos into a video",))
        talk.start()
        try:
            page.until("document.querySelector('.going')")
            page.press("j", "Enter")
            page.until(
                "document.querySelector('#detail .fact-took').innerText.includes('under way')"
            )
            assert page.run("document.querySelector('.row .took').textContent") == "streaming"
            (entry,) = api.backend.journal.calls("message")
            for _ in range(3):
                written = len(entry.events)
                while len(entry.events) == written:
                    until(lambda: clock.sleepers > 0)
                    clock.advance(0.05)
                page.until(f"document.querySelectorAll('.events li').length > {written}")
            assert not entry.ended
            assert page.text(".events .after").endswith(" s")
        finally:
            while talk.is_alive():
                clock.advance(60)
                talk.join(0.01)
        page.until("document.querySelector('#detail .fact-ended')?.innerText.includes('complete')")
        page.until(f"document.querySelectorAll('.events li').length === {len(entry.events)}")

    def test_a_request_in_full_has_its_body_answer_headers_and_violations(
        self, api: Api, page: Page
    ) -> None:
        api.start()
        entry = list(api.backend.journal)[-1]
        entry.violations.append("body.language: 7 is no text")
        entry.touch()
        visit(page, api)
        page.click(".row")
        page.until("document.querySelector('.points.violation')")
        assert "body.language: 7 is no text" in page.text("#detail")
        assert '"task_name": "project"' in page.text("#detail")
        assert api.session in page.text("#detail")
        page.click("#detail summary")
        assert "x-skill-source" in page.text("#detail .headers")
        bearer = api.http.headers["Authorization"].split()[1]
        assert bearer not in page.run("document.documentElement.outerHTML")

    def test_requests_are_found_by_words_endpoint_session_and_violations(
        self, api: Api, page: Page
    ) -> None:
        api.made("a.png")
        api.say("faster, please")
        entry = api.backend.journal.calls("token")[0]
        entry.violations.append("something")
        entry.touch()
        visit(page, api)
        page.until("document.querySelector('.row')")
        shown = (
            "[...document.querySelectorAll('.row')].filter((one) => one.checkVisibility()).length"
        )
        page.press("/")
        page.type("faster 200")
        assert page.run(shown) == 1
        assert page.text("#count") == f"1 of {len(api.backend.journal)}"
        page.run("document.querySelector('#filter').select()")
        page.type("no such words")
        assert "No request is like that" in page.text(".requests")
        page.run("document.querySelector('#filter').select()")
        page.type(" ")
        choose(page, "#by-endpoint", "message")
        assert page.run(shown) == 2
        choose(page, "#by-endpoint", "")
        choose(page, "#by-session", api.session)
        assert page.run(shown) == len(api.backend.journal.calls(session=api.session))
        choose(page, "#by-session", "")
        page.click("#by-violations")
        assert page.run(shown) == 1
        page.press("j", "Enter")
        page.until("document.querySelector('#detail .facts div')")


def choose(page: Page, select: str, value: str) -> None:
    page.run(
        f"""(() => {{
            const select = document.querySelector({select!r});
            select.value = {value!r};
            for (const name of ['input', 'change']) select.dispatchEvent(new Event(name, {{bubbles: true}}));
        }})()"""
    )


ENDPOINTS_OFFERED = ["message", *(name for name in ENDPOINTS if name != "message"), ANY]


@in_a_browser
class TestWhatItTurns:
    def test_a_fault_armed_by_hand_hits_the_next_request(self, api: Api, page: Page) -> None:
        api.start()
        visit(page, api)
        page.click("#tab-faults")
        choose(page, "#fault-endpoint", "credits")
        page.run(
            """document.querySelector('#fault-kind').value = [...document.querySelectorAll('#fault-kind option')]
                .find((one) => one.innerText.includes('503')).value"""
        )
        page.click("#arm button")
        page.until("document.querySelector('#armed li')")
        assert page.text("#armed li") == "credits status=503 once"
        assert api.http.get("/api/credits/balance/simple").status_code == 503
        page.until("document.querySelector('.mark.fault')")
        assert "status=503" in page.run("document.querySelector('.row .fault').textContent")
        page.until("!document.querySelector('#armed li')")
        assert api.http.get("/api/credits/balance/simple").status_code == 200

    def test_a_scenario_is_switched_on_bites_and_is_switched_off(
        self, api: Api, page: Page
    ) -> None:
        api.start()
        visit(page, api)
        page.press("3")
        page.click("#scenario-filter")
        page.type("no-credits")
        page.until("[...document.querySelectorAll('.scenarios li')].some((one) => one.hidden)")
        switch = "[aria-label='no-credits']"
        page.click(switch)
        page.until(f"document.querySelector({switch!r}).ariaChecked === 'true'")
        assert api.backend.scenarios.active == ["no-credits"]
        assert api.credits()["available"] == 0
        page.click(switch)
        page.until(f"document.querySelector({switch!r}).ariaChecked === 'false'")
        assert api.backend.scenarios.active == []

    def test_every_fault_on_offer_can_be_armed(self, api: Api, page: Page) -> None:
        visit(page, api)
        page.press("3")
        endpoints = page.run(
            "[...document.querySelectorAll('#fault-endpoint option')].map((one) => one.value)"
        )
        assert endpoints == [*ENDPOINTS_OFFERED]
        for endpoint in endpoints:
            choose(page, "#fault-endpoint", endpoint)
            kinds = page.run(
                "[...document.querySelectorAll('#fault-kind option')].map((one) => one.value)"
            )
            assert len(kinds) > 10
            for kind in kinds:
                choose(page, "#fault-kind", kind)
                page.run("document.querySelector('#arm').requestSubmit()")
            until(partial(lambda many: len(api.backend.faults.armed()) == many, len(kinds)))
            api.backend.faults.clear()
        assert page.text("#said") == ""

    @pytest.mark.parametrize("outcome", ["completed", "failed"])
    def test_a_render_is_ended_by_hand(self, api: Api, page: Page, outcome: str) -> None:
        api.made("a.png")
        api.backend.fail("render", outcome="stuck")
        api.render()
        visit(page, api)
        page.until("document.querySelector('.render .processing')")
        page.click(".render button" + ("" if outcome == "completed" else " + button"))
        page.until(f"document.querySelector('.render .{outcome}')")
        assert api.render_status()["status"] == outcome

    def test_an_account_is_changed(self, api: Api, page: Page) -> None:
        api.start()
        visit(page, api)
        page.press("2")
        page.until("document.querySelector('.card')")
        page.click(".card button")
        page.until("document.querySelector('.card dd').innerText === '200'")
        assert page.run("document.activeElement.innerText") == "Grant 100"  # what changes stays put
        page.click(".card button:nth-of-type(3)")
        page.until("document.querySelector('.card').innerText.includes('user_')")
        assert api.credits()["available"] == 200
        choose(page, ".card select", "free")
        until(lambda: summary(api.backend)["accounts"][0]["plan"] == "free")
        page.click(".card button:nth-of-type(2)")
        page.until("document.querySelector('.card').innerText.includes('expired')")

    def test_what_is_armed_is_disarmed(self, api: Api, page: Page) -> None:
        api.backend.fail("token", status=500, times=None)
        visit(page, api)
        page.press("3")
        page.click("#disarm")
        page.until("!document.querySelector('#armed li')")
        assert api.token()["code"] == 0

    def test_the_clock_is_moved_on_and_the_token_expires(self, api: Api, page: Page) -> None:
        api.start()
        visit(page, api)
        page.click("[data-days='7']")
        page.press("2")
        page.until("document.querySelector('.card').innerText.includes('expired')")
        answer = api.http.get("/api/credits/balance/simple").json()
        assert answer["code"] == 1001

    def test_a_reset_wants_a_second_click(self, api: Api, page: Page) -> None:
        api.start()
        visit(page, api)
        page.until("document.querySelector('.project')")
        page.click("#reset")
        assert page.text("#reset") == "Forget all?"
        assert len(api.backend.journal) > 0
        page.click("#reset")
        page.until("!document.querySelector('.row') && !document.querySelector('.project')")
        assert len(api.backend.journal) == 0
        assert "Everything is forgotten." in page.text("#said")


@in_a_browser
class TestHowItIsUsed:
    def test_it_is_used_by_keys_alone(self, api: Api, page: Page) -> None:
        api.made("a.png")
        visit(page, api)
        page.until("document.querySelectorAll('.row').length >= 4")
        page.press("j", "j", "k", "j", "Enter")
        page.until("document.querySelector('#detail .facts div')")
        chosen = page.run(
            "document.querySelector('[aria-selected=true].row .endpoint').textContent"
        )
        order = [entry.endpoint for entry in api.backend.journal][::-1]
        assert chosen == order[1]
        assert page.run("document.activeElement.id") == "detail"
        page.press("j")
        page.until(f"document.querySelector('#detail h2').innerText.includes('{path_of(api, 2)}')")
        page.press("Escape")
        assert page.run("document.querySelector('#detail').hidden")
        assert page.run("document.activeElement.id") == "list"
        page.click("#tab-projects")
        page.press("j", "Enter")
        assert page.run("document.activeElement.id") == "detail"
        page.press("Escape", "/")
        assert page.run("document.activeElement.id") == "filter"
        page.type("j?")
        assert page.run("document.querySelector('#filter').value") == "j?"
        page.press("Escape", "?")
        assert page.run("document.querySelector('#help').open")
        page.press("Escape")
        page.until("!document.querySelector('#help').open")
        page.press("2")
        assert page.run("document.querySelector('#accounts').checkVisibility()")

    def test_tab_goes_from_the_top_through_all_that_can_be_turned(
        self, api: Api, page: Page
    ) -> None:
        visit(page, api)
        been = []
        for _ in range(10):
            page.press("Tab")
            been.append(page.run("document.activeElement.id || document.activeElement.innerText"))
            outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", been[-1]
        assert been == [
            "+1 day", "+7 days", "reset", "help-open", "filter", "by-endpoint", "by-session",
            "by-violations", "tab-projects", "projects",
        ]  # fmt: skip

    def test_everything_that_can_be_focused_has_a_name(self, api: Api, page: Page) -> None:
        api.made("a.png")
        api.render()
        api.backend.fail("token", status=500)
        visit(page, api)
        page.until("document.querySelector('video')")
        page.click(".row")
        page.until("document.querySelector('#detail .facts div')")
        for tab in ("1", "2", "3"):
            page.press(tab)
            page.ask("Accessibility.enable")
            nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
            nameless = [
                node["role"]["value"]
                for node in nodes
                if not node.get("ignored")
                and not node.get("name", {}).get("value")
                and any(
                    one["name"] == "focusable" and one["value"]["value"]
                    for one in node.get("properties", [])
                )
            ]
            assert nameless == []
            roles = {node["role"]["value"] for node in nodes}
            assert {"banner", "main", "search", "listbox", "tablist", "complementary"} <= roles

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_text_can_be_read_on_its_ground(self, api: Api, page: Page, scheme: str) -> None:
        api.made("a.png", "b.png")
        api.render()
        api.backend.fail("credits", status=503)
        api.http.get("/api/credits/balance/simple")
        api.http.get("/api/state/nemo_agent/me/none/latest")
        api.backend.fail("token", status=500, after=3)
        entry = list(api.backend.journal)[-1]
        entry.violations.append("something")
        entry.unknown.append("body.x")
        entry.touch()
        page.prefer(prefers_color_scheme=scheme)
        visit(page, api)
        page.until("document.querySelector('video') && document.querySelector('.mark.violation')")
        for tab in ("1", "2", "3"):
            page.press(tab)
            assert page.run(_PALE) == []
        page.click(".row")
        page.until("document.querySelector('.points')")
        assert page.run(_PALE) == []

    def test_it_is_dark_where_that_is_liked(self, api: Api, page: Page) -> None:
        visit(page, api)
        colours = (
            "['backgroundColor', 'color'].map((name) => getComputedStyle(document.body)[name])"
        )
        ground, ink = map(brightness, page.run(colours))
        assert ground > 230 > 60 > ink
        page.prefer(prefers_color_scheme="dark")
        ground, ink = map(brightness, page.run(colours))
        assert ground < 40 < 200 < ink

    def test_nothing_moves_for_who_does_not_like_it(self, serve: Serve, page: Page) -> None:
        clock = ManualClock()
        api = serve(pace=1.0, clock=clock).start()
        visit(page, api)
        talk = threading.Thread(target=api.say, args=("what can you do?",))
        talk.start()
        page.until("document.querySelector('.going')")
        moving = "document.getAnimations().length"
        page.until(f"{moving} > 0")
        page.prefer(prefers_reduced_motion="reduce")
        page.until(f"{moving} === 0")
        while talk.is_alive():
            clock.advance(60)
            talk.join(0.01)

    def test_a_narrow_window_needs_no_scrolling_sideways(self, api: Api, page: Page) -> None:
        api.made(f"{'long' * 40}.png", "b.png")
        api.say("a title 'Donaudampfschifffahrtsgesellschaftskapitän'")
        api.render()
        api.backend.fail("credits", status=503, headers={"x-" + "y" * 90: "z" * 90})
        page.resize(400, 800)
        visit(page, api)
        page.until("document.querySelector('video')")
        sideways = "document.documentElement.scrollWidth - innerWidth"
        for tab in ("1", "2", "3"):
            page.press(tab)
            assert page.run(sideways) <= 0
            wide = "[...document.querySelectorAll('.panel')].map((one) => one.scrollWidth - one.clientWidth)"
            assert max(page.run(wide)) <= 0
        page.click(".row")
        page.until("document.querySelector('#detail .facts div')")
        assert page.run(sideways) <= 0
        assert (
            page.run(
                "(({scrollWidth: a, clientWidth: b}) => a - b)(document.querySelector('#detail'))"
            )
            <= 0
        )


def path_of(api: Api, back: int) -> str:
    return [entry.path for entry in api.backend.journal][::-1][back]


def brightness(colour: str) -> float:
    return sum(float(part) for part in colour.strip("rgba()").split(",")[:3]) / 3


_PALE = """
(() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return {r, g, b, a}; };
  const over = (top, under) => ({...Object.fromEntries(['r', 'g', 'b'].map((c) => [c, top[c] * top.a + under[c] * (1 - top.a)])), a: 1});
  const ground = (element) => {
    if (!element) return {r: 255, g: 255, b: 255, a: 1};
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, ground(element.parentElement));
  };
  const light = ({r, g, b}) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const pale = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest('option')) continue;
    const back = ground(element);
    const [a, b] = [light(over(parse(getComputedStyle(element).color), back)), light(back)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) pale.add(`${element.className || element.tagName} ${contrast.toFixed(2)}`);
  }
  return [...pale];
})()
"""
"""The elements whose text stands out less than 4.5 to 1 (WCAG 2.2, 1.4.3) from what is behind it."""


@in_a_browser
class TestWhatItStands:
    def test_names_that_mean_harm_are_only_names(self, api: Api, page: Page) -> None:
        hostile = "<img src=x onerror=document.title='owned'>\u202egpj.\u0007\u001b[31m😀 שלום.png"
        api.start()
        api.upload(hostile.replace("\u0007", "").replace("\u001b", ""))
        api.say(f"turn my photos into a video with the title '{hostile}'")
        api.http.get(
            "/api/state/nemo_agent/me/<script>document.title='owned'/latest?<b>",
            headers={"X-Skill-Source": "<script>document.title='owned'</script>"},
        )
        visit(page, api)
        page.until("document.querySelector('.media img')")
        page.click(".row")
        page.until("document.querySelector('#detail .facts div')")
        page.click("#detail > details summary")
        assert page.run("document.title") == "Mock backend"
        assert page.count("main script, main [onerror], .row img, .name img, #detail img") == 0
        assert "<script>" in page.text("#detail .headers")
        text = page.run("document.body.textContent")
        assert "<img src=x onerror" in text
        assert not {"\u202e", "\u0007", "\u001b"} & set(text)

    def test_the_policy_lets_no_script_of_others_run(self, api: Api, page: Page) -> None:
        visit(page, api)
        page.run(
            """(() => {
                const script = document.createElement('script');
                script.textContent = 'window.owned = true';
                document.body.append(script);
                const image = document.createElement('img');
                image.src = 'http://127.0.0.2:9/spy.png';
                document.body.append(image);
            })()"""
        )
        assert page.run("window.owned ?? null") is None
        page.until("true")
        refused = [text for text in page.complaints if "Content Security Policy" in text]
        assert len(refused) == 2
        page.complaints.clear()
        page.requests.clear()

    def test_it_finds_the_server_again_after_a_restart(self, api: Api, page: Page) -> None:
        visit(page, api)
        api.start()
        page.until("document.querySelectorAll('.row').length === 2")
        port = int(api.server.url.rsplit(":", 1)[1])
        api.server.stop()
        page.until("document.querySelector('.gone')")
        assert "The server is gone" in page.text("#link")
        with Server(Backend(pace=0, inspector=inspector), port=port) as server:
            httpx.post(f"{server.url}/api/auth/anonymous-token", headers={"X-Client-Id": "b"})
            page.until("document.querySelector('.live')")
            assert "started anew" in page.text("#said")
            page.until("document.querySelectorAll('.row').length === 1")
        page.until("document.querySelector('.gone')")
        page.complaints.clear()  # the browser tells of the connection that was refused

    def test_with_a_key_it_is_opened_by_it_and_keeps_it_in_no_address(
        self, browser: Browser
    ) -> None:
        server = Server(Backend(pace=0, inspector=inspector), key="a key / of one's own")
        with server, browser.page() as page:
            page.open(f"{server.url}/__mock__/")
            assert "want X-Mock-Key" in page.text("body")
            page.open(f"{server.url}/__mock__/?key=a%20key%20%2F%20of%20one's%20own")
            page.until("document.querySelector('.live')")
            assert page.run("location.href") == f"{server.url}/__mock__/"
            assert page.run("document.cookie") == ""
            before = server.backend.clock.now()
            page.click("[data-days='1']")
            until(lambda: server.backend.clock.now() > before + 80_000)

    def test_a_thousand_requests_are_shown_and_the_oldest_go(self, api: Api, page: Page) -> None:
        visit(page, api)
        api.start()
        for _ in range(1010):
            api.backend.journal.open("credits", "GET", "/api/credits/balance/simple", {}, 0.0)
        page.until("document.querySelectorAll('.row').length === 1000")
        newest = "document.querySelector('.row').id"
        assert page.run(newest) == "request-1012"
        api.credits()
        page.until(f"{newest} === 'request-1013'")
        assert page.count(".row") == 1000


class TestTheRoutes:
    def test_the_page_is_small(self, api: Api) -> None:
        files = [api.http.get(f"/__mock__/page/{name}") for name in TYPES]
        assert {answer.status_code for answer in files} == {200}
        assert sum(len(answer.content) for answer in files) < 60_000

    def test_it_loads_nothing_from_elsewhere(self, api: Api) -> None:
        answer = api.http.get("/__mock__/")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy

    def test_it_is_found_without_its_last_slash(self, api: Api) -> None:
        answer = api.http.get("/__mock__", follow_redirects=True)
        assert answer.text.startswith("<!doctype html>")

    @pytest.mark.parametrize("path", ["", "page/page.js", "live", "requests/1", "media/x"])
    @pytest.mark.parametrize(
        "headers",
        [{"Sec-Fetch-Site": "cross-site"}, {"Host": "example.com"}],
        ids=["origin", "host"],
    )
    def test_pages_of_others_get_nothing(
        self, api: Api, path: str, headers: dict[str, str]
    ) -> None:
        answer = api.http.get(f"/__mock__/{path}", headers=headers)
        assert answer.status_code == 403

    def test_what_it_does_not_have_is_told(self, api: Api) -> None:
        assert api.http.get("/__mock__/requests/7").status_code == 404
        assert api.http.get("/__mock__/media/none").status_code == 404
        assert api.http.get("/__mock__/page/__init__.py").status_code == 404

    def test_a_file_of_a_session_never_runs_as_a_page(self, api: Api) -> None:
        api.start().upload("a.png")
        (session,) = summary(api.backend)["sessions"]
        key = session["uploads"][0]["url"].split("/")[2]
        answer = api.http.get(f"/__mock__/media/{key}", headers={"Range": "bytes=0-1"})
        assert answer.status_code == 206
        assert answer.headers["content-security-policy"] == "sandbox"
        assert answer.headers["x-content-type-options"] == "nosniff"

    def test_half_a_surrogate_pair_is_shown_too(self, api: Api) -> None:
        entry = api.backend.journal.open("message", "POST", "/run_sse", {}, 0.0)
        entry.take(b'{"new_message":{"parts":[{"text":"\\ud83d"}]}}')
        assert api.http.get("/__mock__/requests/1").json()["body"]["new_message"]
        with api.http.stream("GET", "/__mock__/live") as feed:
            said = next(json.loads(line[6:]) for line in feed.iter_lines() if "requests" in line)
        assert said["requests"][0]["words"] == "\ud83d"

    def test_an_idle_backend_costs_a_few_bytes_a_second(self, serve: Serve) -> None:
        clock = ManualClock()
        api = serve(clock=clock).made("a.png")
        with api.http.stream("GET", "/__mock__/live") as feed:
            lines = (line for line in feed.iter_lines() if line)
            until_now(lines)
            for _ in range(2):
                clock.advance(1)
                line = next(lines)
                assert '"now"' in line
                assert len(line) < 60

    def test_who_comes_back_is_told_only_what_is_new(self, api: Api) -> None:
        api.start()
        with api.http.stream("GET", "/__mock__/live") as feed:
            first = until_now(line for line in feed.iter_lines() if line)
        run = first[0]["run"]
        version = next(news["version"] for news in first if "version" in news)
        api.credits()
        with api.http.stream("GET", f"/__mock__/live?run={run}&since={version}") as feed:
            again = until_now(line for line in feed.iter_lines() if line)
        (told,) = [news["requests"] for news in again if "requests" in news]
        assert [request["endpoint"] for request in told] == ["credits"]

    def test_an_open_page_does_not_keep_the_server(self, api: Api) -> None:
        with api.http.stream("GET", "/__mock__/live") as feed:
            next(feed.iter_lines())
            began = time.monotonic()
            api.server.stop()
            assert time.monotonic() - began < 2


def until_now(lines: Iterator[str]) -> list[dict[str, Any]]:
    """The news of a feed until it has told the state, which comes last."""
    news: list[dict[str, Any]] = []
    for line in lines:
        news.append(json.loads(line.removeprefix("data: ")))
        if "state" in news[-1]:
            return news
    raise AssertionError("the feed ended")
