"""The picture of a report in the README, docs/report.png: `make picture` takes it anew, with Chromium."""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

import grader
from tests.grading.reports.chromium import Browser, chromium

ROOT = Path(__file__).resolve().parents[3]
WIDTH, HEIGHT = 900, 1590


def main() -> int:
    """Grade a sample and take the picture; the exit code."""
    program = chromium()
    if program is None:
        print("there is no Chromium here to take the picture with", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        sample = ROOT / "submissions" / "several_slips.ipynb"
        grader.main([str(sample), "--out", folder, "--allow-unsafe"])
        with Browser(program, Path(folder) / "profile") as browser:
            page = browser.page(Path(folder) / "several_slips" / "report.html", width=WIDTH)
            clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1}
            taken = page.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    picture = Image.open(io.BytesIO(base64.b64decode(taken["data"])))
    # 64 colours are enough for text, and a third of the bytes.
    picture.convert("RGB").quantize(64).save(ROOT / "docs" / "report.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
