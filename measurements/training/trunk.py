"""The trainings behind a strategy.

A trunk is float or distilled, then perhaps pruned, then perhaps trained on the 8-bit grid; each of
these starts from the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from measurements.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A chain of trainings."""

    distilled: bool = False
    """Trained with a teacher from the start."""
    sparsity: float = 0.0
    """Share of zeros that it was pruned to; 0: not pruned."""
    on_grid: bool = False
    """Trained on the 8-bit grid at last."""

    @property
    def parent(self) -> Trunk | None:
        """What it starts from; None: fresh weights."""
        if self.on_grid:
            return replace(self, on_grid=False)
        return replace(self, sparsity=0.0) if self.sparsity else None

    @property
    def stage(self) -> str:
        """Its last training, in words."""
        if self.on_grid:
            return "quantization-aware training"
        if self.sparsity:
            return f"pruning to {self.sparsity:.0%}"
        return "distilling" if self.distilled else "training"


def trunk_of(strategy: Strategy, sparsity: float) -> Trunk:
    """The trainings that a strategy takes.

    Args:
        strategy: any of the grammar.
        sparsity: share of zeros where the strategy gives none.
    """
    asked = strategy.sparsity if strategy.sparsity_pct else sparsity
    return Trunk(
        distilled=strategy.distilled,
        sparsity=asked if strategy.pruned else 0.0,
        on_grid=strategy.quantizer == "qat",
    )
