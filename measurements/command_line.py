"""What the command lines share: errors in one sentence, exit statuses, lists of words."""

from __future__ import annotations

import os
import sys
import warnings

import typer

from measurements.errors import DlmoError
from measurements.terminal import printable

STOPPED = 130
"""Exit status after Ctrl-C, as shells have it."""

# Typer carries a click of its own since 0.26 and the public one before: this is either's.
UsageError: type[typer.BadParameter] = typer.BadParameter.__bases__[0]


def execute(command: typer.Typer, name: str, arguments: list[str] | None = None) -> int:
    """Run a command line: one sentence on stderr for an error, never a traceback.

    Args:
        command: the commands.
        name: as the user calls it.
        arguments: the words after the name; None: those of this process.

    Returns:
        Exit status: the command's own, 2 wrong usage, 3 any other error that the user can mend.
    """

    def refuse(sentence: str, status: int) -> int:
        print(f"{name}: {printable(' '.join(sentence.split()))}", file=sys.stderr)
        return status

    # Typer checks options with pydantic, which would search all installed packages for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    warnings.showwarning = lambda message, *_, **__: print(f"{name}: {message}", file=sys.stderr)
    try:
        status = command(args=arguments, prog_name=name, standalone_mode=False) or 0
        sys.stdout.flush()
        return refuse("stopped", status) if status == STOPPED else int(status)
    except BrokenPipeError:
        # Whoever read has seen enough. Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (typer.Abort, KeyboardInterrupt):
        return refuse("stopped", STOPPED)
    except UsageError as error:
        return refuse(error.format_message(), 2)
    except DlmoError as error:
        return refuse(str(error), 2 if isinstance(error, ValueError) else 3)


def split(values: list[str] | None) -> list[str]:
    """The words of an option that takes several, by commas or repetition; blanks are dropped.

    Raises:
        UsageError: for a value without a word, as an unset variable of a shell gives: what stands
            for an option that was left out would be used in its place, and nobody would know.
    """
    found = []
    for value in values or ():
        words = [word.strip() for word in value.split(",") if word.strip()]
        if not words:
            raise typer.BadParameter(f"'{value}' where a name or a path is wanted")
        found += words
    return found
