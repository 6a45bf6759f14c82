"""From words to records over a real OpenSSH server: a campaign, a build, the user's devices."""

import getpass
import json
import os
import threading
from dataclasses import replace
from importlib.util import find_spec

import pytest
import ssh_server

from measurements import campaign, deployment, plan
from measurements.cli import main
from measurements.device import notes
from measurements.device.fingerprint import identity
from measurements.device.local import LocalBoard
from measurements.errors import DeviceError
from measurements.scope import requested
from measurements.timing import Repetition

HERE = LocalBoard(kernels="builtin", threads=1)
BRIEF = Repetition(processes=1, retakes=0, values=5, seconds=0.02, warmup_seconds=0.1)

if ssh_server.SSHD is None:
    pytest.skip("needs OpenSSH's server", allow_module_level=True)
if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
    pytest.skip("needs the train extra", allow_module_level=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = ssh_server.Server(tmp_path_factory.mktemp("sshd"))
    running.start()
    running.know_host()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def client(server, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", server.path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def asked(server, cache, dusk, small_protocol, tmp_path):
    """A campaign of two cells over SSH and as many here."""

    def with_store(name, *devices):
        return requested(
            networks=["vgg"],
            strategies=["nq", "blq"],
            devices=devices,
            tasks=(str(dusk),),
            protocol=str(small_protocol),
            store=tmp_path / name,
            cache=cache,
            repetition=BRIEF,
        )

    return with_store


def test_a_campaign_there_and_here_leaves_the_same_accuracies(asked, server, tmp_path):
    address = server.address(folder=tmp_path / "remote")
    here = LocalBoard(kernels="xnnpack", threads=1)
    records = campaign.run(asked("store", address, here.name))
    assert [record.failure for record in records] == [""] * 4
    there = f"127.0.0.1-{server.port}-xnnpack-1t"
    assert {record.device for record in records} == {there, here.name}
    by_strategy = {}
    for record in records:
        by_strategy.setdefault(record.strategy, set()).add(record.accuracy)
    assert all(len(accuracies) == 1 for accuracies in by_strategy.values())
    text = "".join(path.read_text() for path in (tmp_path / "store").iterdir())
    for secret in (f"{getpass.getuser()}@", "ssh://", str(server.folder)):
        assert secret not in text
    assert campaign.run(asked("store", address, here.name)) == []


def test_a_board_that_is_not_there_is_refused_before_anything_is_trained(asked, tmp_path):
    heard = []
    lost = asked("store", "ssh://nobody@127.0.0.1:1")
    with pytest.raises(DeviceError, match="can't be reached"):
        campaign.run(replace(lost, cache=tmp_path / "none"), heard.append)
    assert heard == []


def test_a_board_lost_on_the_way_leaves_its_cells_and_costs_no_others(asked, server, tmp_path):
    both = asked("store", server.address(folder=tmp_path / "remote"), HERE.name)
    board = replace(both.boards[0], pauses_s=())
    both = replace(both, boards=(board, both.boards[1]))
    allowed = server.folder / "authorized_keys"
    key = allowed.read_text()

    def pull(news):
        if news.stage == "scoring" and board.name in news.where:
            allowed.write_text("")  # nobody gets in any more

    try:
        with pytest.raises(DeviceError, match="cells are left: run again when it is back"):
            campaign.run(both, pull)
    finally:
        allowed.write_text(key)
    assert [(r.device, r.failure) for r in plan.held(both.store)] == [(HERE.name, "")] * 2
    again = campaign.run(both)
    assert [(r.device, r.failure) for r in again] == [(board.name, "")] * 2


def test_a_connection_cut_in_a_campaign_costs_nothing(asked, server, tmp_path):
    one = asked("store", server.address(folder=tmp_path / "remote"))
    board = replace(one.boards[0], pauses_s=(0.1, 0.1, 0.1))
    rule = Repetition(processes=1, retakes=0, seconds=2, warmup_seconds=0.1)
    one = replace(one, boards=(board,), repetition=rule)
    cuts = []

    def cut(news):
        if news.stage == "timing" and not cuts:
            cuts.append(threading.Thread(target=pull))
            cuts[0].start()

    def pull():
        ssh_server.wait_until(server.workers)
        server.cut()

    records = campaign.run(one, cut)
    cuts[0].join()
    assert [record.failure for record in records] == ["", ""]


def test_built_and_verified_there(
    server, cache, dusk, small_protocol, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(deployment, "TAKES", 2)  # how many a promise takes is for other tests
    monkeypatch.setattr(deployment, "MOST_TAKES", 2)
    common = ["--task", str(dusk), "--cache", str(cache), "--quiet"]
    address = server.address(folder=tmp_path / "remote")
    folder = tmp_path / "built"
    words = ["build", "vgg+blq", "-o", str(folder), "--protocol", str(small_protocol)]
    assert main([*words, "--device", address, *common]) == 0
    card = json.loads((folder / "card.json").read_text())
    assert card["device"] == f"127.0.0.1-{server.port}-xnnpack-1t"
    for figure in card["figures"]:
        if figure["name"] == "latency_ms":
            figure |= {"low": 0.0, "high": 1e9}
    (folder / "card.json").write_text(json.dumps(card))
    capsys.readouterr()
    assert main(["verify", str(folder), *common]) == 2  # the name alone tells nobody how to get in
    assert "unknown device '127.0.0.1-" in capsys.readouterr().err
    assert main(["verify", str(folder), "--device", address, *common]) == 0
    assert "BROKEN" not in capsys.readouterr().out


def describe(server, tmp_path, monkeypatch):
    """The user's file: a board that is there, one that is not, and this machine."""
    path = tmp_path / "devices.toml"
    python = server.address().partition("python=")[2]
    path.write_text(
        f'[pi]\naddress = "ssh://{getpass.getuser()}@127.0.0.1:{server.port}"\n'
        f'title = "a board"\npython = "{python}"\nfolder = "{tmp_path}/remote"\n\n'
        '[gone]\naddress = "ssh://127.0.0.1:1"\n\n[nas]\nkernels = "builtin"\n'
    )
    monkeypatch.setenv(notes.ENVIRONMENT, str(path))


def test_the_users_devices_are_listed_checked_and_fingerprinted(
    server, tmp_path, monkeypatch, capsys
):
    describe(server, tmp_path, monkeypatch)
    assert main(["devices", "--offline"]) == 0
    assert "pi\ta board\tnever looked at" in capsys.readouterr().out
    assert main(["devices"]) == 0
    lines = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["pi"].startswith("a board\tready, ")
    assert "can't be reached: " in lines["gone"]
    assert "\tready, " in lines["nas"]
    assert "sensors-2022" in lines
    assert sorted(notes.seen()) == ["nas", "pi"]
    notes.note({**notes.seen(), "pi": {**notes.seen()["pi"], "processor": "Z80"}})
    assert main(["devices"]) == 0
    assert "; changed: the processor was Z80, is " in capsys.readouterr().out
    assert notes.seen()["pi"]["processor"] != "Z80"


def test_a_device_that_changed_is_measured_anew_under_its_name(
    asked, server, tmp_path, monkeypatch, capsys
):
    describe(server, tmp_path, monkeypatch)
    one = asked("store", "pi")
    records = campaign.run(one)
    assert {record.device for record in records} == {"pi"}
    assert campaign.run(one) == []
    found = identity(records[0].environment)
    notes.note({"pi": found})
    assert campaign.run(one) == []
    notes.note({"pi": {**found, "processor": "Z80"}})
    words = ["plan", "--networks", "vgg", "--strategies", "nq,blq", "--tasks", one.tasks[0]]
    words += ["--protocol", one.protocol, "--out", str(one.store), "--devices", "pi"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "2 cells missing" in said.out
    assert "pi: stale cells are measured anew: the processor was " in said.err
    assert os.path.exists(one.store)
