"""Our own sentences are in the user's language: every one of them, with all its fields."""

from __future__ import annotations

import ast
import json
import string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import skill
from mock_server import contract, create_app
from mock_server.http.asgi_transport import answering
from skill.cli import parser
from skill.cli.doctor import SCRIPTS
from skill.cli.output import VERBS
from skill.errors import CODES, NoCreditsError, error_for
from skill.i18n import of_environment, primary_tag, say, speak
from skill.i18n.zh import SENTENCES
from skill.jobs.job import Step
from skill.jobs.plan import plan_make
from skill.jobs.prompt import LOOK_WORDS
from skill.jobs.request import MakeRequest, VideoOptions
from skill.screentalk.phrases import INSTEAD
from skill.settings.config import Config
from skill.settings.listings import LISTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_server import Server
    from tests.skill.conftest import Ran

_PACKAGE = Path(skill.__file__).parent
_SOURCES = sorted(_PACKAGE.rglob("*.py"))
_WAITS = ["{number:.0f} days", "{number:.0f} hours", "{number:.0f} minutes"]
_CHECKS = {  # of `doctor`
    *("skill", "backend", "state", "token", "settings", "local renderer", "fonts"),
    *("proxy", "certificates", "name resolution", "connection", "clock"),
    *(name for name, _ in SCRIPTS),
}
# What is told to a user as it stands: an error's words, a stage, a notice.
_TOLD = {"Stage": 1, "Notice": 0}
# Errors that are caught by us, or that a programmer gets.
_OURS = {
    "ArgumentTypeError",
    "AttributeError",
    "DamagedRecordError",
    "FileExistsError",
    "InternalError",
    "NewerRecordError",
    "NotImplementedError",
    "OSError",
    "RuntimeError",
    "StoppedError",
    "TypeError",
    "ValueError",
}


def _calls() -> list[tuple[str, ast.Call]]:
    return [
        (f"{path.relative_to(_PACKAGE).as_posix()}:{node.lineno}", node)
        for path in _SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _said() -> set[str]:
    """Every sentence the code says."""
    said = {
        str(call.args[0].value)
        for _, call in _calls()
        if _name(call) == "say" and call.args and isinstance(call.args[0], ast.Constant)
    }
    said |= {words for _, what, hint in CODES.values() for words in (what, hint)}
    said |= {sentence for _, sentence in parser._SAID}
    said |= set(INSTEAD.values()) | _CHECKS
    said |= {check.title for check in contract.CHECKS} | set(contract.REASONS)
    said |= {listing.example for listing in LISTINGS.values()} | set(LOOK_WORDS.values())
    return said | {step.value for step in Step} | set(VERBS.values()) | set(_WAITS)


def _fields(sentence: str) -> set[tuple[str | None, str | None, str | None]]:
    return {part[1:] for part in string.Formatter().parse(sentence) if part[1] is not None}


def test_every_sentence_has_its_chinese() -> None:
    assert sorted(_said() - SENTENCES.keys()) == []


def test_no_chinese_is_kept_for_what_is_no_longer_said() -> None:
    assert sorted(SENTENCES.keys() - _said()) == []


@pytest.mark.parametrize("sentence", sorted(SENTENCES))
def test_the_chinese_has_the_fields_of_the_english(sentence: str) -> None:
    assert _fields(SENTENCES[sentence]) == _fields(sentence)


def test_the_commands_and_options_named_are_those_of_the_english() -> None:
    for sentence, chinese in SENTENCES.items():
        for word in sentence.replace("(", " ").replace(")", " ").replace(";", " ").split():
            word = word.strip(".,:")
            if word.startswith(("--", "NEMO_", "IMAGE_TO_VIDEO")):
                assert word in chinese, sentence


def test_what_is_told_to_a_user_goes_through_the_catalogue() -> None:
    bare = []
    for place, call in _calls():
        name = _name(call)
        told = [keyword.value for keyword in call.keywords if keyword.arg == "hint"]
        if name in _TOLD:
            told += call.args[_TOLD[name] :][:1]
        elif name.endswith("Error") and name not in _OURS:
            told += call.args[:1]
        for node in told:
            literal = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value
            if literal or isinstance(node, ast.JoinedStr):
                bare.append(place)
    assert bare == []


def test_a_sentence_is_said_in_the_language_that_is_spoken() -> None:
    assert say("Balance: {available:g} credits.", available=42.0) == "Balance: 42 credits."
    speak("zh")
    assert say("Balance: {available:g} credits.", available=42.0) == "余额：42 积分。"


def test_a_language_without_sentences_is_told_in_english() -> None:
    speak("de")
    assert say("Nothing is lost.") == "Nothing is lost."


def test_what_fills_a_field_may_hold_braces() -> None:
    assert say("Uploaded: {names}", names="{x}.jpg") == "Uploaded: {x}.jpg"


def test_a_code_of_the_backend_is_told_in_chinese_with_the_backends_own_word() -> None:
    speak("zh")
    error = error_for(2001, "quota used up")
    assert isinstance(error, NoCreditsError)
    assert error.message == "积分不足。后台说：“quota used up”。"
    assert "--local" in error.hint


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("zh_CN.UTF-8", "zh"),
        ("zh-Hant-TW", "zh"),
        ("de_DE@euro", "de"),
        ("EN", "en"),
        ("yue", "yue"),
        ("C", ""),
        ("C.UTF-8", ""),
        ("POSIX", ""),
        ("", ""),
        ("english please", ""),
    ],
)
def test_a_locale_names_a_language_or_none(name: str, tag: str) -> None:
    assert primary_tag(name) == tag


