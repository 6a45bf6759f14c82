"""`dlmo-measure`: its commands; what is done is done elsewhere."""

from __future__ import annotations

import sys

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
app.command("run")(campaigns.run)
app.command("plan")(campaigns.show_plan)
app.command("build")(deployments.build)
app.command("verify")(deployments.verify)
app.command("devices")(boards.list_devices)
app.command("tables")(exchange.tables)
app.command("import")(exchange.import_files)
app.command("export")(exchange.export)
app.command("merge")(exchange.merge)


def main(arguments: list[str] | None = None) -> int:
    """Run `dlmo-measure`; see `command_line.execute`."""
    return execute(app, "dlmo-measure", arguments)


if __name__ == "__main__":
    sys.exit(main())
