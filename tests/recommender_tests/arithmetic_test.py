import numpy as np
import pandas as pd
import pytest

from recommender import arithmetic
from recommender.features import features

SLUGS = ["nq", "f16", "blq", "prn", "prn+f16", "prn+blq", "prn90", "prn50+blq"]
USUAL = np.array(list(arithmetic._USUAL.values()))


def rows(slugs, networks=("resnet50", "mobilenet_v1", "wrn")):
    frame = pd.DataFrame([(n, s) for n in networks for s in slugs], columns=["network", "strategy"])
    return features(frame.assign(task="cifar10", device="bench"))


def test_dense_float_weights_take_their_bytes():
    some = rows(["nq", "f16"])
    sizes = arithmetic.size_bytes(some, some.parameters, np.zeros(8))
    assert sizes == pytest.approx(some.parameters * some.bits / 8)


def test_finds_the_coefficients_again():
    some = rows(SLUGS)
    true = USUAL * (1.3, 0.8, 1.2, 1.0, 1.0, 1.0, 0.9, 1.1)
    found = arithmetic.fit(
        some, some.parameters, arithmetic.size_bytes(some, some.parameters, true)
    )
    sizes = [arithmetic.size_bytes(some, some.parameters, c) for c in (found, true)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)


def test_without_rows_the_usual_values_stand():
    none = rows(SLUGS).take(np.zeros(24, dtype=bool))
    assert arithmetic.fit(none, none.parameters, np.empty(0)) == pytest.approx(USUAL)


def test_no_coefficient_is_negative():
    some = rows(SLUGS)
    random = np.random.default_rng(5)
    for _ in range(20):
        sizes = some.parameters * np.exp(random.normal(0, 2, size=len(some)))
        assert (arithmetic.fit(some, some.parameters, sizes) >= 0).all()


def test_sparser_is_never_larger_whatever_was_measured():
    some = rows(SLUGS)
    random = np.random.default_rng(6)
    for quantizer in ("", "+f16", "+blq"):
        asked = rows([f"prn{pct}{quantizer}" for pct in range(1, 100)], networks=["resnet50"])
        for _ in range(20):
            sizes = some.parameters * np.exp(random.normal(0, 2, size=len(some)))
            learned = arithmetic.fit(some, some.parameters, sizes)
            found = arithmetic.size_bytes(asked, asked.parameters, learned)
            assert (np.diff(found) <= 1e-9 * found[1:]).all()


def test_no_size_below_a_byte():
    some = rows(SLUGS)
    assert (arithmetic.size_bytes(some, some.parameters * 0, np.zeros(8)) == 1).all()
