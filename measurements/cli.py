"""`dlmo-measure`: its commands; what is done is done elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from measurements.command_line import execute
from measurements.commands import boards, campaigns, deployments, exchange

app = typer.Typer(
    name="dlmo-measure",
    help="Measure optimized networks on a device, and keep, exchange and show the measurements.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: the formatted one takes twice as long to load
)
COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "run": (campaigns.run, "Train, optimize, convert, score and time."),
    "plan": (campaigns.show_plan, "Show what is left to measure, in minutes."),
    "build": (deployments.build, "Make one .tflite with a card of its figures."),
    "verify": (deployments.verify, "Hold a build against its card again."),
    "devices": (boards.list_devices, "List what can be measured on."),
    "tables": (exchange.tables, "Show the paper's tables for a device."),
    "import": (exchange.import_files, "Add other people's measurements."),
    "export": (exchange.export, "Write CSV or Parquet for other tools."),
    "merge": (exchange.merge, "Copy what a store lacks from others."),
}
"""Name -> what it does, and its line in the list of commands."""

for _name, (_command, _short) in COMMANDS.items():
    app.command(_name, short_help=_short)(_command)


def main(arguments: list[str] | None = None) -> int:
    """Run `dlmo-measure`; see `command_line.execute`."""
    return execute(app, "dlmo-measure", arguments)


if __name__ == "__main__":
    sys.exit(main())
