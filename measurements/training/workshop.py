"""Trains the trunks of a network, each once, and keeps them under keys of their own.

A key is a hash of all that the weights depend on, so that a change of a recipe trains anew what it
touches and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements import atomic
from measurements.own_network import Source
from measurements.production import VERSION, Progress
from measurements.protocol import Protocol, Recipe
from measurements.tasks import TaskData
from measurements.training import checkpoint, data, distil, networks, own, prune
from measurements.training.checkpoint import Checkpoint
from measurements.training.train import Plan, train
from measurements.training.trunk import Trunk

SETTLING_IMAGES = 64
"""Images that an untrained network takes its normalization from."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Trains the trunks of one network on one task from one seed."""

    network: str
    """Name of the network."""
    data: TaskData
    """What it learns."""
    protocol: Protocol
    """How it learns."""
    seed: int
    """Of weights, order and augmentation."""
    cache: Path
    """Folder of checkpoints and files."""
    progress: Callable[[Progress], None]
    """Told how it goes."""
    source: Source | None = None
    """Where a network of the user's own comes from; None: a shipped one."""
    teacher_data: TaskData | None = None
    """The task at the shape that the teacher takes; None: that is the network's."""

    @property
    def untrained(self) -> bool:
        """Train nothing."""
        return self.protocol.untrained

    @property
    def recipe(self) -> Recipe:
        """How this network learns."""
        return self.protocol.recipe_of(self.network)

    @cached_property
    def built(self) -> Any:
        """The network with fresh weights, to be given those of a trunk."""
        if self.source:
            return own.build(self.source, self.data.classes, seed=self.seed)
        return networks.build(self.network, self.data.classes, seed=self.seed)

    @cached_property
    def teacher(self) -> Workshop:
        """Where the teacher is trained."""
        data = self.teacher_data or self.data
        return replace(self, network=distil.TEACHER, source=None, data=data)

    @property
    def calibration_images(self) -> NDArray[np.uint8]:
        """Training images that ranges of activations are taken from."""
        return self.data.x_train[: self.protocol.calibration_images]

    def path(self, trunk: Trunk, name: str) -> Path:
        """Where a file of a trunk is kept."""
        return self.cache / f"{self.network}-{self.key(trunk)}" / name

    def key(self, trunk: Trunk) -> str:
        """Hash of all that the trunk's weights depend on."""
        recipe = self.recipe
        facts: list[object] = [VERSION, self.untrained]
        if trunk.parent:
            facts += [self.key(trunk.parent)]
            if trunk.on_grid:
                facts += ["grid", recipe.qat_epochs, recipe.qat_rate]
            else:
                facts += [trunk.sparsity, recipe.pruning_epochs, recipe.pruning_rate]
        else:
            facts += [self.network, self.data.hash, self.data.mirrors, self.seed]
            facts += [self.protocol.validation, recipe.epochs, recipe.batch, recipe.optimizer]
            facts += [recipe.schedule, recipe.learning_rate, recipe.weight_decay]
            facts += [recipe.augmentation, recipe.label_smoothing, recipe.budget_s]
            facts += [recipe.precision]
            if trunk.distilled:
                facts += [recipe.temperature, recipe.kd_weight, self.teacher.key(Trunk())]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    def model(self, trunk: Trunk) -> Any:
        """The network with the weights of a trunk, trained if need be."""
        state = self.trained(trunk)
        self.built.set_weights(state.weights)
        return self.built

    def trained(self, trunk: Trunk) -> Checkpoint:
        """A trunk's last training, done if need be.

        Raises:
            TrainingError: when it fails.
        """
        path = self.path(trunk, "weights.npz")
        state = checkpoint.load(path)
        if state and state.finished:
            return state
        if self.untrained or (trunk == Trunk() and self.source and self.source.kind == "keras"):
            state = self._untrained(trunk) if self.untrained else self._as_it_came()
            checkpoint.save(path, state)
            return state
        return self._train(trunk, path)

    def _train(self, trunk: Trunk, path: Path) -> Checkpoint:
        recipe, rows = self.recipe, data.split(self.data, self.protocol.validation)
        teacher = self._teacher_logits() if trunk.distilled else None
        batches = data.batches(
            self.data,
            rows.trained,
            batch=recipe.batch,
            augmentation=recipe.augmentation,
            seed=self.seed,
            teacher=teacher,
        )
        watched = self.data.x_train[rows.watched], self.data.y_train[rows.watched]

        def watch(epoch: int, epochs: int, accuracy: float | None, seconds: float) -> None:
            self.progress(
                Progress(
                    network=self.network,
                    stage=trunk.stage,
                    epoch=epoch,
                    epochs=epochs,
                    accuracy=accuracy,
                    seconds=seconds,
                )
            )

        model = self.model(trunk.parent) if trunk.parent else self._fresh()
        return train(model, batches, watched, self._plan(trunk), path=path, watch=watch)

    def _fresh(self) -> Any:
        """The network with the weights of its seed, whatever was in it."""
        self.__dict__.pop("built", None)
        return self.built

    def _plan(self, trunk: Trunk) -> Plan:
        recipe = self.recipe
        plan = Plan(
            epochs=recipe.epochs,
            rate=recipe.learning_rate,
            schedule=recipe.schedule,
            optimizer=recipe.optimizer,
            weight_decay=recipe.weight_decay,
            precision=recipe.precision,
            label_smoothing=recipe.label_smoothing,
            temperature=recipe.temperature,
            kd_weight=recipe.kd_weight if trunk.distilled else 0.0,
            budget_s=recipe.budget_s,
        )
        if not trunk.parent:
            return plan
        epochs = recipe.qat_epochs if trunk.on_grid else recipe.pruning_epochs
        return replace(
            plan,
            epochs=epochs,
            rate=recipe.qat_rate if trunk.on_grid else recipe.pruning_rate,
            schedule="cosine",
            # Values on the 8-bit grid are not all numbers of bfloat16.
            precision="float32" if trunk.on_grid else recipe.precision,
            masked=bool(trunk.sparsity),
            sparsity=0.0 if trunk.on_grid else trunk.sparsity,
            on_grid=trunk.on_grid,
            budget_s=recipe.budget_s * epochs / recipe.epochs,
        )

    def _teacher_logits(self) -> NDArray[np.float32]:
        """What the trained teacher says of every training image, as it is."""
        path = self.teacher.path(Trunk(), "logits.npy")
        if not path.exists():
            logits = distil.logits_of(self.teacher.model(Trunk()), self.data.x_train)
            with atomic.replacing(path) as temporary, temporary.open("wb") as file:
                np.save(file, logits)
        return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)

    def _as_it_came(self) -> Checkpoint:
        """A saved network was trained by whoever saved it."""
        weights = self._fresh().get_weights()
        return Checkpoint(weights=weights, epoch=0, seconds=0.0, accuracy=0.0, finished=True)

    def _untrained(self, trunk: Trunk) -> Checkpoint:
        model = self._fresh()
        networks.perturb(model, seed=self.seed)
        networks.settle(model, data.as_input(self.data.x_train[:SETTLING_IMAGES]))
        if trunk.sparsity:
            prune.prune(model, trunk.sparsity)
        return Checkpoint(
            weights=model.get_weights(), epoch=0, seconds=0.0, accuracy=0.0, finished=True
        )
