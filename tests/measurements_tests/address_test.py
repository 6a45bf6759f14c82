import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.device.address import (
    AdbAddress,
    Setting,
    SshAddress,
    is_address,
    parse,
    shown,
)
from measurements.errors import UnknownNameError


@pytest.mark.parametrize(
    ("word", "address", "setting"),
    [
        ("ssh://pi@pi4.lan", SshAddress(host="pi4.lan", user="pi"), Setting()),
        ("ssh://pi4", SshAddress(host="pi4"), Setting()),
        ("ssh://pi@10.0.0.7:2222/", SshAddress(host="10.0.0.7", user="pi", port=2222), Setting()),
        ("ssh://pi@[fe80::1]:22", SshAddress(host="fe80::1", user="pi", port=22), Setting()),
        (
            "ssh://pi@pi4?kernels=builtin&threads=4&python=/opt/v/bin/python&folder=/mnt/a b",
            SshAddress(host="pi4", user="pi"),
            Setting(kernels="builtin", threads=4, python="/opt/v/bin/python", folder="/mnt/a b"),
        ),
        ("adb:R58M12ABCDE", AdbAddress(serial="R58M12ABCDE"), Setting()),
        (
            "adb:192.168.1.5:5555?threads=2",
            AdbAddress(serial="192.168.1.5:5555"),
            Setting(threads=2),
        ),
    ],
)
def test_what_addresses_stand_for(word, address, setting):
    assert is_address(word)
    assert parse(word) == (address, setting)


def test_the_name_tells_boards_apart_and_leaves_the_user_out():
    names = [parse(f"ssh://{word}")[0].name for word in ("pi@a", "eve@a:22", "pi@a:2222", "pi@b")]
    assert names == ["a", "a", "a-2222", "b"]
    assert parse("adb:10.0.0.5:5555")[0].name == "10.0.0.5-5555"


@pytest.mark.parametrize(
    "word",
    [
        "ssh://pi:geheim@pi4",
        "ssh://pi:geheim@pi4:22?threads=1",
        "ssh://pi:ge/heim@pi4",
        "ssh://pi:ge@heim@pi4",
        "ssh://pi:geheim",
        "ssh:pi:geheim@pi4",
        "ssh://pi:ge?heim@pi4",
        "ssh://pi:ge#heim@pi4?threads=x",
        "SSH://pi:geheim@pi4",
        "pi:geheim@pi4",
    ],
)
def test_a_password_is_refused_and_not_repeated(word):
    assert is_address(word)
    with pytest.raises(UnknownNameError) as caught:
        parse(word)
    assert "heim" not in str(caught.value)
    assert "accepted: ssh://" in str(caught.value)


@given(st.text("abc:/@?#[]-.~ 0", max_size=30))
def test_nothing_before_the_host_is_ever_repeated(rest):
    word = f"ssh://me:SECRET{rest}@host"
    try:
        parse(word)
    except UnknownNameError as error:
        assert "SECRET" not in str(error)
    assert "SECRET" not in shown(word)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("ssh://-oProxyCommand=id", "no address of a board"),
        ("ssh://-l@host", "no address of a board"),
        ("ssh://pi@ho st", "no address of a board"),
        ("ssh://pi@host;id", "no address of a board"),
        ("ssh://pi@host:99999", "the largest is 65535"),
        ("ssh://", "no address of a board"),
        ("adb:", "no address of a board"),
        ("adb:-s", "no address of a board"),
        ("ssh://pi@host?thread=4", "unknown setting 'thread'; did you mean 'threads'?"),
        ("ssh://pi@host?kernels=gpu", "unknown kernels 'gpu'"),
        ("ssh://pi@host?threads=0", "'0' threads"),
        ("ssh://pi@host?threads", "is no list as kernels=xnnpack&threads=1"),
    ],
)
def test_what_is_no_address(word, said):
    with pytest.raises(UnknownNameError) as caught:
        parse(word)
    assert said in str(caught.value)
