"""What was promised once, as a request to build it again."""

from __future__ import annotations

from pathlib import Path

from measurements import build_folder, model_card, promise
from measurements.build_request import Promised, Request
from measurements.device import boards
from measurements.errors import HarnessError
from measurements.inspection import inspect
from measurements.own_network import FACTS, OwnNetwork, check_unchanged, source_of
from measurements.production import sha256
from measurements.record import Measurement
from measurements.subject import is_published


def request_of(
    folder: Path, cache: Path, data_dir: Path | None = None, device: str | None = None
) -> Request:
    """How to make again what lies in a folder.

    Args:
        folder: of the build.
        cache: checkpoints and made files; an empty folder, and all is made anew.
        data_dir: folder of data sets.
        device: where to measure; None: where it was promised for.

    Raises:
        HarnessError: when the folder is no build, or its file not the one that the card describes.
    """
    card = model_card.read(folder)
    model = folder / card.file
    if not model.is_file() or sha256(model) != card.sha256:
        raise HarnessError(f"{model}: not the file that its card describes")
    return Request(
        network=card.network,
        strategy=card.strategy,
        task=card.task,
        protocol=str(folder / build_folder.PROTOCOL),
        board=boards.board(device or card.device),
        cache=cache,
        seed=card.seed,
        data_dir=data_dir,
        own=_own(card.network, build_folder.source_of(folder, card)) if card.source else None,
        promised=Promised(
            figures=card.figures,
            protocol=card.protocol,
            data_sha256=card.data_sha256,
            sha256=card.sha256,
            noisy=card.noisy,
        ),
    )


def request_of_record(
    record: Measurement,
    cache: Path,
    data_dir: Path | None = None,
    device: str | None = None,
    network: str | None = None,
) -> Request:
    """How to make again what a record is of.

    Args:
        record: of a measurement that can be taken again.
        cache: as in `request_of`.
        data_dir: as in `request_of`.
        device: as in `request_of`.
        network: where the network comes from, if it is the user's own.

    Raises:
        HarnessError: when the record is a failure, somebody else's, or of another network.
    """
    if record.failure:
        raise HarnessError(f"record {record.id} is a failure: {record.failure}")
    if is_published(record.device):
        raise HarnessError(
            f"record {record.id} is of {record.device}, which somebody else has measured: it can't "
            "be measured again"
        )
    if FACTS in record.environment and network is None:
        raise HarnessError(
            f"record {record.id} is of {record.network}, a network of your own: name it with "
            "--network"
        )
    return Request(
        network=record.network,
        strategy=record.strategy,
        task=record.task,
        protocol=record.protocol.partition("@")[0],
        board=boards.board(device or record.device),
        cache=cache,
        seed=record.seed,
        data_dir=data_dir,
        own=_own(record.network, network) if network else None,
        promised=Promised(
            figures=promise.promised([record]),
            protocol=record.protocol,
            data_sha256=record.environment.get("data_sha256"),
            sha256=record.environment.get("file_sha256"),
            noisy=record.noisy,
        ),
    )


def _own(name: str, word: str) -> OwnNetwork:
    """The network of a promise, looked at anew.

    Raises:
        HarnessError: when it is another one now.
    """
    own = inspect(source_of(word))
    check_unchanged(name, own.name)
    return own
