"""One thread for linear algebra: matrices as small as ours are slower on several."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def single_thread() -> Iterator[None]:
    """Hold BLAS to one thread; also a decorator, `@single_thread()`."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
