import numpy as np
import pandas as pd
import pytest

from recommender.baselines import BASELINES
from recommender.features import features
from recommender.scale import SCALES


def board(cells, *, device="bench", task="cifar10"):
    frame = pd.DataFrame(cells, columns=["network", "strategy"])
    rows = features(frame.assign(task=task, device=device))
    return rows, np.full(len(rows), device, dtype=object)


def learn(name, target, values):
    rows, domain = board(list(values))
    y = SCALES[target].link(np.array(list(values.values()), dtype=float))
    learned = BASELINES[name](target, rows, domain, y)
    return lambda *cells: SCALES[target].inverse(learned(*board(cells)))


LATENCY = {
    ("resnet50", "nq"): 100.0,
    ("resnet50", "blq"): 50.0,
    ("resnet101", "nq"): 200.0,
    ("resnet101", "blq"): 60.0,
    ("mobilenet_v1", "nq"): 10.0,
    ("mobilenet_v1", "blq"): 9.0,
    ("vgg", "nq"): 8.0,
}


def test_ratio_is_the_median_over_networks_with_both():
    predict = learn("technique ratio", "latency_ms", LATENCY)
    assert predict(("vgg", "blq")) == pytest.approx([8 * 0.5])  # of 0.5, 0.3 and 0.9
    assert predict(("vgg", "nq")) == pytest.approx([8])


def test_ratio_without_the_plain_form_borrows_the_nearest_one():
    predict = learn("technique ratio", "latency_ms", LATENCY)
    assert predict(("mobilenet_v2", "blq")) == pytest.approx([10 * 0.5])


def test_nearest_goes_by_facts_and_keeps_the_technique():
    predict = learn("nearest network", "latency_ms", LATENCY)
    assert predict(("mobilenet_v2", "blq"), ("mobilenet_v2", "nq")) == pytest.approx([9, 10])
    assert predict(("resnet101", "nq")) == pytest.approx([200])


def test_flops_only_sees_nothing_but_the_work():
    rows, _ = board([(n, "nq") for n in ("resnet50", "resnet101", "mobilenet_v1", "vgg")])
    cells = zip(rows.network, ["nq"] * 4, strict=True)
    values = dict(zip(cells, rows.macs / 1e6, strict=True))
    predict = learn("FLOPs only", "latency_ms", values)
    asked, _ = board([("mobilenet_v2", "nq"), ("wrn", "nq")])
    found = predict(("mobilenet_v2", "nq"), ("wrn", "nq"))
    assert found == pytest.approx(asked.macs / 1e6, rel=0.01)


@pytest.mark.parametrize("name", BASELINES)
def test_answers_for_techniques_and_tasks_never_seen(name):
    rows, domain = board(list(LATENCY))
    learned = BASELINES[name]("latency_ms", rows, domain, np.log(list(LATENCY.values())))
    asked, where = board([("wrn", "kd+prn+qat"), ("wrn", "f16")], device="other", task="cifar100")
    assert np.isfinite(learned(asked, where)).all()
