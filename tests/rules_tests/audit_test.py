import json

import numpy as np
import pandas as pd
import pytest

from measurements import read, to_frame
from measurements.subject import networks
from rules.audit import audit, by_remark
from rules.load import load

RULES = load()
NETWORKS = ("vgg", "resnet50", "mobilenet_v1", "mobilenet_v2", "wrn")


def board(int8, pruned=1.0, device="board", names=NETWORKS):
    """A planted device: each network as it is, in int8 and pruned, with given latency ratios."""
    rng = np.random.default_rng(5)
    rows = []
    for i, network in enumerate(names):
        for seed in (1, 2):
            ratio = int8[i] if isinstance(int8, tuple) else int8
            for strategy, factor in (("nq", 1), ("blq", ratio), ("fiq", ratio), ("prn", pruned)):
                rows.append(
                    {
                        "id": f"{device}-{network}-{strategy}-{seed}",
                        "task": "cifar10",
                        "network": network,
                        "strategy": strategy,
                        "device": device,
                        "seed": seed,
                        "protocol": "p",
                        "accuracy_pct": 80 + rng.normal(0, 0.2),
                        "file_kb": 1000 * (0.26 if strategy in ("blq", "fiq") else 1),
                        "size_kb": 900 * {"nq": 1, "prn": 0.3}.get(strategy, 0.25),
                        "latency_ms": (i + 1) * factor * rng.uniform(0.99, 1.01),
                    }
                )
    return pd.DataFrame(rows)


def finding(findings, remark, quantity=None, device="board"):
    (found,) = [
        f
        for f in findings
        if f.remark == remark and f.device == device and quantity in (None, f.quantity)
    ]
    return found


@pytest.mark.parametrize(
    ("int8", "verdict"),
    [(2.0, "confirmed"), (0.44, "contradicted"), (1.0, "contradicted"), (1.04, "contradicted")],
)
def test_a_planted_device_shows_whether_int8_is_slow(int8, verdict):
    found = finding(audit(RULES, board(int8)), "R2")
    assert found.verdict == verdict
    assert found.effect == pytest.approx(int8, rel=0.02)
    assert found.low <= found.effect <= found.high
    assert found.pairs == 20
    assert found.words.startswith(f"20 pairs, int8 {found.effect:.2f} times the latency (")


def test_a_mixed_verdict_says_for_which_networks():
    found = finding(audit(RULES, board((0.4, 0.4, 0.5, 3.0, 4.0))), "R2")
    assert found.verdict == "mixed"
    assert found.holds_for == ("mobilenet_v2", "wrn")
    assert found.fails_for == ("mobilenet_v1", "resnet50", "vgg")
    assert "holds for mobilenet_v2, wrn, not for mobilenet_v1, resnet50, vgg" in found.words


def test_exceptions_to_a_clear_verdict_are_named():
    names = tuple(networks())[:8]
    slow = board((3.0,) * 7 + (0.5,), names=names)
    fast = board((0.5,) * 7 + (3.0,), names=names, device="fast")
    findings = audit(RULES, pd.concat([slow, fast]))
    assert finding(findings, "R2").words.endswith(f", but not for {names[7]}")
    assert finding(findings, "R2").verdict == "confirmed"
    assert finding(findings, "R2", device="fast").verdict == "contradicted"
    assert finding(findings, "R2", device="fast").words.endswith(f", but it holds for {names[7]}")


def test_devices_are_judged_apart():
    frame = pd.concat([board(2.0), board(0.44, device="fast")])
    findings = audit(RULES, frame)
    assert [finding(findings, "R2", device=d).verdict for d in ("board", "fast")] == [
        "confirmed",
        "contradicted",
    ]
    assert {f.device for f in audit(RULES, frame, devices=["fast"])} == {"fast"}
    assert by_remark(findings, "fast")["R2"].words.startswith(
        "contradicted here: 20 pairs, int8 0.44 times the latency ("
    )


def test_pruning_is_judged_on_each_size_and_on_latency():
    findings = audit(RULES, board(2.0, pruned=1.0))
    verdicts = {f.quantity: f.verdict for f in findings if f.remark == "R3"}
    assert verdicts == {
        "accuracy": "confirmed",
        "size": "confirmed",
        "file": "contradicted",
        "latency": "contradicted",
    }
    whole = by_remark(findings, "board")["R3"]
    assert whole.verdict == "mixed"
    assert "; file contradicted, 10 pairs, pruned 1.00 times the file" in whole.words


def test_a_part_that_nobody_tested_is_named():
    timed = board(2.0, pruned=0.3).assign(accuracy_pct=float("nan"))
    whole = by_remark(audit(RULES, timed), "board")
    assert whole["R1"].verdict == "confirmed"
    assert whole["R1"].words.startswith("confirmed here, accuracy untested: ")
    assert whole["R2"].words.startswith("confirmed here: ")


def test_fewer_than_three_pairs_say_nothing():
    frame = board(2.0, names=("vgg",))
    few = frame[(frame["strategy"] != "fiq") & (frame["seed"] == 1)]
    found = finding(audit(RULES, few), "R2")
    assert (found.verdict, found.pairs) == ("untested", 1)
    assert found.words == "1 pair, and it takes 3"
    assert found.rows == ("board-vgg-blq-1", "board-vgg-nq-1")
    assert finding(audit(RULES, frame[frame["seed"] == 1]), "R2").verdict == "untested"
    assert finding(audit(RULES, frame), "R2").verdict == "confirmed"


