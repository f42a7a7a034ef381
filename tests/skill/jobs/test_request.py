"""A request checks itself: what is wrong is refused before anything is read, written or sent."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import skill
from skill.errors import UsageError
from skill.jobs import request
from skill.jobs.request import AskRequest, ChatRequest, ExtendRequest, MakeRequest, VideoOptions

if TYPE_CHECKING:
    from mock_server import Server

KINDS = (
    request.MakeRequest,
    request.ExtendRequest,
    request.ExportRequest,
    request.ResumeRequest,
    request.ChatRequest,
    request.UploadRequest,
    request.AskRequest,
)


class TestOptions:
    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("aspect", "21:9"),
            ("aspect", 9),
            ("resolution", "4k"),
            ("fps", 7),
            ("fps", True),
            ("look", "sepia"),
            ("duration", -1),
            ("duration", 0),
            ("duration", math.nan),
            ("duration", math.inf),
            ("duration", True),
            ("duration", "5"),
            ("title", 5),
            ("title", "\udcff"),
            ("captions", "one text"),
            ("captions", [1]),
            ("music", ["lofi"]),
        ],
    )
    def test_a_wrong_one_is_refused_by_name(self, option: str, value: Any) -> None:
        with pytest.raises(UsageError, match=f"^{option} cannot be .+: it has to be .+"):
            VideoOptions(**{option: value})

    def test_all_that_are_wrong_are_named_at_once(self) -> None:
        wrong: dict[str, Any] = {"aspect": "21:9", "resolution": "4k", "fps": 7, "duration": -1}
        with pytest.raises(UsageError) as caught:
            VideoOptions(**wrong)
        for name in wrong:
            assert f"{name} cannot be" in caught.value.message
        assert "16:9, 9:16, 1:1, 4:5" in caught.value.message

    def test_they_do_not_change(self) -> None:
        options = VideoOptions(aspect="1:1")
        with pytest.raises(FrozenInstanceError):
            options.aspect = "4:5"  # type: ignore[misc]

    def test_the_earlier_name_is_the_same_class(self) -> None:
        assert skill.Wish is skill.VideoOptions is VideoOptions


class TestRequests:
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_field_has_a_rule(self, kind: Any) -> None:
        assert {field.name for field in fields(kind)} <= request._RULES.keys()

    @pytest.mark.parametrize(
        "make",
        [
            lambda: MakeRequest(5),  # type: ignore[arg-type]
            lambda: MakeRequest(["a.jpg", None]),  # type: ignore[list-item]
            lambda: MakeRequest("a\0.jpg"),
            lambda: MakeRequest("a.jpg", b"words"),  # type: ignore[arg-type]
            lambda: MakeRequest("a.jpg", max_credits=-1),
            lambda: MakeRequest("a.jpg", max_credits=True),
            lambda: MakeRequest("a.jpg", force="yes"),  # type: ignore[arg-type]
            lambda: MakeRequest("a.jpg", wish={"aspect": "1:1"}),  # type: ignore[arg-type]
            lambda: ExtendRequest(seconds=-2),
            lambda: ChatRequest(None),  # type: ignore[arg-type]
            lambda: AskRequest("words", output=7),  # type: ignore[arg-type]
        ],
    )
    def test_what_is_of_the_wrong_kind_is_refused(self, make: Any) -> None:
        with pytest.raises(UsageError, match="cannot be"):
            make()

    def test_one_path_is_a_list_of_one_and_text_is_a_path(self) -> None:
        assert MakeRequest("cat.jpg").paths == (Path("cat.jpg"),)
        assert MakeRequest([Path("a.jpg"), "b.jpg"]).paths == (Path("a.jpg"), Path("b.jpg"))


def test_nothing_is_sent_or_kept_for_a_request_that_is_wrong(
    server: Server, photos: list[Path], home: Path
) -> None:
    with pytest.raises(UsageError, match="aspect cannot be '21:9'"):
        skill.make_video(photos, wish=skill.Wish(aspect="21:9"))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="max_credits cannot be -5"):
        skill.make_video(photos, max_credits=-5)
    assert list(server.backend.journal) == []
