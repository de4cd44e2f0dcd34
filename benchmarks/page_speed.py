"""Measure in a real browser how soon the page shows something, and how many bytes it takes.

    python benchmarks/page_speed.py -o FOLDER

The server runs with the default model on this machine. Each figure is the median of several visits or photos.
A photo of 1000 x 1000 pixels is the portrait of the demo, made worse; the good one is the portrait itself.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import httpx2
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from serve_load import Running

from gfrnet.demo import PORTRAIT

PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
BYTES = (
    "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
    ".filter(each => !each.name.includes('/api/')).reduce((sum, each) => sum + each.encodedBodySize, 0)"
)
SEEN = """() => {
  window.seen = [];
  const met = (image) => image.dataset.met || !(image.dataset.met = 'yes');
  new MutationObserver(() => document.querySelectorAll('#told img[src$="/after"]').forEach(async (image) => {
    if (met(image)) return;
    await image.decode();
    window.seen.push(Date.now() / 1000);
  })).observe(document.querySelector('#told'), { childList: true });
}"""


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True, help="new folder for the server's files")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    given = parser.parse_args()
    server = Running(given.output / "data")
    try:
        while httpx2.get(f"{server.address}readyz").status_code != 200:
            time.sleep(0.2)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
            found = measured(browser, server.address, given.output, given.repeats)
    finally:
        server.end()
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def measured(browser: Browser, address: str, folder: Path, repeats: int) -> dict[str, float]:
    """Return the medians of all figures, seconds and bytes."""
    portrait = Image.open(PORTRAIT).convert("RGB").resize((1000, 1000))
    portrait.save(folder / "good.jpg")
    paints, boxes, shown = [], [], []
    for index in range(repeats):
        small = portrait.resize((200 + index, 200 + index)).resize((1000, 1000))
        small.save(folder / f"bad{index}.jpg")
        tab = browser.new_context().new_page()
        tab.goto(address)
        tab.wait_for_selector("#choosing:visible")
        paints.append(tab.evaluate(PAINT) / 1000)
        taken = tab.evaluate(BYTES)
        start = time.monotonic()
        tab.set_input_files("#photo", folder / f"bad{index}.jpg")
        tab.wait_for_selector("#stage .box")
        boxes.append(time.monotonic() - start)
        tab.set_input_files("#guide", folder / "good.jpg")
        tab.wait_for_selector("#go:enabled")
        tab.evaluate(SEEN)
        tab.click("#go")
        tab.wait_for_selector("#compare:visible")
        shown.append(tab.evaluate("() => window.seen[0]") - ended(address, tab.url))
        tab.context.close()
    seconds = {"first paint": paints, "photo to boxes": boxes, "end of a face to shown": shown}
    return {name: round(statistics.median(values), 3) for name, values in seconds.items()} | {
        "longest: end of a face to shown": round(max(shown), 3),
        "bytes without pictures": taken,
    }


def ended(address: str, page: str) -> float:
    """Return when the first face of a job ended, by the clock of the server."""
    job = page.rpartition("/")[2]
    lines = httpx2.get(f"{address}api/v1/jobs/{job}/events").text.splitlines()
    datas = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return float(next(data["at"] for data in datas if "face" in data and "record" in data))


if __name__ == "__main__":
    main()
