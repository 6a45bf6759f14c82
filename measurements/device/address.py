"""Addresses of boards: `ssh://USER@HOST:PORT?kernels=xnnpack&threads=4`, `adb:SERIAL?threads=4`.

What may stand in an address is spelled out, so that no part of it can be taken for an option by a
program that it is handed to. An error never repeats what stands before the `@`: somebody's password
may be in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from measurements.device.worker import RESOLVERS
from measurements.errors import UnknownNameError, known

FORMS = (
    "ssh://[USER@]HOST[:PORT][?kernels=xnnpack&threads=1], adb:SERIAL[?kernels=xnnpack&threads=1]"
)
"""What is accepted."""

LARGEST_PORT = 65_535

_SSH = re.compile(
    r"ssh://(?:(?P<user>[A-Za-z0-9_][\w.-]*)@)?"
    r"(?P<host>[A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[1-9]\d{0,4}))?/?(?:\?(?P<query>[^#]*))?",
    re.ASCII,
)
_ADB = re.compile(r"adb:(?P<serial>[A-Za-z0-9][\w.:-]*)(?:\?(?P<query>[^#]*))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a board runs models, and where it keeps what it needs."""

    kernels: str = "xnnpack"
    """`xnnpack`, `builtin` or `reference`."""
    threads: int = 1
    """Threads of one inference."""
    python: str = "python3"
    """Over SSH: the board's interpreter, one that has numpy and ai-edge-litert."""
    folder: str = ""
    """Folder on the board; empty: the usual one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAddress:
    """A board that is reached over SSH."""

    host: str
    """Name or number, or a host of the user's own `~/.ssh/config`."""
    user: str | None = None
    """None: as the SSH client has it."""
    port: int | None = None
    """None: as the SSH client has it."""

    @property
    def target(self) -> str:
        """`USER@HOST` as the SSH client takes it."""
        return f"{self.user}@{self.host}" if self.user else self.host

    @property
    def name(self) -> str:
        """Of the board, for records: the user is no part of it."""
        port = f"-{self.port}" if self.port not in (None, 22) else ""
        return f"{self.host.replace(':', '.')}{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdbAddress:
    """An Android device that the `adb` client knows."""

    serial: str
    """As `adb devices` lists it."""

    @property
    def name(self) -> str:
        """Of the device, for records."""
        return self.serial.replace(":", "-")


def is_address(word: str) -> bool:
    """Whether a word means to be an address, a wrong one too."""
    return word.startswith(("ssh:", "adb:")) or "://" in word or "@" in word


def parse(word: str) -> tuple[SshAddress | AdbAddress, Setting]:
    """What an address stands for.

    Raises:
        UnknownNameError: with what would be accepted.
    """
    if found := _ADB.fullmatch(word):
        return AdbAddress(serial=found["serial"]), setting(_asked(word, found["query"]), word)
    found = _SSH.fullmatch(word)
    if not found:
        raise UnknownNameError(f"'{shown(word)}' is no address of a board{_why_not(word)}")
    port = int(found["port"]) if found["port"] else None
    if port and port > LARGEST_PORT:
        raise UnknownNameError(f"'{shown(word)}': port {port}; the largest is {LARGEST_PORT}")
    address = SshAddress(host=found["host"].strip("[]"), user=found["user"], port=port)
    return address, setting(_asked(word, found["query"]), word)


def shown(word: str) -> str:
    """An address without what stands before its host, for errors."""
    before, at, rest = word.rpartition("@")
    if at:
        return f"{'ssh://' if before.startswith('ssh:') else ''}…@{rest}"
    # Without a host there is no telling what was meant by the rest.
    return "ssh://…" if word.startswith("ssh:") and not _SSH.fullmatch(word) else word


def setting(asked: dict[str, str], where: str) -> Setting:
    """Check what was asked for.

    Args:
        asked: fields of `Setting`, as text.
        where: for the error.

    Raises:
        UnknownNameError: for a field or a value that is not known.
    """
    fields = Setting.__slots__
    for key in asked:
        if key not in fields:
            raise UnknownNameError(f"{shown(where)}: unknown setting '{key}'{known(key, fields)}")
    kernels = asked.get("kernels", Setting().kernels)
    if kernels not in RESOLVERS:
        raise UnknownNameError(
            f"{shown(where)}: unknown kernels '{kernels}'{known(kernels, RESOLVERS)}"
        )
    threads = asked.get("threads", "1")
    if not re.fullmatch(r"[1-9]\d{0,3}", threads):
        raise UnknownNameError(f"{shown(where)}: '{threads}' threads; accepted: 1, 2, 3, …")
    return Setting(
        kernels=kernels,
        threads=int(threads),
        python=asked.get("python") or Setting().python,
        folder=asked.get("folder", ""),
    )


def _asked(word: str, query: str | None) -> dict[str, str]:
    try:
        return dict(parse_qsl(query or "", strict_parsing=bool(query), keep_blank_values=True))
    except ValueError:
        raise UnknownNameError(
            f"'{shown(word)}': what follows the '?' is no list as kernels=xnnpack&threads=1"
        ) from None


def _why_not(word: str) -> str:
    if re.match(r"(ssh://)?[^@]*:.*@", word):
        return (
            ": a password in it would end up in logs; keys and the agent are used, "
            f"and nothing else; accepted: {FORMS}"
        )
    return f"; accepted: {FORMS}"
