"""What text may reach a terminal: names come from other people's files."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROLS_BUT_COLOURS = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;]*m)")


def printable(text: str, *, colour: bool = False) -> str:
    """Text with its control characters shown as U+FFFD, so that no name moves a cursor.

    Args:
        text: lines; their ends and tabs stay.
        colour: it is set in colours, and the escape sequences that set them stay.
    """
    controls = _CONTROLS_BUT_COLOURS if colour else _CONTROLS
    return controls.sub("\N{REPLACEMENT CHARACTER}", text)
