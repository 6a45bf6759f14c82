import numpy as np
import pytest
from threadpoolctl import threadpool_info

from recommender.single_thread import single_thread


def threads():
    np.linalg.inv(np.eye(2))  # loads the library
    return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]


@single_thread()
def decorated():
    return threads()


def test_there_is_one_thread_inside_and_as_many_as_before_outside():
    before = threads()
    assert before
    with single_thread():
        assert set(threads()) == {1}
    assert threads() == before
    assert set(decorated()) == {1}
    assert set(decorated()) == {1}  # a decorator serves every call
    assert threads() == before


def test_an_error_gives_the_threads_back():
    before = threads()
    with pytest.raises(ValueError, match="inside"), single_thread():
        raise ValueError("inside")
    assert threads() == before