def test_suspect_values_never_enter():
    frame = board(0.44).assign(suspect="")
    wrong = frame["strategy"].isin(["blq", "fiq"]) & (frame["network"] != "vgg")
    frame.loc[wrong, "latency_ms"] *= 100
    assert finding(audit(RULES, frame), "R2").verdict == "mixed"
    frame.loc[wrong, "suspect"] = "latency"
    found = finding(audit(RULES, frame), "R2")
    assert (found.verdict, found.pairs) == ("contradicted", 4)


def test_a_planted_false_remark_is_caught(tmp_path):
    path = tmp_path / "false.toml"
    path.write_text(
        """source = "nobody"
        [FALSE]
        section = "nowhere"
        says = "Quantization makes a model larger."
        on = { integer = true }
        effect = "avoid"
        claims = [{ label = "int8", quantity = "size", statistic = "median ratio", without = "quantizer", at_least = 1 }]
        fires = [{ strategy = "blq" }]
        silent = [{ strategy = "nq" }]
        """  # noqa: E501 - an inline table is one line
    )
    findings = audit(load([path]), to_frame(read()), devices=["sensors-2022"])
    assert by_remark(findings, "sensors-2022")["FALSE"].verdict == "contradicted"


@pytest.mark.parametrize(
    ("slope", "verdict"), [(1, "confirmed"), (-1, "contradicted"), (0, "untested")]
)
def test_the_gain_of_pruning_is_a_trend_over_parameters(slope, verdict):
    frame = board(1.0)
    large = frame["network"].map(lambda name: np.log(networks()[name].parameters(10)))
    gain = slope * large * (frame["strategy"] == "prn")
    findings = audit(RULES, frame.assign(accuracy_pct=80 + gain))
    assert finding(findings, "R4").verdict == verdict
    assert finding(findings, "R4").pairs == 10


def test_a_trend_takes_three_networks():
    found = finding(audit(RULES, board(1.0, names=("vgg", "wrn"))), "R4")
    assert (found.verdict, found.words) == ("untested", "2 networks, and a trend takes 3")


def test_a_trend_leaves_out_networks_without_the_fact():
    frame = board(1.0)
    strange = board(1.0, names=("mine",)).assign(accuracy_pct=[90.0, 90, 90, 10, 90, 90, 90, 10])
    with_it = finding(audit(RULES, pd.concat([frame, strange])), "R4")
    assert with_it == finding(audit(RULES, frame), "R4")


@pytest.mark.parametrize("names", [NETWORKS, ("vgg",)])
def test_no_row_order_changes_a_finding(names):
    frame = board((0.4, 0.4, 0.5, 3.0, 4.0), names=names)
    assert audit(RULES, frame) == audit(RULES, frame.sample(frac=1, random_state=1))


def test_findings_come_by_device_remark_and_claim_and_go_into_json():
    findings = audit(RULES, board(2.0), devices=["board", "elsewhere"])
    claims = [remark.id for remark in RULES for _ in remark.claims or "-"]
    assert [f.remark for f in findings] == claims * 2
    assert {f.verdict for f in findings if f.device == "elsewhere"} == {"untested"}
    entries = json.loads(json.dumps([f.to_dict() for f in findings]))
    assert entries[0]["remark"] == "R1"
    assert all(isinstance(entry["rows"], list) for entry in entries)


def test_what_can_t_be_tested_says_why():
    findings = audit(RULES, board(2.0))
    for remark in RULES:
        if remark.untestable:
            assert finding(findings, remark.id).words == remark.untestable
            assert by_remark(findings, "board")[remark.id].verdict == "untested"


PAPER = {
    "R1": "confirmed",
    "R2": "confirmed",
    "R3": "mixed",
    "R4": "mixed",
    "S-network": "untested",
    "S-low": "mixed",
    "S-mid": "mixed",
    "S-high": "confirmed",
    "S-kd": "confirmed",
    "N-wrn": "mixed",
    "N-v3": "confirmed",
    "N-v3-large": "untested",
    "N-light": "confirmed",
    "K-free": "confirmed",
    "K-v3": "untested",
    "Q-convert": "confirmed",
    "Q-f16": "confirmed",
    "Q-prq": "confirmed",
    "T-calibrate": "untested",
    "T-prune": "untested",
    "L-dynamic": "mixed",
    "L-static": "untested",
    "L-integer-only": "untested",
    "L-weight-only": "confirmed",
    "L-full": "mixed",
}
"""What the paper's own tables say of the shipped remarks."""


@pytest.fixture(scope="module")
def paper():
    return audit(RULES, to_frame(read()), devices=["sensors-2022"])


def test_the_paper_is_judged_against_its_own_tables(paper):
    whole = by_remark(paper, "sensors-2022")
    assert {remark: found.verdict for remark, found in whole.items()} == PAPER


def test_figures_of_the_paper_s_tables(paper):
    slow = finding(paper, "R2", device="sensors-2022")
    assert slow.pairs == 53
    assert slow.effect == pytest.approx(12.7, abs=0.05)
    pruned = {f.quantity: f for f in paper if f.remark == "R3"}
    assert pruned["accuracy"].fails_for == ("resnet101", "vgg")
    assert pruned["latency"].fails_for == ("resnet101", "resnet50", "wrn")
    assert (pruned["file"].verdict, pruned["file"].pairs) == ("untested", 0)
    smallest = finding(paper, "N-wrn", "size", device="sensors-2022")
    assert smallest.fails_for == ("wrn beside vgg",)
    assert finding(paper, "L-dynamic", "latency", "sensors-2022").verdict == "contradicted"


def test_the_paper_s_suspect_cells_are_in_no_finding(paper):
    rows = to_frame(read())
    suspect = set(rows[rows["suspect"].str.contains("latency")]["id"])
    assert suspect
    assert not any(suspect & set(f.rows) for f in paper if f.quantity == "latency")
