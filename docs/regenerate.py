"""Make everything anew that is made from the shipped records: `python docs/regenerate.py`.

That is the shipped forecast, the generated parts of README and of docs/evaluation.md, the plots and
the picture of the explorer. Needs the `train` and `test` extras, and Chromium for the picture.
Evaluations take a minute or two; the stamp after each says of which records and which model it is.
"""

from __future__ import annotations

import io
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import plots

from measurements import Measurement, read
from measurements.tables import PUBLISHED
from recommender import fitting
from recommender.evaluate import Evaluation, Score
from recommender.forecast import digest, release
from recommender.holdout import FACTS_ONLY, PLAIN_KNOWN

if TYPE_CHECKING:
    from recommender.probe_curve import Point

ROOT = Path(__file__).parents[1]
DEVICE = "x86_64-xnnpack-1t"
"""The measured device that README shows in full."""

RATIO = "technique ratio"
SETTINGS = {PLAIN_KNOWN: "all but its plain form", FACTS_ONLY: "all of it"}
AIMS = {
    PLAIN_KNOWN: {"accuracy_pct": 0.7, "size_kb": 3, "latency_ms": 12},
    FACTS_ONLY: {"accuracy_pct": 5, "size_kb": 5, "latency_ms": 30},
}
"""Median errors that were aimed at: points for accuracy, else per cent."""
TARGETS = {
    "accuracy_pct": "accuracy",
    "size_kb": "size",
    "file_kb": "stored file",
    "latency_ms": "latency",
}


def printed(command: str) -> str:
    """What a command writes to stdout."""
    from recommender import cli, measuring

    mains = {"dlmo-advise": cli.main, "dlmo-measure": measuring.main}
    program, *words = command.split()
    with redirect_stdout(io.StringIO()) as said:
        status = mains[program](words)
    assert status in (0, 1), command
    return said.getvalue()


def flagship() -> str:
    """The answer at the top."""
    command = "dlmo-advise --class mid-end --max-size 500KB --max-latency 50ms"
    return f"```\n$ {command}\n{printed(command).strip()}\n```"


def here() -> str:
    """The same question on a measured device: what it picks, and why another."""
    command = f"dlmo-advise --class mid-end --max-size 500KB --max-latency 50ms --device {DEVICE}"
    text = printed(command)
    head = text.split("\n\ncandidate")[0]
    lost = re.findall(
        r"^  - .*?(?=^  - |^$)", text.partition("What the sources say")[2], re.M | re.S
    )
    contradicted = "".join(
        remark for remark in lost if "contradicted here" in " ".join(remark.split())
    )
    return f"```\n$ {command}\n{head}\n…\nWhat the sources say\n…\n{contradicted.rstrip()}\n…\n```"


def hopeless() -> str:
    """What is said when nothing fits."""
    command = "dlmo-advise --max-size 10KB --min-accuracy 95"
    change = printed(command).partition("What would make something feasible")[2].split("\n\n")[0]
    return f"```\n$ {command}\n…\nWhat would make something feasible{change}\n…\n```"


def tables() -> str:
    """The paper's tables from the measured device, folded."""
    text = printed(f"dlmo-measure tables --device {DEVICE} --format md")
    parts = re.split(r"^\*\*(Table .*?)\*\*$", text, flags=re.MULTILINE)[1:]
    return "\n\n".join(
        f"<details><summary>{title}</summary>\n\n{body.strip()}\n\n</details>"
        for title, body in zip(parts[::2], parts[1::2], strict=True)
        if re.search(r"\|\s*[\d.,]+\s*\|", body)
    )


def audit() -> str:
    """Every remark on every device, folded but for the measured one."""
    text = printed("dlmo-advise audit --format markdown")
    parts = re.split(r"^### (.*)$", text, flags=re.MULTILINE)[1:]
    return "\n\n".join(
        f"<details><summary>{title}</summary>\n\n{body.strip()}\n\n</details>"
        for title, body in zip(parts[::2], parts[1::2], strict=True)
    )


def reached() -> str:
    """What was trained for the measured device, and how near the paper's accuracies it came."""
    cells = defaultdict(list)
    for record in read():
        if record.device in (DEVICE, PUBLISHED) and record.accuracy is not None:
            cells[record.device, record.task, record.network].append(record)
    lines = ["| task | network | seeds | epochs | setups | accuracy | paper |", "| --- " * 7 + "|"]
    for device, task, network in sorted(cells):
        if device != DEVICE:
            continue
        here, there = cells[DEVICE, task, network], cells[PUBLISHED, task, network]
        plain = [r for r in here if r.strategy == "nq"]
        words = [
            task,
            network,
            str(len({r.seed for r in here})),
            str(max((r.environment["epochs"] for r in plain), default="")),
            str(len({r.strategy for r in here})),
            _percent(plain),
            _percent([r for r in there if r.strategy == "nq"]),
        ]
        lines.append(f"| {' | '.join(words)} |")
    return "\n".join(lines)


def _percent(records: Sequence[Measurement]) -> str:
    known = [record.accuracy for record in records if record.accuracy is not None]
    return f"{100 * median(known):.1f}%" if known else ""


def stamp() -> str:
    """What the figures of an evaluation depend on: the records and the model."""
    return f"<!-- of {digest(read())[:12]}-{release()} -->"


