"""The board's side alone, as a process that is given its order and files on standard input."""

import hashlib
import json
import subprocess
import sys

import pytest

from measurements.device.ssh import BOOTSTRAP, RECEIVER

WORKER = "import json, sys; print(json.dumps({'got': json.loads(sys.stdin.readline())}))"


@pytest.fixture
def receive(tmp_path):
    def run(files, *, sent=None, worker=WORKER):
        order = {
            "receiver": RECEIVER.read_text(),
            "folder": str(tmp_path / "board"),
            "worker": {
                "measurements/__init__.py": "",
                "measurements/device/__init__.py": "",
                "measurements/device/worker.py": worker,
            },
            "files": [(hashlib.sha256(f).hexdigest(), len(f)) for f in files],
        }
        content = b"".join(files) if sent is None else sent
        given = json.dumps(order).encode() + b"\n" + content + b'{"models": []}\n'
        command = [sys.executable, "-c", BOOTSTRAP]
        done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_the_worker_gets_its_job_after_the_files(receive, tmp_path):
    status, said = receive([b"one", b"two\n" * 1_000_000])
    assert status == 0
    assert said == [{"at": "receiving files"}, {"wants": [0, 1]}, {"got": {"models": []}}]
    held = {path.read_bytes() for path in (tmp_path / "board" / "files").iterdir()}
    assert held == {b"one", b"two\n" * 1_000_000}
    status, said = receive([b"one", b"three"], sent=b"three")
    assert said[1] == {"wants": [1]}
    assert len(list((tmp_path / "board" / "files").iterdir())) == 2


def test_a_connection_that_ends_too_early_leaves_nothing(receive, tmp_path):
    _, said = receive([b"x" * 1000], sent=b"xx")
    assert "the connection ended" in said[-1]["refused"]
    assert not list((tmp_path / "board" / "files").iterdir())


@pytest.mark.parametrize(
    ("worker", "status"),
    [
        ("import os; os.abort()", 134),
        ("raise SystemExit(3)", 3),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ],
)
def test_how_the_worker_ends_is_how_it_ends(receive, worker, status):
    assert receive([], worker=worker)[0] == status
