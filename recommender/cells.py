"""Rows of a dataset -> the cells that a target may be learned from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.dataset import FACTS
from measurements.subject import is_published
from recommender.facts import BoolArray, FloatArray, Known, known_from
from recommender.features import Features, features
from recommender.scale import SCALES

_QUANTITY = {
    "accuracy_pct": "accuracy",
    "size_kb": "size",
    "file_kb": "size",
    "latency_ms": "latency",
}
"""Target -> the word for it among a row's suspect quantities."""
KEYS = ["domain", "task", "network", "strategy"]
"""Columns that tell cells apart."""
_HANDFUL = 5
"""Fewer networks can't be learned from alone."""


def learnable(
    frame: pd.DataFrame, target: str, known: Known | None = None
) -> tuple[Features, NDArray[np.object_], FloatArray]:
    """What a target may be learned from.

    Args:
        frame: rows.
        target: one of `recommender.scale.TARGETS`.
        known: what the rows know of their networks; gathered from them where it is None.

    Returns:
        `n` rows, their domains, and the `(n,)` values on the target's scale.
    """
    cells = collapsed(frame, target)
    domain = cells["domain"].to_numpy(dtype=object)
    return (
        features(cells, known or known_to(frame)),
        domain,
        SCALES[target].link(cells[target].to_numpy(dtype=float)),
    )


def known_to(frame: pd.DataFrame) -> Known:
    """What rows know of their networks: facts they bring, sizes of plain forms."""
    plain = frame[frame["strategy"] == "nq"]
    sized = plain[usable(plain, "size_kb")] if "size_kb" in frame else plain.iloc[:0]
    return known_from(frame, sized)


def comparable(frame: pd.DataFrame, target: str, asked: Iterable[str] = ()) -> pd.DataFrame:
    """The rows that others on the same footing can be learned from.

    Nobody knows how published figures were taken, nor of which networks exactly. Once as many cells
    were measured here, of a handful of networks, latencies and sizes are learned from these alone.

    Args:
        frame: rows.
        target: one of `recommender.scale.TARGETS`.
        asked: devices whose own rows are wanted, published or not.
    """
    published = frame["device"].map({d: is_published(d) for d in frame["device"].unique()})
    foreign = (published & ~frame["device"].isin(set(asked))).to_numpy(dtype=bool)
    good = usable(frame, target) if target in frame else np.zeros(len(frame), dtype=bool)
    ours = good & ~foreign
    many = ours.sum() >= (good & foreign).sum()
    enough = many and frame["network"][ours].nunique() >= _HANDFUL
    return frame[~foreign] if enough and target != "accuracy_pct" else frame


def collapsed(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """The cells with a value of a target that may be believed, in a canonical order.

    Repeats of a cell (seeds, devices that share a trained model) become their median.

    Returns:
        Columns `domain task network strategy device`, the target, and the facts that the frame
        brings.
    """
    if target not in frame:
        frame = frame.assign(**{target: np.nan})
    kept = frame[usable(frame, target)]
    keyed = kept.assign(domain=domain_column(kept, target))
    return keyed.groupby(KEYS, as_index=False, sort=True).agg(
        {name: "first" if name == "device" else "median" for name in _carried(keyed, target)}
    )


def usable(frame: pd.DataFrame, target: str) -> BoolArray:
    """Rows whose value of a target is there and may be believed."""
    values = pd.to_numeric(frame[target], errors="coerce").to_numpy(dtype=float)
    good = np.isfinite(values) & (values > 0)
    if "suspect" in frame:
        marks = frame["suspect"].fillna("").astype(str)
        good &= np.array([_QUANTITY[target] not in words.split() for words in marks], dtype=bool)
    if "failure" in frame:
        good &= (frame["failure"].fillna("").astype(str) == "").to_numpy(dtype=bool)
    return np.asarray(good, dtype=bool)


def domain_column(frame: pd.DataFrame, target: str) -> pd.Series[str]:
    """Latency belongs to a device; accuracy and size to how a network was trained and stored."""
    device = frame["device"].astype(str)
    if target == "latency_ms" or "protocol" not in frame:
        return device
    protocol = frame["protocol"].fillna("").astype(str)
    return protocol.where(protocol != "", device)


def domains_of(frame: pd.DataFrame, target: str) -> dict[str, str]:
    """Each device's commonest domain of a target, the first by name where two are as common.

    Only rows with a value count; those of trained networks, if a device has any, since random
    weights compress a little otherwise. A device without rows gets the commonest domain of the
    devices that anybody can measure, else the commonest of all. Under the empty name stands the
    domain of devices that nobody knows yet, if there is one: files trained here by a protocol are
    the same files on any device.
    """
    there = frame[usable(frame, target)] if target in frame else frame
    rows = there if len(there) else frame
    if "untrained" in rows:
        random = rows["untrained"].astype(bool)
        rows = rows[~random | ~rows["device"].isin(rows["device"][~random])]
    counts = pd.DataFrame({"device": rows["device"], "domain": domain_column(rows, target)})
    ordered = counts.value_counts().reset_index(name="n")
    ordered = ordered.sort_values(["device", "n", "domain"], ascending=[True, False, True])
    first = ordered.drop_duplicates("device")
    ours = ordered[~ordered["device"].map(is_published)]
    overall = (ours if len(ours) else ordered).groupby("domain")["n"].sum()
    commonest = min(overall[overall == overall.max()].index)
    found = dict.fromkeys(frame["device"].unique(), str(commonest))
    anywhere = {} if commonest in found else {"": str(commonest)}  # a device's own is no protocol
    return anywhere | found | dict(zip(first["device"], first["domain"], strict=True))


def _carried(frame: pd.DataFrame, target: str) -> list[str]:
    return ["device", target, *(name for name in FACTS if name in frame)]
