"""The errors that users see: each says what, where, and what would be accepted.

`DlmoError` is the base of every error of this product. The layers above add their own
(`rules.load.RuleError`, `recommender.errors.AdviceError`). An error about an argument also
derives from `ValueError`, so that code that embeds the product can tell "asked wrongly" from
"could not be done".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DlmoError(Exception):
    """Anything that a user can mend; never shown with a traceback."""


class DatasetError(DlmoError):
    """A measurement file can't be read or written."""


class HarnessError(DlmoError):
    """Training, converting or timing failed."""


class TrainingError(HarnessError):
    """A network could not be built or trained."""


class ConversionError(HarnessError):
    """A trained network could not become a .tflite file."""


class DeviceError(HarnessError):
    """A device could not time or score a .tflite file."""


class UnknownNameError(DlmoError, ValueError):
    """A word that should name a network, strategy, task or device does not."""


def known(word: str, words: Iterable[str]) -> str:
    """End of an error sentence: the nearest known words, or all of them.

    Args:
        word: what was given.
        words: what would have been accepted.

    Returns:
        `"; did you mean 'fiq'? known: blq, f16, fiq"`.
    """
    names = sorted(words)
    near = difflib.get_close_matches(word.lower(), [n.lower() for n in names], n=1, cutoff=0.6)
    nearest = next((n for n in names if near and n.lower() == near[0]), None)
    hint = f"did you mean '{nearest}'? " if nearest else ""
    return f"; {hint}known: {', '.join(names) or 'none'}"
