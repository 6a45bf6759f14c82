"""Forecasts that nobody fitted, of any size."""

import numpy as np

from measurements.strategy import Strategy, grammar
from recommender.forecast import SCHEMA, Forecast
from recommender.scale import TARGETS

_SHRINK = {None: 1.0, "f16": 0.5, "blq": 0.26, "fiq": 0.25, "qat": 0.25}


def made_forecast(*, networks, seed=0, name="net{:03}", device="bench", task="cifar10"):
    """One board of `20 * networks` candidates, a third of them measured.

    Args:
        networks: how many.
        seed: of the draws.
        name: of each network, with a place for its number.
        device: the only one.
        task: the only one.
    """
    draw = np.random.default_rng(seed)
    strategies = list(grammar())
    cells = sorted(
        (name.format(i), strategy.slug, i) for i in range(networks) for strategy in strategies
    )
    size = 10 ** draw.uniform(1.5, 5, networks)
    skill = draw.normal(0, 0.4, networks)
    pace = 10 ** draw.normal(0, 0.3, networks)
    parsed = [Strategy.parse(slug) for _, slug, _ in cells]
    which = np.array([i for _, _, i in cells])
    shrink = np.array([_SHRINK[s.quantizer] * (0.3 if s.pruned else 1) for s in parsed])
    measured = draw.random(len(cells)) < 1 / 3
    kb = size[which] * shrink
    logit = np.log10(size[which]) * 0.8 - 1.2 + skill[which] + draw.normal(0, 0.2, len(cells))
    ms = size[which] ** 0.7 * pace[which] * np.where(shrink < 0.3, 0.6, 1.0) / 20
    scores = np.linspace(0, 2.5, 60)
    levels = np.linspace(0, 0.95, 60)
    ids = [[f"{i:016x}"] for i in range(len(cells))]

    def quantity(values, spread, digits=5):
        return {
            "value": [float(f"{v:.{digits}g}") for v in values],
            "given": [int(x) for x in measured],
            "spread": [
                0.0 if m else round(float(s), 4) for m, s in zip(measured, spread, strict=True)
            ],
            "anchored": [int(x) for x in (which % 5 > 0)],
        }

    spread = draw.uniform(0.03, 0.3, len(cells))
    board = {
        "measured_task": True,
        "network": [network for network, _, _ in cells],
        "strategy": [slug for _, slug, _ in cells],
        "measured": [int(x) for x in measured],
        "accuracy_pct": quantity(100 / (1 + np.exp(-logit)), spread),
        "size_kb": quantity(kb, spread / 3),
        "file_kb": quantity(kb * 1.1, spread / 3),
        "latency_ms": quantity(ms, spread),
        "ram_kb": [float(f"{v:.4g}") for v in kb / 3],
        "rows": [rows if m else [] for rows, m in zip(ids, measured, strict=True)],
    }
    calibration = [[list(scores * 1.3), list(levels)], [list(scores), list(levels)]]
    return Forecast(
        {
            "schema": SCHEMA,
            "sha256": "0" * 64,
            "n_measurements": int(measured.sum()),
            "devices": [device],
            "calibrations": {"": dict.fromkeys(TARGETS, calibration)},
            "sources": {rows[0]: "made" for rows in ids},
            "audits": {device: {}},
            "boards": {device: {task: board}},
        }
    )
