"""Rectangles in picture coordinates: pixel edges, not centres; sub-pixel throughout."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    def shrunk(self, factor: float, fx: float, fy: float) -> Rect:
        """`factor` times the size, the point at (fx, fy) of the rectangle kept where it is."""
        w, h = self.w * factor, self.h * factor
        return Rect(self.x + (self.w - w) * fx, self.y + (self.h - h) * fy, w, h)

    def shifted(self, dx: float, dy: float) -> Rect:
        return Rect(self.x + dx, self.y + dy, self.w, self.h)

    def union(self, other: Rect) -> Rect:
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def overlap(self, other: Rect) -> Rect:
        """What both cover; the two have to meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Rect(x, y, min(self.right, other.right) - x, min(self.bottom, other.bottom) - y)
