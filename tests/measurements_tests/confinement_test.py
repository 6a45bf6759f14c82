import subprocess
import sys

import pytest

LIMITED = "from measurements.confinement import confine\nconfine(2, written_bytes=1000)\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("x = bytearray(5_000_000_000)", "MemoryError"),
        ("while True: pass", ""),
        ("from pathlib import Path\nPath('large').write_bytes(bytes(2000))", "File too large"),
    ],
)
def test_what_goes_beyond_ends(script, said, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED + script], capture_output=True, text=True, cwd=tmp_path
    )
    assert ended.returncode != 0
    assert said in ended.stderr
    assert not (tmp_path / "large").exists() or (tmp_path / "large").stat().st_size <= 1000
    assert not list(tmp_path.glob("core*"))


def test_what_stays_within_is_done():
    script = LIMITED + "x = bytearray(1_000_000_000); print(len(x))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.stdout == "1000000000\n"
