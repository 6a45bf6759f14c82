import socket
import subprocess
import sys

import pytest

from measurements.atomic import replacing, write


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    write(tmp_path / "a", b"old")
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a") as temporary:
        temporary.with_suffix(".none").rename(temporary)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


KILLED = """
import os, signal, sys
from pathlib import Path
from measurements.atomic import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path):
    path = tmp_path / "new" / "a.npz"
    assert subprocess.run([sys.executable, "-c", KILLED, path]).returncode < 0
    (left,) = path.parent.iterdir()
    # Of a process that is alive, of one on another machine, of another file: not ours to remove.
    alive = left.with_name(f".a.npz.{socket.gethostname()}.1")
    elsewhere = left.with_name(".a.npz.elsewhere.4194304")
    other = left.with_name(left.name.replace("a.npz", "b.npz"))
    for beside in (alive, elsewhere, other):
        beside.touch()
    write(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert set(path.parent.iterdir()) == {path, alive, elsewhere, other}
