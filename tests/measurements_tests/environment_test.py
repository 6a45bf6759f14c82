import json
import os
import subprocess
import sys
import time

import pytest

from measurements.environment import Monitor, Use, facts, shares, used

SPIN = "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"


def looks(*seconds_and_uses):
    """A monitor's clock and eyes that see the given moments, the first at its birth."""
    moments = list(seconds_and_uses)
    return {
        "clock": lambda: moments[0][0],
        "look_at": lambda: moments[0][1],
    }, lambda: moments.pop(0)


def test_facts_are_plain_json_and_name_the_run():
    found = json.loads(json.dumps(facts(kernels="builtin", threads=2)))
    assert found["kernels"] == "builtin"
    assert found["threads"] == 2
    assert found["cores"] == os.cpu_count()
    assert found["processor"]
    assert found["versions"]["numpy"].count(".") == 2
    assert len(found["load_average"]) == 3
    assert {"governor", "frequency_mhz", "affinity", "system", "machine"} <= set(found)


def test_used_counts_what_this_process_burns():
    before = used()[os.getpid()]
    start = time.process_time()
    while time.process_time() - start < 0.3:
        pass
    after = used()[os.getpid()]
    assert after.own_s - before.own_s == pytest.approx(0.3, abs=0.1)
    assert after.parent == os.getppid()


def test_names_with_blanks_and_brackets_are_read(tmp_path):
    link = tmp_path / "a) R (b"
    link.symlink_to("/bin/sleep")
    child = subprocess.Popen([link, "30"])
    try:
        deadline = time.monotonic() + 5
        while used()[child.pid].name != "a) R (b" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert used()[child.pid].name == "a) R (b"
        assert used()[child.pid].parent == os.getpid()
    finally:
        child.kill()
        child.wait()


def test_a_process_that_ended_is_charged_to_its_parent_once():
    before = {1: Use(0, "shell", 5.0, 100.0), 2: Use(1, "cc", 3.0, 0.0)}
    after = {1: Use(0, "shell", 5.1, 103.5)}
    assert shares(before, after, 2.0) == {1: pytest.approx((0.1 + 0.5) / 2)}


def test_a_process_that_came_is_charged_from_its_start():
    after = {7: Use(1, "cc", 0.6, 0.0)}
    assert shares({}, after, 2.0) == {7: pytest.approx(0.3)}


def test_a_short_burst_is_not_thinned_out_by_a_long_run():
    idle = {7: Use(1, "cc", 0.0, 0.0)}
    burst = {7: Use(1, "cc", 0.5, 0.0)}
    eyes, go_on = looks(*((t, idle) for t in range(100)), *((100 + t, burst) for t in range(100)))
    monitor = Monitor(**eyes)
    for _ in range(199):
        go_on()
        monitor.look()
    assert monitor.disturbance == "cc used 0.50 of a core"


@pytest.mark.parametrize(("share", "told"), [(0.19, ""), (0.21, "cc used 0.21 of a core")])
def test_the_limit_is_a_fifth_of_a_core(share, told):
    eyes, go_on = looks((0.0, {}), (1.0, {7: Use(1, "cc", share, 0.0)}))
    monitor = Monitor(**eyes)
    go_on()
    monitor.look()
    assert monitor.disturbance == told


def test_a_window_too_short_is_not_judged():
    eyes, go_on = looks((0.0, {}), (0.2, {7: Use(1, "cc", 0.2, 0.0)}))
    monitor = Monitor(**eyes)
    go_on()
    monitor.look(last=True)
    assert monitor.disturbance == ""


def test_a_real_busy_neighbour_is_seen_and_our_own_are_not():
    neighbour = subprocess.Popen([sys.executable, "-c", SPIN])
    try:

        def neighbours():  # whatever else is busy now
            return {pid: use for pid, use in used().items() if pid == neighbour.pid}

        stranger = Monitor(look_at=neighbours)
        own = Monitor(look_at=neighbours, ours=frozenset({neighbour.pid}))
        time.sleep(1.5)
        stranger.look(last=True)
        own.look(last=True)
    finally:
        neighbour.kill()
        neighbour.wait()
    assert stranger.busiest[0] > 0.2
    assert "of a core" in stranger.disturbance
    assert used().keys().isdisjoint({neighbour.pid})
    assert own.busiest == (0.0, "")
