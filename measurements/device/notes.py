"""Where the user's devices are described, and what each was when it was last looked at.

Kept apart from `inventory`, which reads the description: advice needs no more than this.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from measurements.device.fingerprint import Identity
from measurements.errors import DeviceError

ENVIRONMENT = "DLMO_DEVICES"
"""Variable that names the file of devices."""


def path() -> Path:
    """The user's file of devices, which need not be there.

    It is the one that the environment names, else `devices.toml` in the user's configuration
    folder.
    """
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "dlmo-advisor" / "devices.toml"


def seen() -> dict[str, Identity]:
    """What the devices were when they were last looked at, by name.

    Raises:
        DeviceError: when the notes can't be read.
    """
    where = _file()
    try:
        notes = json.loads(where.read_bytes())
        return {str(name): dict(facts) for name, facts in notes.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DeviceError(f"{where}: can't be read: {error.strerror}") from None
    except (ValueError, TypeError, AttributeError):
        raise DeviceError(
            f"{where}: not what 'dlmo-measure devices' writes; delete it, and it is written anew"
        ) from None


def note(found: Mapping[str, Identity]) -> None:
    """Keep what devices are, in place of what was kept.

    Raises:
        DeviceError: when it can't be written.
    """
    from measurements import atomic

    where = _file()
    try:
        atomic.write(where, (json.dumps(found, indent=1, sort_keys=True) + "\n").encode())
    except OSError as error:
        raise DeviceError(f"{where}: can't be written: {error.strerror}") from None


def _file() -> Path:
    """Beside the description, so that both travel together."""
    return path().with_suffix(".seen.json")
