"""What is done to a network: the techniques, and the grammar that joins them.

A strategy is written as a slug: optional `kd`, optional `prn` (a sparsity may follow: `prn80`),
then at most one of `blq fiq f16 qat`, joined by `+`; nothing at all is `nq`. The setups of the
paper (Lee, Lee, Lee, Sensors 2022, 22, 7344, section 4.1) are names for some of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from measurements.errors import UnknownNameError, known


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """One optimization."""

    name: str
    """The slug, as in `fiq`."""
    title: str
    """The field's name of it."""
    weight_bits: int
    """Bits that a stored weight takes."""
    integer: bool
    """Weights are 8-bit integers."""
    trains: bool
    """Needs training beyond the float network."""


TECHNIQUES: dict[str, Technique] = {
    t.name: t
    for t in (
        Technique(
            name="kd", title="knowledge distillation", weight_bits=32, integer=False, trains=True
        ),
        Technique(name="prn", title="pruning", weight_bits=32, integer=False, trains=True),
        Technique(
            name="blq",
            title="dynamic range quantization",
            weight_bits=8,
            integer=True,
            trains=False,
        ),
        Technique(
            name="fiq", title="full integer quantization", weight_bits=8, integer=True, trains=False
        ),
        Technique(
            name="f16", title="float16 quantization", weight_bits=16, integer=False, trains=False
        ),
        Technique(
            name="qat",
            title="quantization-aware training",
            weight_bits=8,
            integer=True,
            trains=True,
        ),
    )
}

QUANTIZERS = ("blq", "fiq", "f16", "qat")
"""The techniques of which a strategy holds at most one."""

SETUPS: dict[str, str] = {
    "NQ": "nq",
    "BLQ": "blq",
    "FIQ": "fiq",
    "F16": "f16",
    "QAT": "qat",
    "PRN": "prn",
    "PRQ": "prn+blq",
}
"""The paper's name of a setup -> the strategy's slug."""

DEFAULT_SPARSITY = 0.75
"""Share of zeros of `prn` without a number: what the published pruned sizes imply."""

_SETUP_OF = {slug: setup for setup, slug in SETUPS.items()}
_SLUG_OF = {setup.lower(): slug for setup, slug in SETUPS.items()}
_PRUNING = re.compile(r"prn([1-9][0-9]?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """A set of techniques applied together; `Strategy()` is the plain network."""

    distilled: bool = False
    """Trained on a teacher's softened outputs."""
    pruned: bool = False
    """Small weights set to zero during training."""
    sparsity_pct: int | None = None
    """Asked share of zeros in %, 1 to 99; None: the default of the protocol."""
    quantizer: str | None = None
    """One of `QUANTIZERS`, or None for float32."""

    def __post_init__(self) -> None:
        if self.quantizer is not None and self.quantizer not in QUANTIZERS:
            raise UnknownNameError(
                f"unknown quantizer '{self.quantizer}'{known(self.quantizer, QUANTIZERS)}"
            )
        if self.sparsity_pct is not None and not (self.pruned and 1 <= self.sparsity_pct <= 99):
            raise UnknownNameError(
                f"sparsity {self.sparsity_pct} %: a pruned strategy takes 1 to 99"
            )

    @property
    def slug(self) -> str:
        """The one spelling used in records, `kd+prn80+f16`."""
        pruning = f"prn{self.sparsity_pct or ''}" if self.pruned else None
        parts = ["kd" if self.distilled else None, pruning, self.quantizer]
        return "+".join(p for p in parts if p) or "nq"

    @property
    def setup(self) -> str:
        """The paper's name where it has one (`PRQ`), else the slug in capitals."""
        return _SETUP_OF.get(self.slug, self.slug.upper())

    @property
    def techniques(self) -> tuple[str, ...]:
        """The names of its techniques, in the grammar's order."""
        flags = (("kd", self.distilled), ("prn", self.pruned))
        return tuple(name for name, on in flags if on) + (
            (self.quantizer,) if self.quantizer else ()
        )

    @property
    def weight_bits(self) -> int:
        """Bits that a stored weight takes."""
        return TECHNIQUES[self.quantizer].weight_bits if self.quantizer else 32

    @property
    def integer(self) -> bool:
        """Weights are 8-bit integers."""
        return self.quantizer is not None and TECHNIQUES[self.quantizer].integer

    @property
    def sparsity(self) -> float:
        """Share of zero weights, a fraction; 0 when nothing is pruned."""
        if not self.pruned:
            return 0.0
        return self.sparsity_pct / 100 if self.sparsity_pct else DEFAULT_SPARSITY

    @property
    def undistilled(self) -> Strategy:
        """The same without its teacher: distillation changes neither size nor latency."""
        return Strategy(
            pruned=self.pruned, sparsity_pct=self.sparsity_pct, quantizer=self.quantizer
        )

    @classmethod
    def parse(cls, text: str) -> Strategy:
        """Read a slug or a setup of the paper, in any case, techniques in any order.

        Args:
            text: `"prn+blq"`, `"PRQ"`, `"BLQ+PRN80"`, `"nq"`.

        Raises:
            UnknownNameError: naming the word and the known ones.
        """
        return _parse(text.strip().lower())


@lru_cache(maxsize=4096)
def _parse(text: str) -> Strategy:
    distilled = pruned = False
    sparsity: int | None = None
    quantizer: str | None = None
    expanded = (_SLUG_OF.get(word.strip(), word.strip()) for word in text.split("+"))
    for word in (w for part in expanded for w in part.split("+") if w != "nq"):
        pruning = _PRUNING.fullmatch(word)
        if word == "kd" and not distilled:
            distilled = True
        elif pruning and not pruned:
            pruned, sparsity = True, int(pruning[1]) if pruning[1] else None
        elif word in QUANTIZERS and quantizer is None:
            quantizer = word
        elif word in QUANTIZERS or word == "kd" or pruning:
            raise UnknownNameError(
                f"strategy '{text}': '{word}' is one too many; at most one kd, one prn and one of "
                f"{', '.join(QUANTIZERS)}"
            )
        else:
            raise UnknownNameError(
                f"strategy '{text}': unknown technique '{word}'"
                f"{known(word, [*TECHNIQUES, *SETUPS, 'prn1 … prn99'])}"
            )
    return Strategy(distilled=distilled, pruned=pruned, sparsity_pct=sparsity, quantizer=quantizer)


def grammar() -> tuple[Strategy, ...]:
    """Every strategy that the grammar allows, at the default sparsity, plain network first."""
    return tuple(
        Strategy(distilled=distilled, pruned=pruned, quantizer=quantizer)
        for distilled, pruned, quantizer in product(
            (False, True), (False, True), (None, *QUANTIZERS)
        )
    )
