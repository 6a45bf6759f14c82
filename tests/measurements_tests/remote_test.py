from dataclasses import replace

import pytest

from measurements.device.adb import AdbBoard
from measurements.device.address import AdbAddress, Setting, SshAddress
from measurements.device.ssh import SshBoard

SETTING = Setting(kernels="builtin", threads=4)


@pytest.mark.parametrize(
    ("board", "name"),
    [
        (SshBoard(address=SshAddress(host="pi4.lan"), setting=SETTING), "pi4.lan-builtin-4t"),
        (AdbBoard(address=AdbAddress(serial="R58M"), setting=SETTING), "R58M-builtin-4t"),
    ],
)
def test_a_board_goes_by_address_and_setting_unless_it_is_called_otherwise(board, name):
    assert (board.kernels, board.threads) == ("builtin", 4)
    assert board.name == board.device.name == name
    named = replace(board, called="kitchen")
    assert named.name == named.device.name == "kitchen"
    assert board.silence_s > 0


def test_each_kind_of_board_is_waited_for_in_its_own_way():
    ssh, adb = SshBoard(address=SshAddress(host="h")), AdbBoard(address=AdbAddress(serial="s"))
    assert ssh.silence_s < adb.silence_s  # a worker says more often that it is there than a tool
    assert ssh.pauses_s == adb.pauses_s
