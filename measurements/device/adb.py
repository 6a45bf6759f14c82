"""An Android device through the `adb` client, timed by TFLite's own `benchmark_model`.

Nothing of Python is needed there: `benchmark_model` lies where its documentation puts it. It only
times, on noise of its own; accuracy is taken on this machine with the same kernels. It prints no
raw values: each one here is the median (else the mean) of one of several short sessions, in turns.

Tested against recorded output; nobody has tried it on a device yet, and records say so.
"""

from __future__ import annotations

import math
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from measurements import benchmarking
from measurements.child import Answer, ChildError, during
from measurements.device.address import AdbAddress
from measurements.device.base import Job
from measurements.device.local import LocalBoard
from measurements.device.persistence import InterruptedRunError, UnreachableError, persistent
from measurements.device.remote import RemoteBoard
from measurements.errors import DeviceError, UnknownNameError
from measurements.production import sha256
from measurements.subject import Device
from measurements.timing import Repetition

TOOL = "/data/local/tmp/benchmark_model"
"""Where the documentation of TFLite's benchmark tools puts it."""

FOLDER = "/data/local/tmp/dlmo-advisor"
"""Where models are put while they are timed."""

UNTRIED = "adb was tested against recorded output, not on a device"

VALUES_PER_SESSION = 5
"""A run of the tool gives one value, a mean over so long that it stands for as many."""

SILENCE_S = 300.0
"""A run of the tool that takes this long hangs; it gives up by itself after 150 s."""

XNNPACK = {"xnnpack": "true", "builtin": "false"}
"""Kernel set -> the tool's `--use_xnnpack`."""

