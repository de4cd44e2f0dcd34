"""Drive the screens of a film in a browser: choose, hang portraits, look, restore, and play."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from filmjobs import draw, write_film
from gfrnet.types import UInt8Image
from served import Served

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe is installed")


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Path:
    return write_film(tmp_path_factory.mktemp("reel") / "reel <b>1.mkv", draw(portrait), "libx264")


@pytest.fixture(scope="module")
def reached() -> dict[str, str]:
    """Addresses that the first test came to."""
    return {"choose": "/film", "nothing": "/film/abc"}


def test_a_film_is_restored_with_a_portrait(
    screen: Any, reel: Path, pictures: Path, reached: dict[str, str]
) -> None:
    screen.get_by_role("link", name="Film", exact=True).click()
    screen.set_input_files("#film", reel)
    screen.get_by_role("heading", name="reel <b>1.mkv").wait_for()
    assert screen.locator("#people > li").count() == 1
    assert screen.locator("#people .shown img").count() == 2
    assert screen.locator("#go").is_disabled()
    screen.set_input_files("#hang-0", pictures / "good.png")
    screen.locator(".cast .guides li").wait_for()
    screen.get_by_label("Name", exact=True).fill("Ada")
    screen.get_by_role("button", name="Look at this moment").click()
    screen.get_by_text("Ada: the same person").wait_for()
    screen.evaluate("document.querySelector('.sheet img').decode()")
    reached["preview"] = screen.url
    screen.reload()
    screen.get_by_text("Ada: the same person").wait_for()
    screen.evaluate("document.querySelector('.cast .guides img').decode()")
    screen.get_by_role("button", name="Restore", exact=True).click()
    screen.get_by_role("heading", name="Your restored film").wait_for()
    reached["result"] = screen.url
    screen.get_by_text("Ada: 17 frames restored").wait_for()
    screen.evaluate("new Promise(done => player.readyState ? done() : (player.onloadedmetadata = done))")
    assert screen.evaluate("player.videoWidth") == 644
    screen.evaluate("new Promise(done => { player.onseeked = done; player.currentTime = 0.6; })")
    assert 0.5 < screen.evaluate("player.currentTime") < 0.7
    with screen.expect_download() as saved:
        screen.get_by_role("link", name="Save the film").click()
    assert saved.value.suggested_filename.endswith("_restored.mkv")
    screen.get_by_role("link", name="Change people or settings").click()
    screen.locator(".cast .guides li").wait_for()
    assert screen.get_by_label("Name", exact=True).input_value() == "Ada"


def test_a_film_of_a_folder_is_found_and_a_bad_one_named(screen: Any, server: Served, reel: Path) -> None:
    place = server.settings.roots[0] / "page reels"
    place.mkdir()
    try:
        shutil.copy(reel, place / "whole.mkv")
        (place / "broken.mkv").write_bytes(reel.read_bytes()[:500])
        screen.goto("/film")
        screen.get_by_role("link", name="Open").first.click()
        screen.get_by_role("link", name="Open: page reels").click()
        screen.get_by_role("button", name="Find the people: broken.mkv").click()
        screen.locator(".notice.bad", has_text="broken.mkv").wait_for()
        screen.go_back()
        screen.get_by_role("button", name="Find the people: whole.mkv").click()
        screen.locator("#people > li").wait_for()
        screen.locator("#people [data-track]").first.uncheck()
        assert screen.locator("#people [data-track]:checked").count() == 1
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_screens_of_films_are_usable_by_all_and_fit_a_phone(
    screen: Any, reached: dict[str, str], colours: str
) -> None:
    if "result" not in reached:
        pytest.skip("the film was not restored")
    screen.emulate_media(color_scheme=colours)
    screen.set_viewport_size({"width": 360, "height": 740})
    for address in reached.values():
        screen.goto(address)
        screen.locator("#screen > :nth-child(2)").wait_for()
        screen.wait_for_load_state("networkidle")
        assert screen.evaluate("document.documentElement.scrollWidth") <= 360, address
        wrong = axe.Axe().run(screen).response["violations"]
        assert [each["id"] for each in wrong if each["impact"] in ("serious", "critical")] == [], address
