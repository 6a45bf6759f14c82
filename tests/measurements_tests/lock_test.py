import subprocess
import sys
import time

import pytest

from measurements.lock import alone

HOLD = """
import sys, time
from pathlib import Path
from measurements.lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_at_a_time_and_free_when_the_holder_is_killed(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        start = time.monotonic()
        with pytest.raises(BlockingIOError), alone(tmp_path):
            pass
        assert 0.9 < time.monotonic() - start < 10
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    with alone(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_the_folder_is_made_and_freed_after_an_error(tmp_path):
    folder = tmp_path / "a" / "b"
    with pytest.raises(ValueError, match="mine"), alone(folder):
        raise ValueError("mine")
    with alone(folder):
        pass