def test_the_environment_names_the_language_as_posix_has_it() -> None:
    assert of_environment({"LANG": "de_DE.UTF-8", "LC_ALL": "zh_CN.UTF-8"}) == "zh"
    assert of_environment({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "", "LC_ALL": ""}) == "de"
    assert of_environment({}) == ""


class TestWhoIsSpokenTo:
    """The language is that of the user's words, else of the project, else of the environment."""

    def sessions(self, server: Server) -> list[str | None]:
        calls = server.backend.journal.calls("session")
        return [(call.body or {}).get("language") for call in calls]

    def test_in_the_language_of_the_words(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = run("make", *photos, "-p", "用我的照片做一段 3 秒的视频", "-o", "trip.mp4")
        assert ran.code == 0, ran.err
        assert ran.err.startswith(
            "正在准备...\n准备好了。\n大约需要 100 积分；现有 100。\n正在上传 3 个文件...\n正在制作"
        )
        assert "花费：50 积分，剩余 50。" in ran.out
        assert self.sessions(server) == ["zh"]

    def test_the_words_made_of_options_are_in_it_too(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        words = ("--aspect", "9:16", "--duration", 4, "--title", "我们的旅行", "--no-export")
        assert run("make", *photos, *words).code == 0
        (message,) = server.backend.journal.messages()
        assert message == (
            "把我的照片免费做成一段短视频。画面比例：9:16。分辨率：1080p。时长：4 秒。标题：“我们的旅行”。"
        )
        summary = run("status", "--json").answer["data"]["summary"]
        assert '"我们的旅行"' in summary
        assert "-4s" in summary

    def test_as_the_user_says(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = run("make", *photos, "-p", "a calm slideshow", "--language", "zh-TW", "--no-export")
        assert "正在上传" in ran.err
        assert self.sessions(server) == ["zh"]
        assert "image-to-video --language=zh export" in ran.err
        assert run("credits", "--language", "en").out == "50 credits are available.\n"

    def test_where_nothing_is_said_in_that_of_the_project(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert run("credits").out == "100 credits are available.\n"
        assert run("make", *photos, "-p", "做一段视频", "--no-export").code == 0
        assert run("credits").out.startswith("可用积分：")
        assert run("chat", "make it slower").code == 0
        assert "credits are available" in run("credits").out

    def test_else_in_that_of_the_environment(
        self, server: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        assert run("credits").out == "可用积分：100。\n"
        error = run("make", "none.jpg", "--json").answer["error"]
        assert error["code"] == "usage"
        assert error["message"] == "none.jpg 不存在。"
        monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
        assert run("chat", "mach mir einen Film vom Meer").code == 0
        assert self.sessions(server) == ["de"]

    def test_a_project_that_is_begun_does_not_ask_the_one_before(
        self,
        run: Callable[..., Ran],
        photos: list[Path],
        server: Server,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        app = create_app(server.backend)
        monkeypatch.setattr("skill.local.running", lambda *_: answering(app))
        monkeypatch.setattr("skill.cli.demo_pictures.draw_pictures", lambda folder: photos)
        assert run("make", "--local", *photos, "-p", "a calm slideshow", "--no-export").code == 0
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        assert run("demo", "-o", "x.mp4").err.startswith("正在画四张图片...\n")

    def test_what_no_font_can_write_is_told_in_it(
        self, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        make = ("make", "--local", photos[0], "--duration", "1", "--resolution", "480p")
        told = run(*make, "-p", "做一段视频", "--title", "夏天 \U0010fff0").err
        assert "文字“夏天 \U0010fff0”中的“\U0010fff0”没有显示：" in told
        events = run(*make, "-p", "a video", "--title", "Sea \U0010fff0", "--json").err.splitlines()
        (notice,) = [event for line in events if (event := json.loads(line))["event"] == "notice"]
        assert notice["message"].startswith(
            'The text "Sea \U0010fff0" is shown without "\U0010fff0": '
        )

    def test_english_words_are_answered_in_english_wherever_one_is(
        self, server: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        assert run("ask", "how many credits do I have?").out == "100 credits are available.\n"

    def test_a_job_goes_on_in_its_own(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("render_status", status=503, times=None)
        job = run("make", *photos, "-p", "做一段视频", "--json").answer["error"]["job"]
        assert run("resume", job).err.splitlines()[-3].startswith("错误：")
        server.backend.faults.clear()
        assert "正在下载..." in run("resume", job).err

    def test_whatever_was_spoken_since(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        server.backend.fail("render_status", status=503, times=None)
        job = run("make", *photos, "-p", "做一段视频", "--json").answer["error"]["job"]
        server.backend.faults.clear()
        assert run("make", *photos, "-p", "a calm slideshow", "--no-export").code == 0
        assert "正在下载..." in run("resume", job).err

    def test_a_program_is_understood_too(self, photos: list[Path]) -> None:
        request = MakeRequest(photos, "做一段视频", VideoOptions(aspect="9:16"))
        job = plan_make(Config.resolve(), request)
        assert job.message == "做一段视频。画面比例：9:16。分辨率：1080p。"

    def test_what_is_no_language_is_refused(self, run: Callable[..., Ran]) -> None:
        ran = run("credits", "--language", "klingon please", "--json")
        assert (ran.code, ran.answer["error"]["code"]) == (2, "usage")

    def test_files_are_taken_in_the_language_that_is_asked_for(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert run("make", photos[0], "-p", "a calm slideshow", "--no-export").code == 0
        assert "正在上传" in run("upload", photos[1], "--language", "zh").err
        assert "正在上传" in run("ask", "加上这张照片", "--file", photos[2]).err

    def test_a_title_in_latin_letters_says_nothing(
        self,
        server: Server,
        run: Callable[..., Ran],
        photos: list[Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        ran = run("make", *photos, "--title", "Lisbon 2026", "--dry-run")
        assert ran.out.startswith("将要上传：")

    def test_wrong_options_are_told_in_it(
        self, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
        assert run("make").err.startswith("错误：缺少：PHOTO。")
        assert run("make", "a.jpg", "--aspect", "3:7").err.startswith(
            "错误：--aspect 不能是 '3:7'，"
        )
        assert run("make", "a.jpg", "--title").err.startswith("错误：--title 后面缺少值。")
        assert run("make", "a.jpg", "--pace", "x").err.startswith("错误：--pace 不能是 'x'。")
        assert run("credits", "--bogus").err.startswith("错误：无法识别：--bogus。")


class TestFirstContact:
    def test_it_is_set_up_then_ready_and_no_token_is_shown(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        ran = run("make", *photos, "-o", "trip.mp4")
        assert ran.err.startswith(
            "Setting things up...\nReady.\n"
            "This may cost about 100 credits; there are 100.\nUploading 3 files...\n"
        )
        assert "nmv_" not in ran.err + ran.out
        assert "{" not in ran.err + ran.out

    def test_it_is_said_once(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        assert run("connect").out == "Ready.\n"
        assert "Ready." not in run("make", *photos, "-o", "trip.mp4").err


class TestWhatComesNext:
    def test_after_an_edit_two_wishes_and_the_export(
        self, server: Server, run: Callable[..., Ran], photos: list[Path]
    ) -> None:
        run("make", *photos, "--no-export")
        assert run("chat", 'add the title "Hello"', "--json").answer["next"] == [
            "image-to-video chat 'make it a little slower'",
            "image-to-video chat 'make the music quieter'",
            "image-to-video export",
        ]

    def test_only_where_there_is_something_to_see(
        self, server: Server, run: Callable[..., Ran]
    ) -> None:
        server.backend.fail(
            "message", status=200, body="", headers={"content-type": "text/event-stream"}
        )
        assert run("chat", "hello", "--json").answer["next"] == []
