"""How the tests are run: all of them on two processes, each noisy take left as it is."""

import os

import pytest
from hypothesis import settings

WORKERS = 2
"""Many tests wait for children: two at a time take little more than half the time on two cores."""

# What is tested is what examples give; how long one takes hangs on what runs beside it.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Spread a run of all tests, file by file, over processes.

    A run that names its tests, or asks for something else (`-n 0`, `--pdb`, `-p no:xdist`), stays
    in one.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:  # one of these processes, which starts no others
        return
    whole = config.args_source is not config.ArgsSource.ARGS
    free = len(os.sched_getaffinity(0)) >= WORKERS
    asked = getattr(config.option, "numprocesses", 0)  # 0 without xdist
    if whole and free and asked is None and not config.option.usepdb:
        config.option.numprocesses = WORKERS
        config.option.dist = "loadfile"
        # As they are collected: the long ones of the harness first, so that both end together.
        config.option.loadscopereorder = False


@pytest.fixture(scope="session", autouse=True)
def _one_take():
    """Leave noisy runs as they are: the tests beside these are noise, and it is not the subject."""
    from measurements.timing import Repetition

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Repetition.__init__.__kwdefaults__, "retakes", 0)
        yield
