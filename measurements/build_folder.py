"""The folder of a build: what lies in it, and how it is put in place whole.

The .tflite, `labels.txt`, the protocol, the card that says what is promised, the C array where it
was asked for, and under `source/` the file of a network of the user's own, to build it again from.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from measurements import c_array, model_card
from measurements.errors import HarnessError
from measurements.model_card import Card

LABELS, PROTOCOL, SOURCE = "labels.txt", "protocol.toml", "source"
"""Names in it."""

_ENDS = (".tflite", ".cc", ".h")


def check_free(folder: Path) -> None:
    """Refuse a place where no build can be put, before anything is trained for it.

    Raises:
        HarnessError: when something else than a build is there, or it can't be written.
    """
    if folder.exists() and not folder.is_dir():
        raise HarnessError(f"{folder}: a file is in the way; name a folder")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    build = {LABELS, PROTOCOL, SOURCE, model_card.JSON, model_card.MARKDOWN}
    others = sorted(n for n in names - build if not n.endswith(_ENDS))
    if names and (others or model_card.JSON not in names):
        odd = f", {others[0]}" if others else ""
        raise HarnessError(f"{folder}: holds something else than a build{odd}; name another folder")
    above = next(p for p in folder.absolute().parents if p.exists())
    if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        raise HarnessError(f"{folder}: can't be made: {above} can't be written to")


def write(
    folder: Path,
    card: Card,
    content: bytes,
    *,
    labels: Sequence[str],
    protocol: Path,
    source: Path | None = None,
    embedded: bytes | None = None,
) -> None:
    """Put a build in place; an earlier one is replaced.

    Args:
        folder: made by this.
        card: of the build.
        content: the .tflite.
        labels: class names in the order of the outputs.
        protocol: its file.
        source: file of a network of the user's own.
        embedded: the same model for the C array, see `measurements.embedding`; None: no array.

    Raises:
        HarnessError: when it can't be written.
    """
    try:
        with _replacing(folder) as fresh:
            (fresh / card.file).write_bytes(content)
            (fresh / LABELS).write_text("".join(f"{n}\n" for n in labels), encoding="utf-8")
            shutil.copyfile(protocol, fresh / PROTOCOL)
            (fresh / model_card.JSON).write_text(model_card.to_json(card), encoding="utf-8")
            (fresh / model_card.MARKDOWN).write_text(model_card.to_markdown(card), encoding="utf-8")
            if source:
                (fresh / SOURCE).mkdir()
                shutil.copyfile(source, fresh / place_of(source))
            if embedded is not None:
                name = Path(card.file).stem
                symbol = c_array.identifier(name)
                (fresh / f"{symbol}.h").write_text(c_array.header(name, embedded), encoding="ascii")
                (fresh / f"{symbol}.cc").write_text(
                    c_array.source(name, embedded), encoding="ascii"
                )
    except OSError as error:
        raise HarnessError(f"{folder}: can't be written: {error.strerror}") from None


def place_of(source: Path) -> str:
    """Where the file of a network lies in the folder; its name is part of the network's."""
    return f"{SOURCE}/{source.name}"


def source_of(folder: Path, card: Card) -> str:
    """The word for the network of a card that is the user's own."""
    inside = card.source.startswith(f"{SOURCE}/")
    return str(folder / SOURCE / Path(card.source).name) if inside else card.source


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder that takes the place of another when all went well."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as place:
        fresh = Path(place) / "fresh"
        fresh.mkdir()
        yield fresh
        if folder.exists():
            folder.rename(Path(place) / "old")
        fresh.rename(folder)
