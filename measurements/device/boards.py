"""From a user's word for a device to the board: an address, one of the user's, this machine."""

from __future__ import annotations

from measurements.device import address, inventory, local
from measurements.device.adb import AdbBoard
from measurements.device.address import AdbAddress, Setting
from measurements.device.base import Board
from measurements.device.inventory import LOCAL, Entry
from measurements.device.local import LocalBoard
from measurements.device.ssh import SshBoard
from measurements.errors import UnknownNameError, known

USUAL = LocalBoard(kernels="xnnpack", threads=1)
"""Where is measured when nothing is said."""


def board(word: str) -> Board:
    """The board that a word stands for.

    Args:
        word: `ssh://…`, `adb:…`, a name of the user's devices, or one of this machine's.

    Raises:
        UnknownNameError: with what it can be.
        DeviceError: when the user's file of devices can't be read.
    """
    if address.is_address(word):
        where, setting = address.parse(word)
        return _reached(where, setting, "")
    entries = inventory.entries()
    if word in entries:
        return described(entries[word])
    try:
        return local.board(word)
    except UnknownNameError:
        names = {*entries, *local.boards()}
        raise UnknownNameError(f"unknown device '{word}'{known(word, names)}") from None


def described(entry: Entry) -> Board:
    """The board of a device as the user describes it."""
    if entry.address == LOCAL:
        return LocalBoard(kernels=entry.kernels, threads=entry.threads, called=entry.name)
    where, _ = address.parse(entry.address)
    return _reached(where, entry.setting, entry.name)


def is_known(word: str) -> bool:
    """Whether `board` knows the word: this machine, or a device of the user's."""
    try:
        board(word)
    except UnknownNameError:
        return False
    return True


def _reached(where: address.SshAddress | AdbAddress, setting: Setting, called: str) -> Board:
    kind = AdbBoard if isinstance(where, AdbAddress) else SshBoard
    return kind(address=where, setting=setting, called=called)  # type: ignore[arg-type]
