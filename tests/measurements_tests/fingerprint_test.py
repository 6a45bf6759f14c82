import pytest

from measurements.device.fingerprint import FACTS, RUNTIMES, change, fingerprint, identity
from measurements.environment import facts

ENVIRONMENT = facts(kernels="xnnpack", threads=1)


def test_a_run_on_this_machine_has_an_identity_that_stays():
    found = identity(ENVIRONMENT)
    assert found.keys() <= {*FACTS, *RUNTIMES}
    assert {"machine", "processor", "cores", "kernels", "threads"} <= found.keys()
    again = identity({**facts(kernels="xnnpack", threads=1), "load_average": [9.0] * 3})
    assert fingerprint(again) == fingerprint(found)
    assert len(fingerprint(found)) == 12


@pytest.mark.parametrize("fact", ["processor", "cores", "threads", "governor"])
def test_every_fact_that_latencies_hang_on_makes_another_device(fact):
    then = identity({**ENVIRONMENT, fact: "this"})
    now = identity({**ENVIRONMENT, fact: "that"})
    assert fingerprint(then) != fingerprint(now)
    assert change(then, now) == f"{FACTS[fact]} was this, is that"


def test_another_runtime_is_another_device():
    then = identity({**ENVIRONMENT, "versions": {"ai-edge-litert": "2.2.0", "numpy": "1"}})
    now = identity({**ENVIRONMENT, "versions": {"ai-edge-litert": "2.3.0", "numpy": "2"}})
    assert change(then, now) == "ai-edge-litert was 2.2.0, is 2.3.0"


def test_what_is_not_known_has_not_changed():
    assert identity({"imported": "x"}) == {}
    known, unknown = ({**ENVIRONMENT, "governor": g} for g in ("performance", None))
    assert change(identity(unknown), identity(known)) == ""
    assert change({}, identity(known)) == ""
