"""`tables import export merge`: measurements shown, taken in and given away."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from measurements.command_line import split

Stores = Annotated[
    list[str] | None,
    typer.Option(
        "--measurements",
        metavar="PATH",
        help="Folders of .jsonl files, or files, beside the shipped ones; commas or repeated.",
    ),
]
Out = Annotated[
    Path, typer.Option("--out", metavar="STORE", help="A folder of .jsonl files, or one file.")
]


def tables(
    device: Annotated[
        str, typer.Option(metavar="NAME", help="Whose measurements to show.")
    ] = "sensors-2022",
    form: Annotated[
        str, typer.Option("--format", metavar="terminal|md|csv|latex", help="How to set them.")
    ] = "terminal",
    measurements: Stores = None,
) -> None:
    """Show the paper's Tables 5-14 for a device, beside the published values."""
    from measurements.dataset import read
    from measurements.tables import fill
    from measurements.typesetting import typeset

    records = read()
    if paths := split(measurements):
        records += read(*paths)
    print(typeset(fill(records, device), form), end="")


def import_files(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Tables and benchmark logs.")
    ],
    out: Out,
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What the files' words stand for, in TOML; none: the shipped one."
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(metavar="NAME", help="Device of rows that name none.")
    ] = "",
    task: Annotated[
        str, typer.Option(metavar="NAME", help="Task of benchmarked models that name none.")
    ] = "",
) -> None:
    """Add published tables (CSV) and outputs of litert-benchmark and benchmark_model to a store."""
    from measurements.dataset import add
    from measurements.errors import DatasetError
    from measurements.importing import read_files
    from measurements.mapping import SHIPPED, load

    found = read_files(files, load(mapping or SHIPPED), device, task)
    for refusal in found.refusals:
        print(refusal, file=sys.stderr)
    if not found.records:
        raise DatasetError(
            f"none of {len(found.refusals)} rows could be taken; nothing was written"
        )
    added = add(found.records, out)
    held = len(found.records) - added
    print(
        f"{added} measurements added to {out}, {held} already there, "
        f"{len(found.refusals)} rows not taken",
        file=sys.stderr,
    )


def export(
    out: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")],
    form: Annotated[
        str, typer.Option("--format", metavar="csv|parquet", help="What to write.")
    ] = "csv",
    measurements: Annotated[
        list[str] | None,
        typer.Option(
            "--measurements", metavar="PATH", help="What to export; none: what is shipped."
        ),
    ] = None,
) -> None:
    """Write measurements for other tools: one row each, in %, kB (1000 bytes) and ms."""
    from measurements.dataset import read
    from measurements.exporting import export as write
    from measurements.exporting import frame_of

    frame = frame_of(read(*split(measurements)))
    write(frame, form, out)
    print(f"{len(frame)} measurements written to {out}", file=sys.stderr)


def merge(
    sources: Annotated[
        list[Path], typer.Argument(metavar="STORE...", help="Files or folders to take from.")
    ],
    out: Out,
) -> None:
    """Copy what a store does not hold yet from other stores."""
    from measurements.dataset import merge as merge_stores

    print(f"{merge_stores(sources, out)} measurements added to {out}", file=sys.stderr)
