"""An answer as text: one module a format, all of them in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable

from recommender.advice import Advice
from recommender.report.as_html import as_html
from recommender.report.as_json import as_json
from recommender.report.as_markdown import as_markdown
from recommender.report.as_plot import as_plot
from recommender.report.as_table import as_table

FORMATS: dict[str, Callable[[Advice], str]] = {
    "table": as_table,
    "json": as_json,
    "markdown": as_markdown,
    "html": as_html,
    "plot": as_plot,
}
"""Name on the command line -> the function that writes an answer; the same answer gives the same
bytes."""

__all__ = ["FORMATS", "as_html", "as_json", "as_markdown", "as_plot", "as_table"]
