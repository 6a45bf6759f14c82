import json

import pytest

from measurements import model_card
from measurements.errors import HarnessError
from measurements.model_card import Card
from measurements.promise import Figure

CARD = Card(
    network="vgg|<b>",
    strategy="prn+blq",
    task="cows & `cats`",
    classes=2,
    seed=3,
    protocol="quick@0123",
    data_sha256="ab",
    n_train=10,
    n_test=5,
    file="vgg-prn-blq.tflite",
    sha256="cd",
    device="x86_64-xnnpack-1t",
    figures=(Figure(name="latency_ms", value=1.5, low=1.0, high=2.0),),
    noisy=True,
    environment={"processor": "Some|CPU", "versions": {"numpy": "2"}},
)


def test_a_card_is_read_as_it_was_written(tmp_path):
    (tmp_path / model_card.JSON).write_text(model_card.to_json(CARD))
    assert model_card.read(tmp_path) == CARD


def test_for_people_it_says_all_and_names_stay_names():
    text = model_card.to_markdown(CARD)
    for words in ("1.5 ms (1 - 2)", "seed 3", "quick@0123", "was busy", "Some\\|CPU", "numpy 2"):
        assert words in text
    assert "<b>" not in text
    assert "`cats`" not in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no build"),
        ("{", "not a card"),
        ("[]", "not a card"),
        ('{"schema": "dlmo.card/9"}', "schema 'dlmo.card/9'"),
        (json.dumps({"schema": "dlmo.card/1", "network": 3}), "not a card"),
    ],
)
def test_what_is_no_card_is_refused_in_a_sentence(tmp_path, content, words):
    if content is not None:
        (tmp_path / model_card.JSON).write_text(content)
    with pytest.raises(HarnessError, match=words):
        model_card.read(tmp_path)
