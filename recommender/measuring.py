"""`dlmo-measure` whole: the harness's commands, and those that need the model beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from measurements import cli
from measurements.command_line import execute
from recommender.commands import plan, probe

app = typer.Typer(
    name="dlmo-measure",
    help=cli.app.info.help,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: the formatted one takes twice as long to load
)
COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "plan": (plan.run, "Show what is left to measure, or what to measure next."),
    "probe": (probe.run, "Time a few cells, and forecast all others."),
}
"""Name -> what stands in the place of the harness's own, or beside it, and its line in the list."""

app.registered_commands = [c for c in cli.app.registered_commands if c.name not in COMMANDS]
for _name, (_run, _short) in COMMANDS.items():
    app.command(_name, short_help=_short)(_run)


def main(arguments: list[str] | None = None) -> int:
    """Run `dlmo-measure`; see `measurements.command_line.execute`."""
    return execute(app, "dlmo-measure", arguments)


if __name__ == "__main__":
    sys.exit(main())
