"""Work that may crash, hang or eat all memory is done in a process of its own.

The child gets one job, a line of JSON on its standard input, and answers in lines of JSON. Its
input stays open as long as its parent lives: when it ends, so does the child (see
`measurements.answer`, the child's side), so that nothing goes on working for a parent that was
killed or a connection that broke. An answer `{"at": STAGE}` says what comes next; it is how a
death can be blamed on something, `{"failed": REASON}` is the last one of a child that gave up, and
`{"wants": WHAT}` asks for what follows on its input.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

from measurements.errors import HarnessError

Answer = dict[str, Any]
"""One line of a child, decoded."""

Supply = Callable[[Any], Iterable[bytes]]
"""What a child wants -> the bytes that it gets on its input."""

_OUT_OF_MEMORY = (
    "bad_alloc",
    "MemoryError",
    "Cannot allocate memory",
    "out of memory",
    "failed with error '12'",  # the runtime's mmap: ENOMEM
    "failed to map segment",  # the loader of shared libraries
)
_TAIL_BYTES = 4000


class ChildError(HarnessError):
    """A child did not finish its job; the message is the reason."""

    def __init__(
        self, reason: str, last: Answer, *, status: int | None = None, said: str = ""
    ) -> None:
        super().__init__(reason)
        self.last = last
        """The child's last answer with a stage; empty when there was none."""
        self.status = status
        """The exit status it ended with; None: it gave up or was given up."""
        self.said = said
        """The end of what it wrote to its standard error."""


def python(module: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module]


def answers(
    command: Sequence[str],
    job: Mapping[str, Any],
    *,
    silence_s: float,
    environment: Mapping[str, str] | None = None,
    supply: Supply | None = None,
) -> Iterator[Answer]:
    """Run a child on a job, and yield its answers as they come.

    The child is killed when the caller stops listening.

    Args:
        command: the program and its arguments; no shell is involved.
        job: what to do, in plain JSON values.
        silence_s: seconds without any answer after which the child counts as hung.
        environment: variables to add to this process's own.
        supply: gives what the child wants besides the job; written while its answers are read.

    Raises:
        ChildError: when it crashes, hangs or reports a failure of its own (`{"failed": REASON}`).
    """
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **_path(), **(environment or {})},
            # Ctrl-C is for the parent, which then ends the child.
            start_new_session=True,
        )
        try:
            yield from _listen(child, job, silence_s, errors, supply)
        finally:
            _end(child)


def _listen(
    child: subprocess.Popen[bytes],
    job: Mapping[str, Any],
    silence_s: float,
    errors: IO[bytes],
    supply: Supply | None,
) -> Iterator[Answer]:
    last: Answer = {}
    try:
        assert child.stdin is not None
        child.stdin.write(json.dumps(job).encode() + b"\n")
        child.stdin.flush()
    except BrokenPipeError:
        pass  # it died at once: what it left behind says why
    for line in _lines(child, silence_s):
        if line is None:
            raise ChildError(f"no answer within {silence_s:g} s{during(last)}", last)
        answer: Answer = json.loads(line)
        if "at" in answer:
            last = answer
        if "failed" in answer:
            told = "out of memory" if _is_out_of_memory(answer["failed"]) else answer["failed"]
            raise ChildError(f"{told}{during(last)}", last)
        if supply and "wants" in answer:
            pieces = supply(answer["wants"])
            threading.Thread(target=_feed, args=(child.stdin, pieces), daemon=True).start()
        else:
            yield answer
    if status := child.wait():
        said = _tail(errors)
        raise ChildError(cause(status, said, last), last, status=status, said=said)


def _feed(stdin: IO[bytes], pieces: Iterable[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):  # it has ended: what it left behind says why
        for piece in pieces:
            stdin.write(piece)
        stdin.flush()


def _lines(child: subprocess.Popen[bytes], silence_s: float) -> Iterator[bytes | None]:
    """The whole lines of a child; None when it stays silent for too long."""
    assert child.stdout is not None
    descriptor = child.stdout.fileno()
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while selector.select(silence_s):
            piece = os.read(descriptor, 65536)
            if not piece:
                return
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
    yield None


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill a child with all that it started, and take leave of it."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # a job that it never read
                pipe.close()


def cause(status: int, tail: str, last: Answer) -> str:
    """Why a child ended.

    Args:
        status: its exit status; negative: the signal that killed it.
        tail: the end of what it wrote to its standard error.
        last: its last answer with a stage.
    """
    where = during(last)
    if _is_out_of_memory(tail):
        return f"out of memory{where}"
    if status < 0:
        name = signal.Signals(-status).name
        return f"killed by {name}{where}" + (" (out of memory?)" if name == "SIGKILL" else "")
    said = tail.strip().splitlines()
    return f"ended with status {status}{where}" + (f": {said[-1]}" if said else "")


def _is_out_of_memory(text: str) -> bool:
    return any(word in text for word in _OUT_OF_MEMORY)


def during(last: Answer) -> str:
    """`" in STAGE"`, after an answer that names one."""
    return f" in {last['at']}" if last else ""


def _tail(errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - _TAIL_BYTES))
    return errors.read().decode(errors="replace")


def _path() -> dict[str, str]:
    """The child finds modules where this process does."""
    return {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
