from measurements.device.base import Job
from measurements.device.census import last_seen, look
from measurements.device.fingerprint import fingerprint, identity
from measurements.device.local import LocalBoard
from measurements.errors import DeviceError

HERE = LocalBoard(kernels="builtin", threads=1, called="nas")


def test_a_device_that_is_ready_has_a_fingerprint():
    found = look(HERE, {})
    assert found.name == "nas"
    assert found.words.startswith(f"ready, {fingerprint(found.identity)}: ")
    assert "ai-edge-litert" in found.words
    assert look(HERE, {"nas": found.identity}).words == found.words


def test_a_device_that_has_changed_says_in_what():
    found = look(HERE, {})
    before = {**found.identity, "processor": "Z80"}
    assert "; changed: the processor was Z80, is " in look(HERE, {"nas": before}).words


def test_a_device_that_is_not_there_is_no_error():
    class Away:
        name = "nas"

        def answers(self, job: Job):
            raise DeviceError("nas: can't be reached: no route to host")

    found = look(Away(), {})
    assert (found.identity, found.words) == ({}, "can't be reached: no route to host")


def test_a_device_that_is_not_asked():
    here = identity({"processor": "Z80"})
    assert last_seen("nas", {"nas": here}).words == f"last seen as {fingerprint(here)}"
    assert last_seen("nas", {}).words == "never looked at"
