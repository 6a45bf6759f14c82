import hashlib
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from made_forecasts import made_forecast

from recommender import Advisor, Constraints, Profile
from recommender.cli import main
from recommender.report.as_html import PAGE, SCRIPTS, as_html

HOSTILE = "</script><script>alert(1)</script><!--\u2028{}"
DOCS = Path(__file__).parents[2] / "docs" / "explorer.md"


@pytest.fixture(scope="module")
def html(advisor):
    return as_html(advisor.advise(Profile(), Constraints(max_size_kb=500, max_latency_ms=50)))


def digest(text):
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_the_pages_own_scripts_and_style_alone(html):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    scripts = re.findall(r"<script>(.*?)</script>", html, re.S)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [digest(script) for script in scripts]
    assert rules["style-src"] == digest(style)
    assert len(scripts) == len(SCRIPTS)


def test_nothing_is_asked_of_a_network(html):
    assert not re.search(r"<(?:link|img|iframe|script)[^>]+(?:src|href)=(?!\"data:)", html)
    own = "".join(
        path.read_text() for path in PAGE.glob("*.*") if path.suffix in (".js", ".css", ".html")
    )
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|innerHTML|eval\(|@import|url\(", own)


def test_every_script_is_on_the_page():
    own = {path.name for path in PAGE.glob("*.js")}
    assert {name for name in SCRIPTS if "/" not in name} == own


def test_the_charting_library_is_the_published_one():
    readme = (PAGE / "charting" / "README.md").read_text()
    library = (PAGE / "charting" / "chart.umd.min.js").read_bytes()
    version = re.search(rb"Chart\.js v([\d.]+)", library)[1].decode()
    assert hashlib.sha256(library).hexdigest() in readme
    assert f"Chart.js {version}" in readme
    assert "MIT" in (PAGE / "charting" / "LICENSE.md").read_text()


def test_it_is_small(html):
    assert len(html.encode()) < 3e6


def test_no_name_ends_the_data(advisor):
    made = Advisor(forecast=made_forecast(networks=2, name=HOSTILE), rules=advisor.rules)
    html = as_html(made.advise(Profile(), Constraints()))
    assert len(re.findall("</script", html)) == len(SCRIPTS) + 1
    (data,) = re.findall(r'id="data">(.*?)</script>', html, re.S)
    assert not re.search("[<>&\u2028]", data)
    names = json.loads(data)["boards"]["bench"]["cifar10"]["network"]
    assert set(names) == {HOSTILE.format(i) for i in range(2)}


def test_without_a_file_the_page_goes_to_stdout(capsys):
    assert main(["--format", "html", "--max-size", "1kB"]) == 1
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_the_documented_command_gives_the_same_bytes_everywhere(tmp_path):
    (command,) = re.findall(r"^(dlmo-advise .*--format html .*)$", DOCS.read_text(), re.M)
    *words, _ = command.split()[1:]
    pages = []
    for seed in ("1", "2"):
        path = tmp_path / f"{seed}.html"
        run = [sys.executable, "-m", "recommender.cli", *words, str(path)]
        subprocess.run(run, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        pages.append(path.read_bytes())
    assert pages[0] == pages[1]
