"""The answer as one page that shows the trade-off and lets its reader move the limits.

The page is a single file that asks nothing of a network: data, style, scripts and the charting
library are all inside, and its Content-Security-Policy allows these very scripts and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from string import Template

from recommender.advice import Advice
from recommender.report.atlas import atlas

PAGE = Path(__file__).parent / "page"
"""The parts of the page."""

ANSWERING = ("scale.js", "relax.js", "selection.js", "wording.js", "reasons.js", "advice.js")
"""The scripts that select and say why; they touch nothing of the browser."""
SHOWING = ("why.js", "dom.js", "state.js", "glyphs.js", "plot.js", "controls.js", "panels.js")
"""The scripts that show it."""
SCRIPTS = ("charting/chart.umd.min.js", *ANSWERING, *SHOWING, "main.js")
"""All scripts of the page, in their order."""

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What could end a script element, or a line of one, as JSON can write it too."""


def as_html(advice: Advice) -> str:
    """The page; the same answer gives the same bytes."""
    scripts = [_part(name) for name in SCRIPTS]
    style = _part("page.css")
    return Template(_part("page.html")).substitute(
        policy=_policy(scripts, style),
        style=style,
        data=_embedded(json.dumps(atlas(advice), separators=(",", ":"), ensure_ascii=False)),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def _part(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _policy(scripts: list[str], style: str) -> str:
    allowed = " ".join(map(_hash, scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(text: str) -> str:
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return text
