"""A board over a real OpenSSH server on loopback: keys, cuts, full disks and killed workers."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import ssh_server

from measurements.child import ChildError
from measurements.device import base
from measurements.device.address import Setting, SshAddress
from measurements.device.base import Job
from measurements.device.latency import measure, time
from measurements.device.persistence import InterruptedRunError, UnreachableError
from measurements.device.ssh import OPTIONS, SshBoard
from measurements.errors import DeviceError
from measurements.timing import Repetition

QUICK = Repetition(processes=1, retakes=0, values=5, seconds=0.02, warmup_seconds=0.1)
LONG = Repetition(seconds=60)

if ssh_server.SSHD is None:
    pytest.skip("needs OpenSSH's server", allow_module_level=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server = ssh_server.Server(tmp_path_factory.mktemp("sshd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running, monkeypatch):
    running.know_host()
    shutil.copy(running.folder / "key.pub", running.folder / "authorized_keys")
    monkeypatch.setenv("PATH", running.path)
    return running


@pytest.fixture
def board(server, tmp_path):
    return server.board(tmp_path / "remote", pauses_s=(0.1, 0.1, 0.1))


def test_scored_and_timed_there_with_what_the_place_is(board, tflite, lights):
    seen = measure(board, tflite(), *lights, QUICK)
    assert (seen.failure, seen.accuracy, seen.n_test) == ("", 1.0, 200)
    assert len(seen.latencies_s) >= 5
    assert seen.environment["kernels"] == "xnnpack"
    assert len(seen.environment["affinity"]) == 1


def test_the_device_is_named_by_its_host_and_never_by_its_user():
    address = SshAddress(host="pi4.lan", user="secretive", port=2222)
    board = SshBoard(address=address, setting=Setting(kernels="builtin", threads=4))
    assert board.name == "pi4.lan-2222-builtin-4t"
    assert "secretive" not in f"{board.device} {board.host}"
    assert SshBoard(address=address, called="kitchen").name == "kitchen"


def test_what_is_there_already_is_not_sent_again_and_old_files_make_room(
    board, tflite, lights, tmp_path
):
    files = tmp_path / "remote" / "files"
    measure(board, tflite(), *lights, QUICK)
    images = {path.name: path.stat().st_mtime_ns for path in files.iterdir()}
    measure(board, tflite("other", channels=10, layers=2), *lights, QUICK)
    base.score(board, tflite(), *lights)
    now = {path.name: path.stat().st_mtime_ns for path in files.iterdir()}
    assert len(now) == 3  # the model, images and labels of the last job
    time(board, [tflite()], QUICK)
    assert len(list(files.iterdir())) == 1
    assert images.keys() >= {path.name for path in files.iterdir()}


def test_a_file_that_was_damaged_there_is_sent_again(board, tflite, tmp_path):
    time(board, [tflite()], QUICK)
    (file,) = (tmp_path / "remote" / "files").iterdir()
    file.write_bytes(b"no model")
    (seen,) = time(board, [tflite()], QUICK)
    assert not seen.failure


def test_a_large_file_arrives_whole(board, tflite):
    (seen,) = time(board, [tflite("large", channels=2500)], QUICK)
    assert not seen.failure


def test_two_runs_do_not_disturb_each_other(board, tflite, tmp_path):
    """The second waits until the first is done, in another folder's files or not."""
    seen = []
    model = tflite()
    threads = [
        threading.Thread(target=lambda: seen.extend(time(board, [model], QUICK))) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.failure for one in seen] == ["", ""]


# Keys


