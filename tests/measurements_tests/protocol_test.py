import math
from dataclasses import replace

import pytest

from measurements import protocol
from measurements.errors import HarnessError
from measurements.protocol import Protocol, Recipe


@pytest.fixture(name="read")
def _read(tmp_path):
    def read(text, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        return protocol.load(path)

    return read


@pytest.mark.parametrize("name", ["quick", "reference"])
def test_shipped_protocols_load(name):
    found = protocol.load(name)
    assert found.label == f"{name}@{found.hash}"


def test_an_empty_file_is_all_defaults(read):
    assert read("") == Protocol(name="mine")


def test_networks_have_exceptions(read):
    found = read("[recipe]\nepochs = 7\nbatch = 32\n[networks.vgg]\nepochs = 9")
    assert found.recipe_of("wrn") == Recipe(epochs=7, batch=32)
    assert found.recipe_of("vgg") == Recipe(epochs=9, batch=32)


def test_a_network_may_have_seeds_of_its_own(read):
    found = read("seeds = [3]\n[networks.vgg]\nseeds = [0, 1, 2]")
    assert found.seeds_of("vgg") == (0, 1, 2)
    assert found.seeds_of("wrn") == (3,)


def test_the_hash_is_that_of_the_content_not_of_its_writing(read):
    plain = read("seeds = [1, 2]\n[recipe]\nepochs = 7")
    assert read("# other words\nseeds=[1,2]\n[recipe]\nepochs=7", "other").hash == plain.hash
    assert read("seeds = [1]\n[recipe]\nepochs = 7").hash != plain.hash
    assert replace(plain, networks={"vgg": Recipe()}).hash != plain.hash


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sed = [1]", "unknown key 'sed'; did you mean 'seeds'"),
        ("[recipe]\nepoch = 3", "unknown key 'recipe.epoch'; did you mean 'epochs'"),
        ("[networks.vgg]\nepoch = 3", r"unknown key 'networks\.vgg\.epoch'; did you mean"),
        ("[networks.vggg]\n", r"unknown key 'networks\.vggg'; did you mean 'vgg'"),
        ("name = 'x'", "unknown key 'name'"),
        ("seeds = 3", "seeds: Expected `array`, got `int`"),
        ("recipe = 3", "recipe: 3 is not a table"),
        ("networks = 3", "networks: 3 is not a table"),
        ("networks.vgg = 3", r"networks\.vgg: 3 is not a table"),
        ("[recipe]\nepochs = 0", r"recipe\.epochs: Expected `int` >= 1"),
        ("[recipe]\nlearning_rate = nan", r"recipe\.learning_rate: Expected `float`"),
        ("[recipe]\nsparsity = 1.0", r"recipe\.sparsity: Expected `float` < 1"),
        ("calibration_images = 50", "calibration_images: Expected `int` >= 100"),
        ("seeds = [", "not TOML"),
    ],
)
def test_mistakes_are_named(read, text, sentence):
    with pytest.raises(HarnessError, match=sentence) as caught:
        read(text)
    assert "mine.toml: " in str(caught.value)


def test_missing_protocols_name_the_shipped_ones():
    with pytest.raises(HarnessError, match=r"protocol 'quik': No such file.*did you mean 'quick'"):
        protocol.load("quik")


def test_no_setting_is_without_a_limit():
    for name, kind in Recipe.__annotations__.items():
        assert kind not in ("int", "float"), name
    assert not math.isnan(Recipe().learning_rate)
