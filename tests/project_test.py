"""The project as a whole: its layers, its wheel and its README."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(title):
    """The code block of the README after a marker."""
    match = re.search(rf"<!-- {title} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert match, title
    return match[1]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
@pytest.mark.parametrize(
    ("words", "places"),
    [((), {"gw0", "gw1"}), (("-p", "no:xdist"), {"here"}), (("tests",), {"here"})],
)
def test_all_tests_run_in_two_processes_and_what_is_named_in_one(tmp_path, words, places):
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\naddopts = -q\n")
    told = "os.environ.get('PYTEST_XDIST_WORKER', 'here')"
    test = f"import os\ndef test():\n    os.makedirs({told}, exist_ok=True)\n"
    for name in "ab":
        (tmp_path / "tests" / f"test_{name}.py").write_text(test)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.splitlines()[-1].startswith("2 passed in "), ended.stdout + ended.stderr
    assert {path.name for path in tmp_path.iterdir()} & {"gw0", "gw1", "gw2", "here"} == places


def test_layers_hold():
    ended = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {t for t in tops if not t.endswith(".dist-info")} == {
        "measurements",
        "recommender",
        "rules",
    }


def test_the_wheel_ships_data_and_no_pickles(wheel):
    names = set(wheel.namelist())
    assert {
        "measurements/data/sensors-2022.jsonl",
        "measurements/data/networks.toml",
        "measurements/py.typed",
        "recommender/data/forecast.jsonl",
        "recommender/py.typed",
        "recommender/report/page/charting/LICENSE.md",
        "recommender/report/page/charting/chart.umd.min.js",
        "rules/remarks.toml",
        "rules/litert.toml",
        "rules/py.typed",
    } <= names
    assert not [n for n in names if n.endswith((".pkl", ".pickle", ".joblib", ".h5"))]


def test_a_light_install_brings_no_tensorflow():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert not [d for d in project["dependencies"] if "tensorflow" in d]
    assert [d for d in project["optional-dependencies"]["train"] if "tensorflow" in d]


def test_the_readmes_objectives_are_the_codes():
    from recommender.profile import SERVICE_CLASSES

    for name, aims in SERVICE_CLASSES.items():
        row = next(line for line in README.splitlines() if line.startswith(f"| `{name}`"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == aims.objective
        assert float(cells[2]) == aims.points_per_size_doubling
        assert float(cells[3]) == aims.points_per_latency_doubling


def test_the_readmes_python_runs():
    ended = subprocess.run(
        [sys.executable, "-c", shown("python")], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[0] == "wrn kd+prn+f16"


def test_the_readmes_shell_runs(tmp_path):
    scripts = tmp_path / "bin"
    scripts.mkdir()
    command = scripts / "dlmo-advise"
    command.write_text(
        f"#!{sys.executable}\nimport sys\nfrom recommender.cli import main\nsys.exit(main())\n"
    )
    command.chmod(0o755)
    python = scripts / "python"
    python.symlink_to(sys.executable)
    ended = subprocess.run(
        ["sh", "-c", shown("shell")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": f"{scripts}:/usr/bin:/bin", "HOME": str(tmp_path)},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "wrn kd+prn+f16\n"


def test_no_path_of_a_machine_is_in_the_project():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if name and path.suffix in (".py", ".toml", ".md", ".json", ".yml") and path.exists():
            assert not re.search(r"/(home|root|Users|work)/\w", path.read_text(encoding="utf-8")), (
                name
            )


def test_the_readmes_picture_shows_what_is_answered_now():
    image = pytest.importorskip("PIL.Image")
    drawing = runpy.run_path(str(ROOT / "docs" / "picture.py"))
    assert "docs/explorer.png" in README
    with image.open(drawing["PICTURE"]) as picture:
        assert picture.text[drawing["ANSWER"]] == drawing["answer_hash"](), "python docs/picture.py"


@pytest.fixture(scope="module")
def generated():
    """What writes README's generated parts."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import regenerate
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return regenerate


@pytest.mark.parametrize("name", ["flagship", "hopeless", "here", "tables", "audit", "reached"])
def test_the_readmes_generated_parts_are_what_the_commands_print(generated, name):
    assert generated.part(README, name) == generated.QUICK[name](), "python docs/regenerate.py"


@pytest.mark.parametrize("name", ["errors", "aims", "probes"])
def test_evaluations_are_of_these_records_and_this_model(generated, name):
    text = next(t for t in generated.texts() if name in generated.names(t))
    assert generated.part(text, name).endswith(generated.stamp()), "python docs/regenerate.py"


def test_the_plots_show_the_shipped_records(generated):
    for name in generated.plots.PLOTS:
        assert f"docs/{name}" in README
        drawn = generated.plots.drawn_from(ROOT / "docs" / name)
        assert drawn == generated.digest(generated.read()), "python docs/plots.py"


def test_every_shipped_record_carries_a_figure_of_the_tables_or_the_audit():
    from measurements import read, tables, to_frame
    from rules.audit import audit
    from rules.load import load

    records = [record for record in read() if not record.failure]
    witnesses = {row for finding in audit(load(), to_frame(records)) for row in finding.rows}
    for record in records:
        if record.id not in witnesses:
            others = [other for other in records if other.id != record.id]
            assert tables.fill(others, record.device) != tables.fill(records, record.device)
