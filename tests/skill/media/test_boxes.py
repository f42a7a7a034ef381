"""Boxes within boxes: walked one way, and no further than the bounds."""

from __future__ import annotations

import io
import struct

import pytest

from skill.media import boxes as bounds
from skill.media.boxes import Box, Boxes, brands
from skill.media.container import Reader
from tests.skill.samples import box


def boxes(data: bytes) -> Boxes:
    return Boxes(Reader(io.BytesIO(data), len(data)))


def test_sizes_in_32_bits_in_64_and_to_the_end() -> None:
    wide = struct.pack(">I4sQ", 1, b"wide", 20) + b"abcd"
    data = box(b"free", b"ab") + wide + struct.pack(">I4s", 0, b"mdat") + b"rest"
    assert list(boxes(data).within(0, len(data))) == [
        Box(b"free", 0, 8, 10),
        Box(b"wide", 10, 26, 30),
        Box(b"mdat", 30, 38, 42),
    ]


@pytest.mark.parametrize(
    "damage",
    [
        b"\0\0\0",
        b"\0\0\0\x07free",
        b"\0\0\0\x09free",
        struct.pack(">I4s", 1, b"wide"),
        struct.pack(">I4sQ", 1, b"wide", 15),
        struct.pack(">I4sQ", 1, b"wide", 2**63),
    ],
    ids=["half a head", "too small", "too large", "no 64-bit size", "small 64", "large 64"],
)
def test_damage_is_an_error_or_an_end(damage: bytes) -> None:
    data = box(b"free", b"ab") + damage
    assert [found.kind for found in boxes(data).up_to_damage(0, len(data))] == [b"free"]
    with pytest.raises(ValueError, match="cut off"):
        list(boxes(data).within(0, len(data)))


def test_no_more_boxes_are_walked_than_a_sane_file_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_BOXES", 10)
    data = box(b"free") * 11
    with pytest.raises(ValueError, match="too many boxes"):
        list(boxes(data).up_to_damage(0, len(data)))


def test_boxes_are_searched_for_so_deep_and_no_deeper() -> None:
    nest = [box(b"udta")]
    for _ in range(bounds.MAX_DEPTH + 1):
        nest.append(box(b"trak", nest[-1]))
    found = [len(list(boxes(data).search((b"udta",), (b"trak",)))) for data in nest]
    assert found == [1] * (bounds.MAX_DEPTH + 1) + [0]


def test_rows_are_those_of_the_table_and_not_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    data = box(b"stco", bytes(8), struct.pack(">20000I", *range(20000)))
    (table,) = boxes(data).within(0, len(data))
    assert list(boxes(data).rows(table, 8, 20000, ">I")) == [(row,) for row in range(20000)]
    with pytest.raises(ValueError, match="damaged"):
        boxes(data).rows(table, 8, 20001, ">I")
    monkeypatch.setattr(bounds, "MAX_ROWS", 30000)
    file = boxes(data)
    file.rows(table, 8, 20000, ">I")
    with pytest.raises(ValueError, match="too large"):
        file.rows(table, 8, 20000, ">I")


def test_the_brands_of_a_file() -> None:
    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    assert brands(head + b"more") == [b"heic", b"mif1", b"heic"]
    assert brands(head[:20]) == [b"heic", b"mif1"]
    assert brands(box(b"free", head)) == []