@cache
def evaluated(whose: str) -> Evaluation:
    """Networks left out of the paper's measurements, or of all that are shipped."""
    from recommender.evaluate import evaluate

    records = read()
    paper = [record for record in records if record.device == PUBLISHED]
    return evaluate(paper if whose == "the paper's" else records)


def errors() -> str:
    """How far off the predictions are for networks left out, beside the simplest way.

    For the paper's own measurements, and for all that are shipped.
    """
    lines = ["| measurements | left out | target | rows | model | technique ratio |"]
    lines.append("| --- " * 6 + "|")
    for whose in ("the paper's", "all shipped"):
        lines += [f"| {whose} | {line} |" for line in _errors(evaluated(whose).scores)]
    return "\n".join([*lines, stamp()])


def _errors(scores: Iterable[Score]) -> Iterator[str]:
    from recommender.choice import MODEL

    rows = {(s.setting, s.target, s.learner): s for s in scores}
    for (setting, target, learner), score in rows.items():
        if learner == MODEL:
            unit = " points" if target == "accuracy_pct" else "%"
            medians = [score.median_error, rows[setting, target, RATIO].median_error]
            words = [SETTINGS[setting], TARGETS[target], str(score.rows)]
            yield " | ".join([*words, *(f"{median:.1f}{unit}" for median in medians)])


def aims() -> str:
    """What was aimed at on the paper's measurements, and what is reached."""
    from recommender.choice import MODEL

    found = evaluated("the paper's")
    regret = {r.setting: r for r in found.regrets if (r.choice, r.adviser) == ("any", "advisor")}
    lines = ["| known | target | median error | aim | in the 90 % interval | regret | breaks |"]
    lines.append("| --- " * 7 + "|")
    for score in found.scores:
        if score.learner != MODEL:
            continue
        known, target = score.setting, TARGETS[score.target]
        points = score.target == "accuracy_pct"
        unit = " points" if points else " %"
        aim = AIMS[known].get(score.target)
        words = [
            known,
            target,
            f"{score.median_error:.2f}{unit}" if points else f"{score.median_error:.1f}{unit}",
            "" if aim is None else f"{aim:g}{unit}",
            f"{100 * (score.intervals[-1].coverage or 0):.0f} %",
            f"{regret[known].regret:.2f} points" if points else "",
            f"{100 * regret[known].breaks:.1f} %" if points else "",
        ]
        lines.append(f"| {' | '.join(words)} |")
    return "\n".join([*lines, stamp()])


def probes() -> str:
    """How well each shipped device is known after no, three, five and ten probes."""
    from recommender.probe_curve import curve

    points = {(p.device, p.probes): p for p in curve(read(), (0, 3, 5, 10))}
    devices = list(dict.fromkeys(device for device, _ in points))
    inside = {n: [points[device, n] for device in devices] for n in (0, 10)}
    heads = [
        "device",
        "median with 0",
        *("with 3", "with 5", "with 10"),
        "90th with 10",
        "rank with 10",
        *(
            f"inside with {n} (at {100 * min(p.level[-1] for p in inside[n]):.0f} %)"
            for n in inside
        ),
    ]
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for device in devices:
        last = points[device, 10]
        words = [
            device,
            *(f"{points[device, n].median_error:.1f} %" for n in (0, 3, 5, 10)),
            f"{last.p90_error:.1f} %",
            f"{last.spearman:.2f}",
            *(_inside([points[device, n]]) for n in inside),
        ]
        lines.append(f"| {' | '.join(words)} |")
    words = ["all cells", *[""] * 6, *(_inside(found) for found in inside.values())]
    lines.append(f"| {' | '.join(words)} |")
    return "\n".join([*lines, stamp()])


def _inside(found: Sequence[Point]) -> str:
    """Share of the cells of some devices that lie in their 90 % intervals."""
    cells = sum(point.rows for point in found)
    return f"{100 * sum(point.rows * point.coverage[-1] for point in found) / cells:.0f} %"


QUICK: dict[str, Callable[[], str]] = {
    "flagship": flagship,
    "hopeless": hopeless,
    "here": here,
    "tables": tables,
    "audit": audit,
    "reached": reached,
}
"""Part of README -> what writes it, in a second or so."""

SLOW: dict[str, Callable[[], str]] = {"errors": errors, "aims": aims, "probes": probes}
"""Part of README or of docs/evaluation.md -> what writes it, in minutes."""

DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "evaluation.md")
"""Where such parts stand."""


def texts() -> list[str]:
    """The documents as they stand."""
    return [path.read_text(encoding="utf-8") for path in DOCUMENTS]


def names(text: str) -> list[str]:
    """The generated parts of a text."""
    return re.findall(r"^<!-- end of (\w+) -->$", text, re.MULTILINE)


def part(text: str, name: str) -> str:
    """What stands in a text between `<!-- name -->` and `<!-- end of name -->`."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end of {name} -->", text, re.DOTALL)
    assert found, name
    return found[1]


def renewed(text: str, name: str, content: str) -> str:
    """The text with other content between the marks of a part."""
    start, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    return text.replace(start + part(text, name) + end, start + content + end)


def main() -> None:
    """Make all anew."""
    import picture

    fitting.rebuild()
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for name in names(text):
            sys.stderr.write(f"{path.name}: {name}\n")
            text = renewed(text, name, (QUICK | SLOW)[name]())
        path.write_text(text, encoding="utf-8")
    plots.main()
    picture.main()


if __name__ == "__main__":
    main()
