"""`dlmo-measure`: options, words and exit statuses; what is done is done elsewhere."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from measurements.errors import DlmoError

# Typer carries a click of its own since 0.26 and the public one before: this is either's.
UsageError: type[typer.BadParameter] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="dlmo-measure",
    help="Measure optimized networks on a device, and keep, exchange and show the measurements.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Out = Annotated[Path, typer.Option("--out", help="A folder of .jsonl files, or one file.")]


@app.callback()
def measure() -> None:
    """Measure optimized networks on a device, and keep, exchange and show the measurements."""


@app.command()
def merge(
    sources: Annotated[list[Path], typer.Argument(help="Files or folders to take from.")],
    out: Out,
) -> None:
    """Copy what a store does not hold yet from other stores."""
    from measurements.dataset import merge as merge_stores

    print(f"{merge_stores(sources, out)} measurements added to {out}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run `dlmo-measure`; see `run`."""
    return run(app, "dlmo-measure", arguments)


def run(command: typer.Typer, name: str, arguments: list[str] | None = None) -> int:
    """Run a command line: one sentence on stderr for an error, never a traceback.

    Args:
        command: the commands.
        name: as the user calls it.
        arguments: the words after the name; None: those of this process.

    Returns:
        Exit status: the command's own, 2 wrong usage, 3 any other error that the user can mend.
    """

    def refuse(sentence: str, status: int) -> int:
        print(f"{name}: {' '.join(sentence.split())}", file=sys.stderr)
        return status

    warnings.showwarning = lambda message, *_, **__: print(f"{name}: {message}", file=sys.stderr)
    try:
        status = command(args=arguments, prog_name=name, standalone_mode=False) or 0
        sys.stdout.flush()
        return int(status)
    except BrokenPipeError:
        # Whoever read has seen enough. Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except typer.Abort:
        return refuse("stopped", 130)
    except UsageError as error:
        return refuse(error.format_message(), 2)
    except DlmoError as error:
        return refuse(str(error), 2 if isinstance(error, ValueError) else 3)


def split(values: list[str] | None) -> list[str]:
    """The words of an option that takes several, by commas or repetition; blanks are dropped."""
    return [word.strip() for value in values or () for word in value.split(",") if word.strip()]


if __name__ == "__main__":
    sys.exit(main())