def test_an_unknown_host_is_refused_with_the_command_that_adds_it(server, board, tmp_path):
    (server.folder / "known_hosts").write_text("")
    with pytest.raises(DeviceError, match="its host key is not known here") as caught:
        base.check(board)
    assert (server.folder / "known_hosts").read_text() == ""
    command = re.search(r"adds it: (ssh .*)$", str(caught.value))[1]
    assert command.endswith(f"-p {server.port} {board.address.target} true")
    # The command asks; somebody who has compared the fingerprint says yes.
    yes = tmp_path / "yes"
    yes.write_text("#!/bin/sh\necho yes\n")
    yes.chmod(0o755)
    asked = {"SSH_ASKPASS": str(yes), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    done = subprocess.run(
        command, shell=True, env={**os.environ, **asked}, start_new_session=True, check=False
    )
    assert done.returncode == 0
    assert base.check(board)["kernels"] == "xnnpack"


def test_a_host_key_that_changed_is_refused_with_the_command_that_forgets_the_old(server, board):
    known = server.folder / "known_hosts"
    stranger = (server.folder / "stranger.pub").read_text().split()[1]
    known.write_text(f"[127.0.0.1]:{server.port} ssh-ed25519 {stranger}\n")
    with pytest.raises(DeviceError, match="somebody may sit in between") as caught:
        base.check(board)
    assert f"ssh-keygen -R '[127.0.0.1]:{server.port}'" in str(caught.value)


def test_without_an_accepted_key_it_is_refused_at_once_and_nobody_is_asked(server, board):
    (server.folder / "authorized_keys").write_text("")
    with pytest.raises(DeviceError, match="accepts no key of yours, and passwords are not used"):
        list(board.answers(Job()))
    assert OPTIONS["BatchMode"] == "yes"


def test_no_secret_is_in_what_is_recorded_or_on_a_command_line(server, board, tflite):
    (seen,) = time(board, [tflite()], QUICK)
    secrets = [(server.folder / name).read_text().split()[1] for name in ("key.pub", "key")]
    for text in (json.dumps(seen.environment), " ".join(board.command()), board.name):
        assert not [secret for secret in (*secrets, "IdentityFile") if secret in text]
    assert f"{board.address.user}@" not in json.dumps(seen.environment)


# The remote shell


def test_nothing_passes_through_the_remote_shell_unquoted(server, tflite, tmp_path):
    """Names that a shell would take for commands are names."""
    evil = tmp_path / "$(touch pwned); touch 'pwned' #"
    evil.mkdir()
    model = evil / "`touch pwned`.tflite"
    shutil.copy(tflite(), model)
    script = evil / "run $(touch pwned)"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    board = server.board(evil / "remote; touch pwned", python=str(script))
    (seen,) = time(board, [model], QUICK)
    assert not seen.failure
    places = [evil, tmp_path, evil / "remote; touch pwned", os.path.expanduser("~")]
    assert not [place for place in places if os.path.exists(os.path.join(place, "pwned"))]


def test_the_remote_command_is_the_same_for_every_job(server, tmp_path):
    board = server.board(tmp_path / "x")
    assert board.command()[-1].startswith("exec ")
    assert str(tmp_path) not in board.command()[-1]


# What is nobody's fault


def when_working(server, act):
    """Do something as soon as a worker times models on the board, in a thread."""

    def wait():
        ssh_server.wait_until(lambda: any(map(has_runtime, server.workers())))
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def has_runtime(pid):
    """Whether a worker has come as far as the runtime."""
    try:
        return "litert_interpreter_wrapper" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


def test_a_connection_cut_in_the_middle_is_taken_up_again(server, board, tflite):
    cut = when_working(server, server.cut)
    (seen,) = time(board, [tflite()], Repetition(processes=1, retakes=0, seconds=2))
    cut.join()
    assert seen.failure == ""
    assert len(seen.latencies_s) >= 50
    log = (server.folder / "sshd.log").read_text()
    assert log.count("Accepted publickey") >= 2
    ssh_server.wait_until(lambda: not server.workers())


def test_a_connection_cut_each_time_costs_that_model_alone(server, tmp_path, tflite):
    board = server.board(tmp_path / "remote", pauses_s=())
    cut = when_working(server, server.cut)
    seen = time(board, [tflite(), tflite("second")], Repetition(processes=1, retakes=0, seconds=2))
    cut.join()
    assert sorted(bool(one.failure) for one in seen) == [False, True]
    (failure,) = (one.failure for one in seen if one.failure)
    assert re.fullmatch(r"the connection was lost in (timing|loading .*|allocate_tensors)", failure)


def test_the_cut_leaves_no_worker_behind(server, tmp_path, tflite):
    board = server.board(tmp_path / "remote", pauses_s=())
    ours = []

    def cut():
        ours.extend(server.workers())
        server.cut()

    cutting = when_working(server, cut)
    with pytest.raises(InterruptedRunError, match="the connection was lost"):
        list(board.answers(Job(models=(tflite(),), repetition=LONG)))
    cutting.join()
    assert ours
    ssh_server.wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in ours))


def test_a_killed_worker_is_started_again(server, board, tflite):
    kill = when_working(server, lambda: [ssh_server.kill(pid) for pid in server.workers()])
    (seen,) = time(board, [tflite()], Repetition(processes=1, retakes=0, seconds=2))
    kill.join()
    assert seen.failure == ""


