"""Where imported rows come from, and how their words become names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from measurements.errors import DlmoError
from measurements.mapping import Words
from measurements.record import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known of all rows of a file."""

    path: Path
    """The file."""
    sha256: str
    """Of its bytes."""
    words: Words
    """What its words stand for."""
    device: str = ""
    """The device of rows that name none; empty when it was not given."""
    task: str = ""
    """The task of rows that name none; empty when it was not given."""

    def at(self, line: int) -> dict[str, Any]:
        """What a record says about where it comes from."""
        return {"file": self.path.name, "line": line, "sha256": self.sha256}


class RefusedRowError(DlmoError, ValueError):
    """Why a row is not taken; the file and the line are added where they are known."""


Rows: TypeAlias = Iterator[tuple[int, Callable[[], Measurement]]]
"""Line of a row, and what builds its record or raises a DlmoError that says why not."""


def slug(words: str, joint: str) -> str:
    """A name in small letters without blanks.

    Args:
        words: as people write it, `Pixel 3, GPU`.
        joint: what takes the place of blanks, commas, slashes, hyphens and underscores.

    Returns:
        `pixel-3-gpu` for the joint `-`.
    """
    return re.sub(r"[\s,/_-]+", joint, words.strip().lower()).strip(joint)
