"""The answer as one page that shows the trade-off and lets its reader move the limits."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parent / "page"
"""The parts of the page."""

ANSWERING = ("scale.js", "relax.js", "selection.js", "wording.js", "reasons.js", "advice.js")
"""The scripts that select and say why; they touch nothing of the browser."""
