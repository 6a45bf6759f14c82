"""Make everything anew that is made from the shipped records: `python docs/regenerate.py`.

That is the shipped forecast, the generated parts of README, the plots and the picture of the
explorer. Needs the `train` and `test` extras, and Chromium for the picture. README's errors take a
minute; the stamp after them says of which records and which model they are.
"""

from __future__ import annotations

import io
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median

import plots

from measurements import Measurement, read
from measurements.tables import PUBLISHED
from recommender import fitting
from recommender.evaluate import Score
from recommender.forecast import digest, release
from recommender.holdout import FACTS_ONLY, PLAIN_KNOWN

ROOT = Path(__file__).parents[1]
DEVICE = "x86_64-xnnpack-1t"
"""The measured device that README shows in full."""

RATIO = "technique ratio"
SETTINGS = {PLAIN_KNOWN: "all but its plain form", FACTS_ONLY: "all of it"}
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
    return f"{digest(read())[:12]}-{release()}"


def errors() -> str:
    """How far off the predictions are for networks left out, beside the simplest way.

    For the paper's own measurements, and for all that are shipped.
    """
    from recommender.evaluate import evaluate

    records = read()
    published = [record for record in records if record.device == PUBLISHED]
    lines = ["| measurements | left out | target | rows | model | technique ratio |"]
    lines.append("| --- " * 6 + "|")
    for title, chosen in (("the paper's", published), ("all shipped", records)):
        lines += [f"| {title} | {line} |" for line in _errors(evaluate(chosen, "network").scores)]
    return "\n".join([*lines, f"<!-- of {stamp()} -->"])


def _errors(scores: Iterable[Score]) -> Iterator[str]:
    from recommender.choice import MODEL

    rows = {(s.setting, s.target, s.learner): s for s in scores}
    for (setting, target, learner), score in rows.items():
        if learner == MODEL:
            unit = " points" if target == "accuracy_pct" else "%"
            medians = [score.median_error, rows[setting, target, RATIO].median_error]
            words = [SETTINGS[setting], TARGETS[target], str(score.rows)]
            yield " | ".join([*words, *(f"{median:.1f}{unit}" for median in medians)])


QUICK: dict[str, Callable[[], str]] = {
    "flagship": flagship,
    "hopeless": hopeless,
    "here": here,
    "tables": tables,
    "audit": audit,
    "reached": reached,
}
"""Part of README -> what writes it, in a second or so."""

SLOW: dict[str, Callable[[], str]] = {"errors": errors}
"""The same, in minutes."""


def part(text: str, name: str) -> str:
    """What stands in a text between `<!-- name -->` and `<!-- end of name -->`."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end of {name} -->", text, re.DOTALL)
    assert found, name
    return found[1]


def main() -> None:
    """Make all anew."""
    import picture

    fitting.rebuild()
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    for name, write in (QUICK | SLOW).items():
        sys.stderr.write(f"{name}\n")
        text = text.replace(part(text, name), write())
    path.write_text(text, encoding="utf-8")
    plots.main()
    picture.main()


if __name__ == "__main__":
    main()