def test_a_worker_killed_each_time_costs_that_model_alone(server, tmp_path, tflite):
    board = server.board(tmp_path / "remote", pauses_s=())
    kill = when_working(server, lambda: [ssh_server.kill(pid) for pid in server.workers()])
    (seen,) = time(board, [tflite()], LONG)
    kill.join()
    assert re.match(r"killed by SIGKILL.* \(out of memory\?\)", seen.failure)


def limited(place, kilobytes):
    """An interpreter that can't write larger files while `full` lies beside it."""
    script = place / "python"
    script.write_text(
        f'#!/bin/sh\n[ -e {place}/full ] && ulimit -f {2 * kilobytes}\nexec {sys.executable} "$@"\n'
    )
    script.chmod(0o755)
    (place / "full").touch()
    return str(script)


def test_a_full_disk_is_waited_for_and_then_costs_that_model_alone(server, tmp_path, tflite):
    python = limited(tmp_path, 200)
    board = server.board(tmp_path / "remote", python=python, pauses_s=(0.1, 0.1))
    big = tflite("big", channels=600)  # 1.4 MB
    (seen,) = time(board, [big], QUICK)
    assert "File too large" in seen.failure
    assert not list((tmp_path / "remote" / "files").iterdir())  # no half file left
    (small,) = time(board, [tflite()], QUICK)
    assert not small.failure
    roomy = threading.Timer(1.5, (tmp_path / "full").unlink)
    roomy.start()
    patient = server.board(tmp_path / "remote", python=python, pauses_s=(0.5,) * 20)
    (seen,) = time(patient, [big], QUICK)
    assert not seen.failure


@pytest.fixture
def tiny_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", place]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_without_room_is_named(server, tiny_disk, tflite):
    board = server.board(tiny_disk / "remote", pauses_s=(0.1,))
    first, small = time(board, [tflite("big", channels=600), tflite()], QUICK)
    assert first.failure.endswith("No space left on device")
    assert not small.failure


def test_a_model_that_aborts_the_worker_is_not_tried_again(server, tmp_path, tflite):
    """A crash is the model's, as on this machine."""
    board = server.board(tmp_path / "remote", pauses_s=(60, 60))
    abort = when_working(
        server, lambda: [ssh_server.kill(pid, signal.SIGABRT) for pid in server.workers()]
    )
    with pytest.raises(ChildError, match=r"killed by SIGABRT in "):
        list(board.answers(Job(models=(tflite(),), repetition=LONG)))
    abort.join()


# What the user has to mend


def test_nobody_at_the_other_end(tmp_path, server):
    address = SshAddress(host="127.0.0.1", port=1)
    gone = SshBoard(address=address, pauses_s=(0.1,))
    with pytest.raises(
        UnreachableError, match=r"127.0.0.1-1-xnnpack-1t: can't be reached: .*refus"
    ):
        base.check(gone)
    with pytest.raises(DeviceError, match=r"no such host: nowhere\.invalid"):
        base.check(SshBoard(address=SshAddress(host="nowhere.invalid")))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "the worker does not start there: .*not found|No such file"),
        ("echo 'no python' >&2; exit 1", "the worker does not start there: no python"),
        (
            f'exec {sys.executable} -c "import sys; sys.version_info = (3, 9, 2); '
            "import json;order=json.loads(open(0,'rb',0,closefd=False).readline());"
            "exec(order['receiver'])\"",
            "is Python 3.9; 3.11 or later is needed",
        ),
    ],
)
def test_an_interpreter_that_can_not_do_it(server, tmp_path, script, said):
    python = tmp_path / "python"
    if script:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    with pytest.raises(DeviceError, match=said):
        base.check(server.board(tmp_path / "remote", python=str(python)))


def test_an_interpreter_without_the_runtime(server, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    board = server.board(tmp_path / "remote", python=str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(DeviceError, match="not installed there: ai-edge-litert, numpy; its Python"):
        base.check(board)


def test_without_a_client_it_is_one_sentence(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DeviceError, match="the OpenSSH client is not installed here"):
        base.check(server.board(tmp_path))


def test_a_folder_that_can_not_be_written_is_refused(server, tmp_path):
    (tmp_path / "file").write_text("")
    board = server.board(tmp_path / "file" / "remote")
    with pytest.raises(DeviceError, match=r"file/remote.*: Not a directory"):
        base.check(board)


def test_a_board_that_falls_silent_is_given_up(server, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    silent = server.board(tmp_path / "r", python=str(python), silence_s=1.0)
    with pytest.raises(UnreachableError, match="no answer within 1 s"):
        base.check(silent)
