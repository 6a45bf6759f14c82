import subprocess
import sys

import pytest

from measurements.answer import reason
from measurements.child import answers

NATIVE = """
import ctypes
from measurements.answer import claim_stdout, take_job
tell = claim_stdout()
job = take_job()
print("printed by Python")
libc = ctypes.CDLL(None)
libc.puts(b"printed by native code")
libc.fflush(None)
tell({"twice": job["n"] * 2})
"""


def test_what_others_print_is_no_answer():
    assert list(answers([sys.executable, "-c", NATIVE], {"n": 4}, silence_s=30)) == [{"twice": 8}]


def test_a_child_that_is_done_ends_well_though_its_parent_lives_on():
    child = subprocess.Popen(
        [sys.executable, "-c", NATIVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    child.stdin.write(b'{"n": 1}\n')
    child.stdin.flush()
    assert child.wait(timeout=30) == 0
    assert child.stdout.read() == b'{"twice": 2}\n'
    assert sorted(child.stderr.read().splitlines()) == [
        b"printed by Python",
        b"printed by native code",
    ]
    for pipe in (child.stdin, child.stdout, child.stderr):
        pipe.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("one\n  two \n"), "one; two"),
        (KeyError(), "KeyError"),
        (MemoryError(), "out of memory"),
        (ValueError("x" * 9999), "x" * 500),
    ],
)
def test_a_reason_is_one_line_and_never_empty(error, said):
    assert reason(error) == said
