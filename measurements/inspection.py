"""Looks at networks of the user's own, each in a child process with limits on time and memory.

A .tflite of a stranger may be broken or made to break whoever reads it. The child reads its graph,
runs it once, and may write nothing; whatever happens to the child is an error about the file. The
child is this module's `main`.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from measurements.answer import Tell, claim_stdout, reason, take_job
from measurements.child import ChildError, answers, python
from measurements.confinement import confine, grant_time
from measurements.errors import DlmoError, HarnessError
from measurements.own_network import OwnNetwork, Source, label

if TYPE_CHECKING:
    from measurements.graph import Graph

CPU_SECONDS = 60
"""Of processor time that one .tflite may take."""
SILENCE_S, BUILDING_S = 120.0, 1800.0
"""Seconds after which a child hangs: reading a .tflite, building a network in TensorFlow."""
WRITTEN_BYTES = 1_000_000
"""That a child which reads .tflite files may write into files: its words on standard error."""


def inspect(source: Source) -> OwnNetwork:
    """Read the facts of one network.

    Raises:
        HarnessError: naming the network and what is wrong with it.
    """
    (found,) = inspect_all([source])
    if isinstance(found, HarnessError):
        raise found
    return found


def inspect_all(sources: Sequence[Source]) -> Iterator[OwnNetwork | HarnessError]:
    """Read the facts of many networks; one child serves them until one brings it down.

    Args:
        sources: where they are.

    Returns:
        One per source, in their order; an error where one can't be read.
    """
    start = 0
    while start < len(sources):
        done = 0
        try:
            for answer in _answers(sources[start:]):
                if "facts" in answer:
                    yield OwnNetwork.from_dict(answer["facts"], sources[start + done])
                    done += 1
                elif "refused" in answer:
                    yield HarnessError(answer["refused"])
                    done += 1
        except ChildError as error:
            yield HarnessError(f"{sources[start + done].word}: {error}")
            done += 1
        if not done:
            yield HarnessError(f"{sources[start].word}: nothing could be learned of it")
            done = 1
        start += done


def _answers(sources: Sequence[Source]) -> Iterator[dict[str, Any]]:
    confined = all(source.kind == "tflite" for source in sources)
    job = {
        "cpu_seconds": CPU_SECONDS,
        "sources": [[source.word, source.kind] for source in sources],
        "confined": confined,
        "folder": os.getcwd(),
    }
    return answers(
        python("measurements.inspection"),
        job,
        silence_s=SILENCE_S if confined else BUILDING_S,
        environment={"OPENBLAS_NUM_THREADS": "1"} if confined else None,
    )


def main() -> None:
    """Look at the networks of the job."""
    tell, job = claim_stdout(), take_job()
    sources = [Source(word=word, kind=kind) for word, kind in job["sources"]]
    if job["confined"]:
        confine(job["cpu_seconds"], written_bytes=WRITTEN_BYTES)
    for source in sources:
        name = os.path.basename(source.word)
        try:
            if source.kind == "tflite":
                grant_time(job["cpu_seconds"])
                own = _of_tflite(source, tell)
            else:
                own = _of_keras(source, tell, job)
            tell({"facts": own.to_dict()})
        except DlmoError as error:
            tell({"refused": f"{error}"})
        # Whatever readers throw at what they can't read is an answer about it.
        except Exception as error:
            tell({"refused": f"{name}: {reason(error)}"})


def _check_runtime(name: str) -> None:
    if find_spec("ai_edge_litert") is None:
        raise HarnessError(
            f"{name}: ai-edge-litert is needed for it: pip install 'dlmo-advisor[tflite]'"
        )


def _of_tflite(source: Source, tell: Tell) -> OwnNetwork:
    from measurements import graph

    _check_runtime(source.word)
    tell({"at": "reading its graph"})
    content = Path(source.word).read_bytes()
    found = graph.read(content, name=source.word)
    tell({"at": "running it once"})
    own = _own(source, found, hashlib.sha256(content).hexdigest(), _run(source.word, content))
    return replace(
        own,
        made=found.quantizer or "nq",
        file_bytes=len(content),
        compressed_bytes=len(gzip.compress(content, 9, mtime=0)),
    )


def _own(source: Source, found: Graph, digest: str, classes: int | None) -> OwnNetwork:
    name = label(source.stem, digest)
    # What a graph does not tell stays open: remarks about families are not for it.
    facts = found.network(name=name, title=source.stem, family="")
    head = None if source.kind == "function" else found.classes
    return OwnNetwork(source=source, kind=source.kind, facts=facts, classes=classes, head=head)


def _run(name: str, content: bytes) -> int | None:
    """Run a model once on one image.

    Returns:
        The number of classes that it tells apart; None: it is no classifier.

    Raises:
        HarnessError: when it does not run, or takes something else than an image.
    """
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        if len(inputs) != 1:
            raise HarnessError(f"{name}: takes {len(inputs)} inputs; accepted: one image")
        shape = tuple(inputs[0]["shape"])
        if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3):
            raise HarnessError(
                f"{name}: takes input of shape {_words(shape)}; accepted: one image, 1 x rows x "
                "columns x 1 or 3 channels"
            )
        if inputs[0]["dtype"] not in (np.float32, np.uint8, np.int8):
            raise HarnessError(f"{name}: takes {np.dtype(inputs[0]['dtype'])} images")
        interpreter.set_tensor(inputs[0]["index"], np.zeros(shape, inputs[0]["dtype"]))
        interpreter.invoke()
    except (RuntimeError, ValueError) as error:
        raise HarnessError(f"{name}: the runtime can't run it: {reason(error)}") from None
    scores = [tuple(map(int, output["shape"])) for output in outputs]
    one = len(scores) == 1 and len(scores[0]) > 1 and math.prod(scores[0]) == scores[0][-1]
    return scores[0][-1] if one and scores[0][-1] > 1 else None


def _words(shape: Sequence[int]) -> str:
    return " x ".join(str(int(side)) for side in shape) or "nothing"


def _of_keras(source: Source, tell: Tell, job: dict[str, Any]) -> OwnNetwork:
    tell({"at": "importing TensorFlow"})
    try:
        from measurements.training import own
    except ImportError as error:
        raise HarnessError(
            f"{source.word}: TensorFlow is needed for it ({error}): pip install "
            "'dlmo-advisor[train]'; a .tflite needs none"
        ) from None
    tell({"at": "building it"})
    found, digest, classes = own.counted(source, Path(job["folder"]))
    return _own(source, found, digest, classes)


if __name__ == "__main__":
    main()
