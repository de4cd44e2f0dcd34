#!/usr/bin/env python3
"""Draw the pictures of docs/guide/page.md, page-album.md and page-film.md: screens of the page.

    python scripts/page_pictures.py docs/pictures

It needs chromium. The photos are those of `scripts/family.py`, of people who do not exist; the film shows the
demo's portrait.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import family
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gfrnet import images
from gfrnet.demo import PORTRAIT

GUIDES = ("2021 garden/001.jpg", "2022 seaside/005.jpg")
SIDE, PHONE = {"width": 1000, "height": 760}, {"width": 360, "height": 740}
"""Sizes of the browser's window, pixels."""


def draw(browser: Browser, address: str, photos: Path, pictures: Path) -> None:
    """Go through the page as its guide does, and keep the screens."""
    tab = browser.new_page(viewport=SIDE)
    tab.goto(address)
    tab.wait_for_selector("#choosing:visible")
    keep(tab, pictures / "page-start.jpg")
    tab.set_input_files("#photo", photos / "scans" / "wedding.jpg")
    tab.wait_for_selector("#stage .box", timeout=120_000)
    tab.set_input_files("#guide", [photos / name for name in GUIDES])
    tab.wait_for_selector("#go:enabled")
    keep(tab, pictures / "page-faces.jpg", 1200)
    tab.click("#go")
    tab.wait_for_selector("#compare:visible", timeout=120_000)
    keep(tab, pictures / "page-result.jpg", 1350)
    phone = browser.new_page(viewport=PHONE, color_scheme="dark")
    phone.goto(tab.url)
    phone.wait_for_selector("#compare:visible")
    keep(phone, pictures / "page-phone.jpg")


def draw_album(browser: Browser, address: str, pictures: Path) -> None:
    """Go through the album of the page as its guide does, and keep the screens."""
    tab = browser.new_page(viewport=SIDE)
    tab.set_default_timeout(300_000)
    tab.goto(f"{address}album")
    tab.get_by_role("button", name="Find the people").click()
    tab.get_by_role("link", name="See the people").click()
    for name in ("Ida", "Marta"):
        tab.get_by_label("Name of").first.fill(name)
        tab.get_by_label("Name of").first.press("Enter")
        tab.get_by_role("link", name=name).wait_for()
    tab.reload()
    tab.locator("ul.grid img").first.wait_for()
    keep(tab, pictures / "page-album-people.jpg")
    tab.get_by_role("link", name="Same person?").click()
    tab.locator("#yes").wait_for()
    keep(tab, pictures / "page-album-question.jpg")
    tab.get_by_role("link", name="Restore", exact=True).last.click()
    tab.locator("#start:enabled").wait_for()
    keep(tab, pictures / "page-album-plan.jpg", 1100)
    tab.click("#start")
    tab.get_by_role("link", name="Download all").wait_for()
    keep(tab, pictures / "page-album-wall.jpg", 800)


def draw_film(browser: Browser, address: str, folder: Path, pictures: Path) -> None:
    """Go through a film of the page as its guide does, and keep the screens."""
    tab = browser.new_page(viewport=SIDE)
    tab.set_default_timeout(300_000)
    tab.goto(f"{address}film")
    tab.set_input_files("#film", write_film(folder / "old film.mkv"))
    tab.locator("#people > li").wait_for()
    tab.set_input_files("#hang-0", PORTRAIT)
    tab.locator(".cast .guides li").wait_for()
    tab.get_by_label("Name", exact=True).fill("Eileen")
    tab.get_by_role("button", name="Look at this moment").click()
    tab.get_by_text("Eileen: the same person").wait_for()
    keep(tab, pictures / "page-film-look.jpg", 1600)
    tab.get_by_role("button", name="Restore", exact=True).click()
    tab.get_by_role("heading", name="Your restored film").wait_for()
    tab.wait_for_function("player.readyState > 2")
    keep(tab, pictures / "page-film-result.jpg", 800)


def write_film(path: Path) -> Path:
    """Write two seconds in which the view moves over the demo's portrait, blurred and grainy."""
    portrait = images.read(PORTRAIT).rgb8
    drawn = np.random.default_rng(0)
    with av.open(path, "w") as film:
        stream = film.add_stream("libx264", 25, width=480, height=360, pix_fmt="yuv420p")
        for number in range(50):
            move = np.float32([[1, 0, -number / 2], [0, 1, -number / 5]])
            small = cv2.resize(
                cv2.warpAffine(portrait, move, portrait.shape[1::-1]),
                (120, 120),
                interpolation=cv2.INTER_AREA,
            )
            seen = cv2.resize(small[:90], (480, 360), interpolation=cv2.INTER_CUBIC)
            grain = drawn.normal(0, 5, (360, 480, 1))
            pixels = np.clip(seen + grain, 0, 255).astype(np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        film.mux(stream.encode())
    return path


def keep(tab: Page, path: Path, height: int = 0) -> None:
    """Write what a tab shows, once its pictures are loaded; `height` makes the window higher for it."""
    if height:
        tab.set_viewport_size({"width": tab.viewport_size["width"], "height": height})
    tab.wait_for_load_state("networkidle")
    Image.open(io.BytesIO(tab.screenshot())).convert("RGB").save(path, quality=80, optimize=True)


def main() -> None:
    """Draw all pictures into a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path, metavar="FOLDER")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    given = parser.parse_args()
    with TemporaryDirectory() as temporary, sync_playwright() as driver:
        family.draw_family(Path(temporary) / "family")
        words = ["serve", "--json", "--port", "0", "--data", f"{temporary}/data"]
        words += ["--root", f"{temporary}/family"]
        server = subprocess.Popen([sys.executable, "-m", "gfrnet", *words], stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            address = json.loads(b"".join(iter(server.stdout.readline, b"}\n")) + b"}")["address"]
            browser = driver.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
            draw(browser, address, Path(temporary) / "family", given.pictures)
            draw_album(browser, address, given.pictures)
            draw_film(browser, address, Path(temporary), given.pictures)
            browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
