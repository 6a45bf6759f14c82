import pytest

from measurements import errors
from measurements.errors import DlmoError, known


def test_the_nearest_word_is_named_and_all_that_are_known():
    assert known("blk", ["qat", "blq", "f16"]) == "; did you mean 'blq'? known: blq, f16, qat"
    assert known("VGG", ["Vgg", "wrn"]) == "; did you mean 'Vgg'? known: Vgg, wrn"


def test_a_word_like_none_of_them_gets_no_guess():
    assert known("zzzzzz", ["blq"]) == "; known: blq"
    assert known("blq", []) == "; known: none"


@pytest.mark.parametrize(
    ("error", "base"),
    [
        ("DatasetError", "DlmoError"),
        ("HarnessError", "DlmoError"),
        ("TrainingError", "HarnessError"),
        ("ConversionError", "HarnessError"),
        ("DeviceError", "HarnessError"),
        ("UnknownNameError", "DlmoError"),
    ],
)
def test_bases(error, base):
    assert issubclass(getattr(errors, error), getattr(errors, base))


def test_only_errors_about_an_argument_are_value_errors():
    classes = [
        c for c in vars(errors).values() if isinstance(c, type) and c.__module__ == errors.__name__
    ]
    asked_wrongly = {c.__name__ for c in classes if issubclass(c, ValueError)}
    assert asked_wrongly == {"UnknownNameError"}
    assert all(issubclass(c, DlmoError) for c in classes)
