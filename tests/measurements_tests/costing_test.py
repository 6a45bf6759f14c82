import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements import costing
from measurements.plan import Cell
from measurements.record import Measurement
from measurements.strategy import Strategy, grammar

SLUGS = st.sampled_from([s.slug for s in grammar()])


def cell(strategy="nq", network="vgg", task="cifar10", device="d1", protocol="p@1"):
    return Cell(
        network=network, strategy=strategy, task=task, device=device, seed=0, protocol=protocol
    )


def record(strategy="nq", train=0.0, measure=5.0, **more):
    spent = {"train_seconds": train, "measure_seconds": measure}
    fields = {"network": "vgg", "task": "cifar10", "device": "d1", "protocol": "p@1", "seed": 0}
    return Measurement(strategy=strategy, environment=spent, **{**fields, **more})


def cost(strategy, *records, **more):
    return costing.each_alone([cell(strategy, **more)], records)[0]


def test_a_conversion_of_a_trained_network_costs_no_training():
    known = [record("nq", train=900.0), record("blq", measure=4.0)]
    assert cost("nq", *known) == 5.0
    assert cost("blq", *known) == 4.0
    assert cost("fiq", *known) == costing.HANDLING_SECONDS


def test_what_was_not_trained_is_paid_for_with_all_that_it_starts_from():
    elsewhere = [
        record("nq", train=900.0, seed=7),
        record("prn", train=300.0, seed=7),
        record("prn+qat", train=100.0, seed=7),
    ]
    assert cost("prn+blq", *elsewhere) == pytest.approx(1200.0 + costing.HANDLING_SECONDS)
    assert cost("prn+qat", *elsewhere) == pytest.approx(1300.0 + 5.0)
    assert cost("prn+blq", *elsewhere, record("nq", train=900.0)) == pytest.approx(
        300.0 + costing.HANDLING_SECONDS
    )


def test_one_trained_by_another_protocol_is_not_at_hand():
    other = record("nq", train=900.0, protocol="q@2")
    assert cost("nq", other) > cost("nq", other, protocol="q@2") == 5.0


def test_a_failure_has_made_nothing():
    assert (
        cost("blq", record("nq", train=900.0, failure="out of memory"))
        > cost("blq", record("nq")) + 600
    )


def test_distillation_pays_for_its_teacher_once():
    taught = record("nq", network="resnet54", train=2000.0)
    assert cost("kd") > cost("kd", taught) >= cost("nq")


@given(SLUGS, SLUGS)
def test_more_techniques_never_cost_less(one, other):
    first, second = Strategy.parse(one), Strategy.parse(other)
    if set(first.techniques) <= set(second.techniques):
        assert cost(one) <= cost(other)


def test_larger_networks_cost_more_where_nobody_recorded_anything():
    costs = [cost("nq", network=name) for name in ("vgg", "mobilenet_v2", "wrn", "resnet101")]
    assert costs == sorted(costs)
    assert cost("nq", network="resnet50") > cost("nq", network="resnet50", task="digits")
