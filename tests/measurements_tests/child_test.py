import os
import subprocess
import sys
import time

import pytest

from measurements.child import ChildError, answers
from measurements.environment import used
from measurements.errors import DlmoError


def child(script, job=None, silence_s=30.0, **options):
    return answers([sys.executable, "-c", script], job or {}, silence_s=silence_s, **options)


def say(text):
    return f"print('{text}', flush=True)\n"


def test_the_job_goes_in_and_the_answers_come_out():
    script = "import json; job = json.loads(input()); print(json.dumps({'got': job['n'] + 1}))"
    assert list(child(script, {"n": 41})) == [{"got": 42}]


def test_a_long_line_in_pieces_is_one_answer():
    script = "print('{\"long\": \"' + 'x' * 300_000 + '\"}', flush=True)"
    (answer,) = child(script)
    assert len(answer["long"]) == 300_000


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os; os.abort()", "killed by SIGABRT in work"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL in work (out of memory?)"),
        ("import os; os.kill(os.getpid(), 11)", "killed by SIGSEGV in work"),
        ("raise SystemExit(3)", "ended with status 3 in work"),
        ("raise OSError('no disk')", "ended with status 1 in work: OSError: no disk"),
        ("x = bytearray(10**15)", "out of memory in work"),
        (
            "import os, sys; sys.stderr.write('what(): std::bad_alloc'); sys.stderr.flush();"
            "os.abort()",
            "out of memory in work",
        ),
        (say('{"failed": "no such op"}'), "no such op in work"),
    ],
)
def test_a_death_has_a_reason_and_a_place(script, reason):
    heard = child(say('{"at": "work", "model": 2}') + script)
    assert next(heard) == {"at": "work", "model": 2}
    with pytest.raises(ChildError) as error:
        list(heard)
    assert str(error.value) == reason
    assert error.value.last["model"] == 2
    assert isinstance(error.value, DlmoError)


def test_a_hang_ends_in_time_and_leaves_no_process():
    start = time.monotonic()
    script = (
        "import subprocess, sys, json, time\n"
        "own = subprocess.Popen(['sleep', '100'])\n"
        "print(json.dumps({'at': 'work', 'pid': own.pid}), flush=True)\n"
        "time.sleep(100)"
    )
    heard = child(script, silence_s=2.0)
    grandchild = next(heard)["pid"]
    with pytest.raises(ChildError, match="no answer within 2 s in work"):
        list(heard)
    assert time.monotonic() - start < 10
    assert gone(grandchild)


def test_silence_counts_from_the_last_answer():
    script = "import time\nfor _ in range(4):\n    time.sleep(0.5)\n    " + say("{}")
    assert len(list(child(script, silence_s=1.5))) == 4


def test_a_child_that_nobody_listens_to_is_ended():
    heard = child(
        "import os, time\nprint('{\"pid\": %d}' % os.getpid(), flush=True)\ntime.sleep(100)"
    )
    pid = next(heard)["pid"]
    heard.close()
    assert gone(pid)


def test_a_child_that_never_reads_its_job_is_no_error_of_ours():
    assert list(child(say("{}"), {"big": "x" * 10_000_000})) == [{}]


def test_the_child_ends_when_its_parent_is_killed():
    script = (
        "import sys\n"
        "from measurements.child import answers\n"
        "code = 'from measurements.answer import *; import os, time; tell = claim_stdout();'\n"
        "code += 'take_job(); tell({\"pid\": os.getpid()}); time.sleep(100)'\n"
        "for answer in answers([sys.executable, '-c', code], {}, silence_s=50):\n"
        "    print(answer['pid'], flush=True)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def gone(pid):
    """True as soon as the process is, at the latest after five seconds."""
    deadline = time.monotonic() + 5
    while pid in used() and time.monotonic() < deadline:
        # Whoever ended without a parent is a zombie until the system takes it.
        with open(f"/proc/{pid}/stat") as file:
            if file.read().rpartition(")")[2].split()[0] == "Z":
                return True
        time.sleep(0.02)
    return pid not in used() and not os.path.exists(f"/proc/{pid}")


WANTING = (
    "import json, sys\n"
    "input()\n"
    "print(json.dumps({'at': 'receiving'}), json.dumps({'wants': [2, 0]}), sep='\\n', flush=True)\n"
)


def test_a_child_gets_what_it_wants_while_its_answers_are_read():
    """More than the pipes hold, both ways."""
    pieces = {0: b"a" * 1_000_000, 2: b"b" * 500_000}
    script = WANTING + (
        "got = b''\n"
        "while len(got) < 1_500_000:\n"
        "    got += sys.stdin.buffer.read1(65536)\n"
        "    print(json.dumps({'so far': len(got), 'padding': 'x' * 5000}), flush=True)\n"
        "print(json.dumps({'first': got[0], 'last': got[-1]}))\n"
    )
    said = list(child(script, supply=lambda wants: (pieces[want] for want in wants)))
    assert said[-1] == {"first": ord("b"), "last": ord("a")}
    assert not [answer for answer in said if "wants" in answer]


def test_a_child_that_dies_while_it_is_given_something_says_why():
    script = WANTING + "raise OSError('no disk')"
    with pytest.raises(ChildError, match="ended with status 1 in receiving: OSError: no disk"):
        list(child(script, supply=lambda wants: [b"x" * 10_000_000]))


def test_an_end_carries_its_status_and_what_was_said():
    with pytest.raises(ChildError) as caught:
        list(child("import sys; print('first\\nsecond', file=sys.stderr); sys.exit(7)"))
    assert (caught.value.status, caught.value.said) == (7, "first\nsecond\n")
    with pytest.raises(ChildError) as caught:
        list(child(say('{"failed": "x"}')))
    assert (caught.value.status, caught.value.said) == (None, "")
