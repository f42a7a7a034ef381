"""What matters in a picture: faces first, then what stands out, then nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from mock_server.render.geometry import Rect
from mock_server.render.subject import faces, find

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mock_server.render.framing import Subject

PORTRAIT = np.asarray(Image.open(Path(__file__).with_name("face.jpg")))
FACE = Rect(86, 72, 86, 86)  # brows to chin, in PORTRAIT


def scene(*places: tuple[float, float, float]) -> NDArray[np.uint8]:
    """A 512 x 320 sky; on it portraits whose faces are that many pixels wide, with
    their middles at (x, y)."""
    light = np.linspace(0, 1, 320)[:, None, None]
    picture: NDArray[np.float64] = np.random.default_rng(1).normal(0, 2, (320, 512, 3))
    picture += np.array((120, 160, 230)) + light * np.array((80, 60, -20))
    for side, x, y in places:
        scale = side / FACE.w
        cx, cy = FACE.x + FACE.w / 2, FACE.y + FACE.h / 2
        place = np.array([[scale, 0, x - cx * scale], [0, scale, y - cy * scale]])
        mask = np.zeros(PORTRAIT.shape[:2], np.float32)
        cv2.ellipse(mask, (124, 92), (64, 86), 0, 0, 360, 1.0, -1)
        soft = cv2.warpAffine(mask, place, (512, 320), flags=cv2.INTER_AREA)
        face = cv2.warpAffine(PORTRAIT.astype(np.float32), place, (512, 320), flags=cv2.INTER_AREA)
        picture += (face - picture) * soft[..., None]
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def found(picture: NDArray[np.uint8]) -> Subject | None:
    return find(picture, (picture.shape[1], picture.shape[0]))


def holds(box: Rect, inner: Rect) -> bool:
    return (
        box.x <= inner.x
        and box.y <= inner.y
        and box.right >= inner.right
        and box.bottom >= inner.bottom
    )


def test_a_face_is_found_with_room_for_the_hair() -> None:
    subject = found(PORTRAIT)
    assert subject is not None
    assert subject.faces
    assert holds(subject.box, FACE.shrunk(0.9, 0.5, 0.5))
    assert subject.box.y < FACE.y - 0.4 * FACE.h


def test_the_box_is_in_pixels_of_the_picture_the_copy_was_made_of() -> None:
    small, large = find(PORTRAIT, (256, 256)), find(PORTRAIT, (2560, 2560))
    assert small is not None
    assert large is not None
    assert large.box.x == pytest.approx(10 * small.box.x)
    assert large.box.w == pytest.approx(10 * small.box.w)


@pytest.mark.parametrize("side", [160, 80, 40])
@pytest.mark.parametrize("x", [110, 256, 400])
def test_a_face_is_found_large_or_small_wherever_it_is(side: float, x: float) -> None:
    subject = found(scene((side, x, 160)))
    assert subject is not None
    assert subject.faces
    assert holds(subject.box, Rect(x - side / 3, 160 - side / 3, side / 1.5, side / 1.5))


@pytest.mark.parametrize("light", [0.5, 0.2, 0.1])
def test_a_face_is_found_in_the_dark(light: float) -> None:
    assert len(faces(np.asarray(PORTRAIT * light, np.uint8))) == 1


def test_a_face_is_found_without_colours() -> None:
    grey = cv2.cvtColor(cv2.cvtColor(PORTRAIT, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    assert len(faces(np.asarray(grey, np.uint8))) == 1


def test_all_faces_of_a_group_are_in_the_box() -> None:
    subject = found(scene((60, 110, 150), (70, 250, 170), (55, 400, 140)))
    assert subject is not None
    assert subject.faces
    assert holds(subject.box, Rect(95, 130, 320, 55))


def test_what_is_green_is_no_face() -> None:
    leaf = np.asarray(PORTRAIT * (0.5, 1.0, 0.5), np.uint8)
    assert faces(leaf) == []


def test_a_bird_in_the_sky_stands_out() -> None:
    picture = scene()
    bird = np.array([[384, 88], [416, 76], [428, 84], [448, 72], [436, 96], [416, 98]])
    cv2.fillPoly(picture, [bird], (40, 35, 30))
    subject = found(picture)
    assert subject is not None
    assert not subject.faces
    assert holds(subject.box, Rect(390, 80, 50, 14))
    assert subject.box.w < 120


def test_a_person_from_afar_stands_out() -> None:
    picture = scene()
    picture[240:] = (90, 120, 60)
    cv2.circle(picture, (160, 136), 14, (210, 160, 130), -1)
    cv2.rectangle(picture, (142, 152), (178, 232), (180, 40, 40), -1)
    cv2.rectangle(picture, (146, 232), (174, 304), (40, 40, 80), -1)
    subject = found(picture)
    assert subject is not None
    assert holds(subject.box, Rect(145, 160, 30, 60))


def _texture() -> NDArray[np.uint8]:
    noise = np.random.default_rng(3).normal(128, 30, (320, 512, 3))
    return np.asarray(np.clip(noise, 0, 255), np.uint8)


def _many() -> NDArray[np.uint8]:
    picture = np.full((320, 512, 3), 90, np.uint8)
    for x in range(40, 512, 72):
        for y in range(40, 320, 60):
            cv2.circle(picture, (x, y), 18, (200, 120, 40), -1)
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        scene(),
        _texture(),
        _many(),
        np.full((320, 512, 3), 90, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["sky", "texture", "many alike", "flat", "one pixel"],
)
def test_where_nothing_stands_out_there_is_no_subject(picture: NDArray[np.uint8]) -> None:
    assert found(picture) is None


@pytest.mark.parametrize("size", [(512, 1), (1, 512), (512, 15)])
def test_the_narrowest_strip_can_be_looked_at(size: tuple[int, int]) -> None:
    strip = np.random.default_rng(5).integers(0, 256, (size[1], size[0], 3), np.uint8)
    assert found(strip) is None


def test_the_same_picture_has_the_same_subject() -> None:
    picture = scene((60, 110, 150))
    assert found(picture) == found(picture.copy())
