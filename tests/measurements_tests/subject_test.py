import dataclasses

import pytest

from measurements import subject
from measurements.dataset import read
from measurements.errors import DatasetError, UnknownNameError
from measurements.subject import Task, devices, named, networks, tasks

KINDS = {"network": networks, "task": tasks, "device": devices}


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_record_is_about_shipped_subjects(kind):
    shipped = KINDS[kind]()
    assert {getattr(record, kind) for record in read()} <= set(shipped)
    assert all(name == one.name for name, one in shipped.items())


def test_networks_are_in_the_paper_s_order_and_the_teacher_is_last():
    names = dict.fromkeys(r.network for r in read(subject.DATA / "sensors-2022.jsonl"))
    assert [*networks()] == [*names, "resnet54"]


def test_counts_follow_from_the_number_of_classes():
    one = networks()["mobilenet_v1"]
    added = one.parameters(100) - one.parameters(10)
    # CIFAR-100 minus CIFAR-10 in the published sizes: 1025 x 90 weights of 4 bytes.
    assert added == 1025 * 90
    assert one.macs(100) - one.macs(10) == 1024 * 90
    assert one.channels(100) - one.channels(10) == 90


def test_shipped_subjects_can_not_be_changed():
    with pytest.raises(TypeError):
        tasks()["mine"] = tasks()["cifar10"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        tasks()["cifar10"].classes = 3


def test_an_unknown_name_is_an_error_with_the_nearest_and_all_known():
    with pytest.raises(UnknownNameError) as caught:
        named("cifar", tasks(), "task")
    assert str(caught.value) == (
        "unknown task 'cifar'; did you mean 'cifar10'? known: " + ", ".join(sorted(tasks()))
    )
    assert named("cifar10", tasks(), "task") is tasks()["cifar10"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("clases = 10", "mine: unknown field 'clases'; did you mean 'classes'?"),
        ('name = "other"', "mine: unknown field 'name'"),
        ('title = "x"', "mine: .*classes"),
    ],
)
def test_a_mistake_in_a_file_of_facts_names_file_entry_and_word(tmp_path, text, words):
    path = tmp_path / "tasks.toml"
    path.write_text(f"[mine]\n{text}\n")
    with pytest.raises(DatasetError, match=f"^tasks.toml: {words}"):
        subject._load(Task, path)