_GOVERNOR = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
_PROPERTY = re.compile(r"^\[(.+?)\]: \[(.*)\]\r?$", re.MULTILINE)
_GONE = re.compile(r"^(?:adb: )?error: (?:device|closed|no devices|protocol|failed to get feature)")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdbBoard(RemoteBoard):
    """An Android device with certain kernels and threads."""

    address: AdbAddress
    """Which."""
    silence_s: float = SILENCE_S
    """Seconds after which a run hangs."""

    def __post_init__(self) -> None:
        if self.kernels not in XNNPACK:
            raise UnknownNameError(
                f"adb:{self.address.serial}: benchmark_model has no {self.kernels} kernels; known: "
                f"{', '.join(XNNPACK)}"
            )

    @property
    def host(self) -> str:
        """Where accuracy is taken."""
        return self._here.host

    @property
    def device(self) -> Device:
        """Its facts, as far as they are known without asking it."""
        return Device(
            name=self.name,
            title=f"{self.address.serial} over adb (untried on hardware), {self.kernels} kernels, "
            f"{self.threads} thread(s)",
            kernels=self.kernels,
            threads=self.threads,
            source="adb",
        )

    def answers(self, job: Job) -> Iterator[Answer]:
        """Time there, score here; see `base.Board`."""
        if job.images:
            return self._here.answers(job)
        return persistent(lambda: self._once(job), self.pauses_s if job.models else ())

    @property
    def _here(self) -> LocalBoard:
        """Where accuracy is taken."""
        return LocalBoard(kernels=self.kernels, threads=1)

    def _once(self, job: Job) -> Iterator[Answer]:
        facts = self._facts()
        if not job.models:
            yield {"facts": facts}
            return
        folder = self.setting.folder or FOLDER
        self._shell("mkdir", "-p", folder)
        try:
            models = []
            for place, model in enumerate(job.models):
                at = {"at": "copying the model", "model": place}
                yield at
                models.append(f"{folder}/{sha256(model)[:16]}.tflite")
                self._adb("push", str(model), models[-1], last=at)
            yield from self._timed(models, job.repetition or Repetition())
        finally:
            self._adb("shell", f"rm -rf {shlex.quote(folder)}", check=False)
        yield {"run": {"facts": facts, "disturbance": ""}}

    def _timed(self, models: Sequence[str], rule: Repetition) -> Iterator[Answer]:
        """Short sessions of the tool, A B A B."""
        values: list[list[float]] = [[] for _ in models]
        inferences = 0
        for _ in range(math.ceil(rule.values / VALUES_PER_SESSION)):
            for place, model in enumerate(models):
                at = {"at": "timing", "model": place}
                yield at
                said = self._shell(*self._session(model, rule), last=at)
                latency, inferences = benchmarking.latency(said)
                if not latency:
                    raise ChildError("benchmark_model printed no latency in timing", at)
                values[place].append(latency)
        for place, taken in enumerate(values):
            yield {
                "timed": place,
                "values_s": taken,
                "singles_s": [],
                "inferences": inferences,
                "settled": True,
            }

    def _session(self, model: str, rule: Repetition) -> list[str]:
        return [
            TOOL,
            f"--graph={model}",
            f"--num_threads={self.threads}",
            f"--use_xnnpack={XNNPACK[self.kernels]}",
            f"--num_runs={rule.turn_inferences}",
            f"--min_secs={rule.turn_seconds}",
            f"--warmup_min_secs={rule.turn_seconds}",
        ]

    def _facts(self) -> dict[str, Any]:
        """As `environment.facts`, from what Android says of itself."""
        properties = dict(_PROPERTY.findall(self._shell("getprop")))
        tool = self._adb("shell", f"sha256sum {TOOL}", check=False)
        if tool.returncode:
            raise DeviceError(
                f"{self.name}: no benchmark_model there: adb push benchmark_model {TOOL}, and make "
                "it executable"
            )
        governor = self._adb("shell", f"cat {_GOVERNOR}", check=False)
        maker, model = (properties.get(f"ro.product.{k}", "") for k in ("manufacturer", "model"))
        soc = properties.get("ro.soc.model") or properties.get("ro.board.platform", "")
        return {
            "machine": properties.get("ro.product.cpu.abi", "unknown"),
            "system": f"Android {properties.get('ro.build.version.release', 'unknown')}",
            "processor": " ".join(filter(None, (soc, f"({maker} {model})"))),
            "cores": int(self._shell("nproc")),
            "governor": None if governor.returncode else governor.stdout.strip(),
            "kernels": self.kernels,
            "threads": self.threads,
            "versions": {"benchmark_model": f"sha256 {tool.stdout.split()[0][:12]}"},
            "scored_on": self._here.name,
            "untried": UNTRIED,
        }

    def _shell(self, *words: str, last: Answer | None = None) -> str:
        """What a command prints there; `adb` hands its words to a shell, so they are quoted."""
        done = self._adb("shell", shlex.join(words), last=last)
        return done.stdout + done.stderr

    def _adb(
        self, *words: str, last: Answer | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        command = ["adb", "-s", self.address.serial, *words]
        at = last or {}
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.silence_s,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except FileNotFoundError:
            raise DeviceError(
                "the client of Android's debug bridge is not installed here: no command 'adb'"
            ) from None
        except subprocess.TimeoutExpired:
            raise ChildError(f"no answer within {self.silence_s:g} s", at) from None
        if done.returncode and check:
            raise self._meant(done, at)
        return done

    def _meant(self, done: subprocess.CompletedProcess[str], at: Answer) -> Exception:
        """What the failure of a command means."""
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["adb says no more"]
        gone = next((line for line in lines if _GONE.match(line)), "")
        if "unauthorized" in gone:
            return DeviceError(f"{self.name}: confirm on its screen that this machine may debug it")
        if gone:
            if at:
                return InterruptedRunError(f"{gone}{during(at)}", at)
            return UnreachableError(f"{self.name}: can't be reached: {gone}")
        if any("No space left" in line for line in lines):
            return InterruptedRunError("no space left on the device", at)
        return ChildError(f"ended with status {done.returncode}{during(at)}: {lines[-1]}", at)
