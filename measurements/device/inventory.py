"""The user's devices, as a TOML file of the user's describes them: a table each, by name."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from measurements.device import address, notes
from measurements.device.address import Setting
from measurements.errors import DeviceError, UnknownNameError, known
from measurements.subject import is_published

LOCAL = "local"
"""Address of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A device as the user describes it."""

    name: str
    """As in records."""
    address: str = LOCAL
    """`ssh://USER@HOST:PORT`, `adb:SERIAL`, or this machine."""
    title: str = ""
    """What it is, for people."""
    kernels: str = "xnnpack"
    """`xnnpack`, `builtin` or `reference`."""
    threads: int = 1
    """Threads of one inference."""
    ram_kb: float | None = None
    """Working memory for a model, kB (1000 bytes); None: no limit."""
    flash_kb: float | None = None
    """Room for a stored model, kB; None: no limit."""
    python: str = ""
    """Over SSH: its interpreter."""
    folder: str = ""
    """Folder on the device; empty: the usual one."""

    @property
    def setting(self) -> Setting:
        """How it runs models."""
        return Setting(
            kernels=self.kernels,
            threads=self.threads,
            python=self.python or Setting().python,
            folder=self.folder,
        )


def entries() -> Mapping[str, Entry]:
    """The user's devices by name; none where no file is.

    Raises:
        DeviceError: when the file can't be read or says what is not known.
    """
    where = notes.path()
    if not where.exists() and notes.ENVIRONMENT not in os.environ:
        return MappingProxyType({})
    try:
        with where.open("rb") as file:
            tables = tomllib.load(file)
    except OSError as error:
        raise DeviceError(f"{where}: can't be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeviceError(f"{where}: no TOML: {error}") from None
    return MappingProxyType(
        {name: _entry(name, t, f"{where}: {name}") for name, t in tables.items()}
    )


def _entry(name: str, table: Any, where: str) -> Entry:
    if not isinstance(table, dict):
        raise DeviceError(f"{where}: not a table; a device is described under [{name}]")
    kinds = {field.name: field.type for field in fields(Entry) if field.name != "name"}
    for key, value in table.items():
        if key not in kinds:
            raise DeviceError(f"{where}: unknown field '{key}'{known(key, kinds)}")
        if not _fits(value, str(kinds[key])):
            raise DeviceError(f"{where}: {key} = {value!r}; accepted: {_KINDS[str(kinds[key])][1]}")
    if not name or "," in name or address.is_address(name) or is_published(name):
        raise DeviceError(
            f"{where}: no name for a device of one's own: it has no comma, is no address, and no "
            "published device"
        )
    entry = Entry(name=name, **table)
    try:
        asked = {"kernels": entry.kernels, "threads": str(entry.threads)}
        address.setting(asked, where)
        if entry.address != LOCAL and address.parse(entry.address)[1] != Setting():
            raise DeviceError(f"{where}: kernels and threads are fields of their own here")
    except UnknownNameError as error:
        told = str(error)
        raise DeviceError(told if told.startswith(where) else f"{where}: {told}") from None
    return entry


_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "text in quotes"),
    "int": (int, "a whole number above 0"),
    "float | None": ((int, float), "a number above 0"),
}
"""Type of a field -> what TOML gives for it, and its name for people."""


def _fits(value: object, kind: str) -> bool:
    if not isinstance(value, _KINDS[kind][0]) or isinstance(value, bool):
        return False
    return not isinstance(value, int | float) or 0 < value < float("inf")
