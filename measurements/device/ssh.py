"""A Linux board over SSH: the worker and a job's files are copied there, and it works there.

One connection of the OpenSSH client serves one job. The remote shell is given a single fixed
command; all that varies goes over standard input, where the board's side is
`measurements.device.receiver`. Nobody is ever asked for a password, and unknown hosts are refused.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGKILL
from typing import Any

from measurements.child import Answer, ChildError, answers, cause, during
from measurements.device.address import SshAddress
from measurements.device.base import Job, request, worker_files
from measurements.device.persistence import InterruptedRunError, UnreachableError, persistent
from measurements.device.remote import RemoteBoard
from measurements.errors import DeviceError, HarnessError
from measurements.production import sha256
from measurements.subject import Device

FOLDER = "~/.cache/dlmo-advisor"
"""Where the worker and the files of the last job are on the board."""

SILENCE_S = 120.0
"""A board that says nothing for this long hangs."""

OPTIONS = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "PasswordAuthentication": "no",
    "KbdInteractiveAuthentication": "no",
    "ConnectTimeout": "15",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "3",
    # A connection of its own, that carries nothing else and whose errors are its own.
    "ControlMaster": "no",
    "ControlPath": "none",
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "RequestTTY": "no",
    "LogLevel": "ERROR",
}
"""Of the OpenSSH client; they go before those of the user's own configuration."""

BOOTSTRAP = (
    'import json;order=json.loads(open(0,"rb",0,closefd=False).readline());exec(order["receiver"])'
)
"""What the board's Python is given on its command line."""

RECEIVER = Path(__file__).with_name("receiver.py")
"""The board's side of a connection."""

BLOCK = 1 << 20
LOST = 255
"""Exit status of the SSH client when it is the connection that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshBoard(RemoteBoard):
    """A board over SSH with certain kernels and threads."""

    address: SshAddress
    """Where."""
    silence_s: float = SILENCE_S
    """Seconds without an answer after which it hangs."""

    @property
    def host(self) -> str:
        """The machine at the address."""
        return f"ssh {self.address.name}"

    @property
    def device(self) -> Device:
        """Its facts, as far as they are known without asking it."""
        return Device(
            name=self.name,
            title=f"{self.address.name} over SSH, {self.kernels} kernels, {self.threads} thread(s)",
            kernels=self.kernels,
            threads=self.threads,
            source="SSH",
        )

    def answers(self, job: Job) -> Iterator[Answer]:
        """Run the worker there; see `base.Board`."""
        # Who only asks how it is wants to know at once that it is not there.
        return persistent(lambda: self._once(job), self.pauses_s if job.models else ())

    def command(self) -> list[str]:
        """What is run here; the last word is what the shell there is given."""
        options = [word for key, value in OPTIONS.items() for word in ("-o", f"{key}={value}")]
        port = ["-p", str(self.address.port)] if self.address.port else []
        # The shell there starts in the home folder, and must not look for a tilde in quotes.
        python = self.setting.python.removeprefix("~/")
        remote = f"exec {shlex.join([python, '-c', BOOTSTRAP])}"
        return ["ssh", *options, *port, "--", self.address.target, remote]

    def _once(self, job: Job) -> Iterator[Answer]:
        """One attempt at a job."""
        digests = {path: sha256(path) for path in (*job.models, job.images, job.labels) if path}
        wanted = {digest: path for path, digest in digests.items()}

        def supply(places: Sequence[int]) -> Iterator[bytes]:
            for place in places:
                yield from _blocks(list(wanted.values())[place])
            yield json.dumps(request(self, _there(job, digests))).encode() + b"\n"

        reached = False
        try:
            for answer in answers(
                self.command(), self._order(wanted), silence_s=self.silence_s, supply=supply
            ):
                reached = True
                if "refused" in answer:
                    raise InterruptedRunError(answer["refused"], {})
                if "unfit" in answer:
                    raise DeviceError(f"{self.name}: {answer['unfit']}")
                yield answer
        except FileNotFoundError:
            raise DeviceError(
                "the OpenSSH client is not installed here: there is no command 'ssh'"
            ) from None
        except InterruptedRunError:
            raise
        except ChildError as error:
            raise self._meant(error, reached=reached) from None

    def _order(self, wanted: Mapping[str, Path]) -> dict[str, Any]:
        """What the receiver is told."""
        return {
            "receiver": RECEIVER.read_text(encoding="utf-8"),
            "folder": self.setting.folder or FOLDER,
            "worker": {name: content.decode() for name, content in worker_files().items()},
            "files": [(digest, path.stat().st_size) for digest, path in wanted.items()],
        }

    def _meant(self, error: ChildError, *, reached: bool) -> HarnessError:
        """What the end of a connection means."""
        lines = error.said.strip().splitlines() or ["the SSH client says no more"]
        if error.status is None:  # a failure that the worker told of, or silence
            return _silent(error, self.name, reached=reached)
        if error.status > 128 and error.status != LOST:
            signal, words = 128 - error.status, cause(128 - error.status, error.said, error.last)
            kind = InterruptedRunError if signal == -SIGKILL else ChildError
            return kind(words, error.last)
        if error.status != LOST:
            if reached:
                return error
            return DeviceError(f"{self.name}: the worker does not start there: {lines[-1]}")
        if sentence := self._refusal(error.said):
            return DeviceError(f"{self.name}: {sentence}")
        if reached:
            return InterruptedRunError(f"the connection was lost{during(error.last)}", error.last)
        return UnreachableError(f"{self.name}: can't be reached: {lines[-1]}")

    def _refusal(self, said: str) -> str:
        """What the user has to mend, where the SSH client says so; else empty."""
        target, port = self.address.target, self.address.port
        login = shlex.join(["ssh", *(["-p", str(port)] if port else []), target])
        if "IDENTIFICATION HAS CHANGED" in said:
            host = f"[{self.address.host}]:{port}" if port else self.address.host
            forget = shlex.join(["ssh-keygen", "-R", host])
            return (
                "its host key is another one than is known: somebody may sit in between. If the "
                f"board was set up anew: {forget}"
            )
        if "Host key verification failed" in said:
            return f"its host key is not known here; this shows and adds it: {login} true"
        if "Permission denied" in said:
            return (
                "it accepts no key of yours, and passwords are not used: ssh-copy-id puts one "
                f"there, ssh-add unlocks one; to try: {login} true"
            )
        if "Could not resolve hostname" in said:
            return f"no such host: {self.address.host}"
        return ""


def _there(job: Job, digests: Mapping[Path, str]) -> Job:
    """The job with the paths of the board, from the worker's folder."""

    def path(here: Path | None) -> Path | None:
        return Path("..", "files", digests[here]) if here else None

    models = tuple(Path("..", "files", digests[model]) for model in job.models)
    return replace(job, models=models, images=path(job.images), labels=path(job.labels))


def _silent(error: ChildError, name: str, *, reached: bool) -> HarnessError:
    """A worker that fails by itself or hangs in a model: that is the model's."""
    if not reached:
        return UnreachableError(f"{name}: {error}")
    if not error.last or "model" in error.last:
        return error
    return InterruptedRunError(str(error), error.last)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(BLOCK):
            yield piece
