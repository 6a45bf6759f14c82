import pytest

from measurements.child import ChildError
from measurements.device.persistence import (
    PAUSES_S,
    InterruptedRunError,
    UnreachableError,
    persistent,
)
from measurements.errors import DeviceError


def attempts(*runs):
    """An attempt that gives recorded answers; an exception is raised in its turn."""
    left = list(runs)

    def attempt():
        for answer in left.pop(0):
            if isinstance(answer, Exception):
                raise answer
            yield answer

    return attempt


CUT = InterruptedRunError("the connection was lost", {})
AWAY = UnreachableError("no route")


def test_an_interrupted_run_is_begun_again_after_growing_pauses():
    slept = []
    runs = attempts(["a", CUT], [AWAY], ["a", "b"])
    assert list(persistent(runs, (1, 5, 20), slept.append)) == ["a", "b"]
    assert slept == [1, 5]


@pytest.mark.parametrize("last", [CUT, AWAY])
def test_after_the_last_attempt_it_is_given_up(last):
    slept = []
    with pytest.raises(type(last)):
        list(persistent(attempts([CUT], [AWAY], [last]), (1, 5), slept.append))
    assert slept == [1, 5]


@pytest.mark.parametrize("fault", [ChildError("killed by SIGABRT", {}), DeviceError("no key")])
def test_what_is_somebody_s_fault_is_not_tried_again(fault):
    with pytest.raises(type(fault)):
        list(persistent(attempts([fault]), (1, 5), pytest.fail))


def test_the_pauses_grow():
    assert list(PAUSES_S) == sorted(set(PAUSES_S))
