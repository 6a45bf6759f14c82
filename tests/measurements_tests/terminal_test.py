import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.terminal import printable

RED, PLAIN = "\x1b[31m", "\x1b[0m"


@pytest.mark.parametrize("control", ["\x1b]0;title\x07", "\x1b[2J", "\r", "\b", "\x9b2J", "\0"])
@pytest.mark.parametrize("colour", [False, True])
def test_no_control_reaches_a_terminal(control, colour):
    shown = printable(f"a{control}b", colour=colour)
    assert not set(shown) & set("\x1b\x07\r\b\x9b\0")
    assert (shown[0], shown[-1]) == ("a", "b")


def test_colours_stay_where_they_are_meant():
    assert printable(f"{RED}x{PLAIN}", colour=True) == f"{RED}x{PLAIN}"
    assert "\x1b" not in printable(f"{RED}x{PLAIN}")


@given(st.text(st.characters(exclude_categories=["Cc"])))
def test_other_text_stays_as_it_is(text):
    assert printable(f"{text}\n\t") == f"{text}\n\t"
