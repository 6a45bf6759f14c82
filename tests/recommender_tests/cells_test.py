import published
import pytest

from measurements.dataset import to_frame
from measurements.record import Measurement
from recommender.cells import comparable, domains_of, known_to
from recommender.features import features

NETWORKS = ("vgg", "wrn", "mobilenet_v1", "mobilenet_v2", "resnet50")


def timed(network, strategy="nq", device="board", **more):
    return Measurement(
        task="cifar10",
        network=network,
        strategy=strategy,
        device=device,
        **{"latencies_s": (0.01,), "file_bytes": 1e5, "compressed_bytes": 9e4, **more},
    )


def untrained(network, strategy="nq", device="board", **more):
    environment = {"epochs": 0}
    return timed(network, strategy, device, environment=environment, protocol="untrained@1", **more)


def devices(frame):
    return set(frame["device"])


def test_published_latencies_are_left_out_once_as_many_were_measured_here():
    few = [untrained(name) for name in NETWORKS]
    many = few * 30
    assert "sensors-2022" in devices(comparable(to_frame(published.RECORDS + few), "latency_ms"))
    alone = comparable(to_frame(published.RECORDS + many), "latency_ms")
    assert devices(alone) == {"board"}
    asked = comparable(to_frame(published.RECORDS + many), "latency_ms", ["sensors-2022"])
    assert devices(asked) == {"board", "sensors-2022"}


def test_accuracies_are_learned_from_wherever_they_were_measured():
    many = [untrained(name) for name in NETWORKS] * 30
    assert len(comparable(to_frame(published.RECORDS + many), "accuracy_pct")) == 262


def test_a_device_that_was_only_timed_takes_the_accuracies_of_others_and_sizes_of_its_own():
    frame = to_frame([*published.RECORDS, *map(untrained, NETWORKS)])
    assert domains_of(frame, "accuracy_pct")["board"] == "sensors-2022"
    assert domains_of(frame, "size_kb")["board"] == "untrained@1"
    trained = timed("vgg", protocol="mine@2", accuracy=0.7)
    frame = to_frame([*published.RECORDS, *map(untrained, NETWORKS), trained])
    assert domains_of(frame, "accuracy_pct")["board"] == "mine@2"
    assert domains_of(frame, "size_kb")["board"] == "mine@2"
    assert domains_of(frame, "size_kb")["sensors-2022"] == "sensors-2022"


def test_a_network_that_nobody_counted_is_placed_by_its_plain_form_and_its_images():
    def asked(side):
        record = timed("other", file_bytes=4e6, compressed_bytes=None, environment={"input": side})
        frame = to_frame([record])
        return features(frame, known_to(frame))

    small, large = asked(32), asked(64)
    assert small.parameters[0] == large.parameters[0] == pytest.approx(1e6)
    assert large.macs[0] == pytest.approx(4 * small.macs[0])
