"""Draw README's picture, the explorer with the published measurements: `python docs/picture.py`.

Needs Chromium, and Pillow of the `train` extra. The picture carries the hash of the answer that it
shows, so that a test can tell when it is out of date.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from recommender import Advisor, Constraints, Profile
from recommender.report import FORMATS

PICTURE = Path(__file__).with_name("explorer.png")
QUESTION = (
    Profile(service_class="mid-end", task="cifar10", device="sensors-2022"),
    Constraints(max_size_kb=500, max_latency_ms=50),
)
WIDTH, HEIGHT = 1280, 920
ANSWER = "answer"
"""Key of the hash in the picture."""


def answer_hash() -> str:
    """Of the answer to `QUESTION`, in all its figures."""
    return hashlib.sha256(FORMATS["json"](Advisor.load().advise(*QUESTION)).encode()).hexdigest()


def main() -> None:
    """Open the page in a browser without a window, and keep what it shows."""
    from PIL import Image, PngImagePlugin

    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("chromium was not found")
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder) / "page.html", Path(folder) / "shot.png"
        page.write_text(FORMATS["html"](Advisor.load().advise(*QUESTION)), encoding="utf-8")
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        options = [f"--window-size={WIDTH},{HEIGHT}", "--virtual-time-budget=5000"]
        command = [browser, *flags, *options, f"--user-data-dir={folder}", f"--screenshot={shot}"]
        subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=120)
        told = PngImagePlugin.PngInfo()
        told.add_text(ANSWER, answer_hash())
        # In all its colours: with few of them networks come to look like each other.
        Image.open(shot).convert("RGB").save(PICTURE, optimize=True, pnginfo=told)


if __name__ == "__main__":
    main()
