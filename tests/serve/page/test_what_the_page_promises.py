"""Test what holds on every screen: no barriers, few bytes, one file of words, and a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gfrnet.serve import Settings
from gfrnet.serve import page as rooms
from gfrnet.serve.page.words import best_language
from served import Served, serving

PAGE = Path(rooms.__file__).parent
TOKEN = "a-long-random-token"
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def results(server: Served, photo: bytes, guide: bytes) -> list[str]:
    """Addresses of the screens of the restore flow."""
    guides = [server.picture(guide, "good.png")]
    preview = server.ended(
        server.order(kind="preview", photo=server.picture(photo, "old.png"), guides=guides)
    )
    restored = server.ended(server.restore(photo, guide))
    return ["/", f"/jobs/{preview['id']}", f"/jobs/{restored['id']}"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_shuts_anybody_out(screen: Any, results: list[str], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    screen.emulate_media(color_scheme=scheme)
    for address, ready in zip(results, ("#choosing", "#go:enabled", "#compare"), strict=True):
        screen.goto(address)
        screen.wait_for_selector(f"{ready}:visible")
        found = axe.run(screen).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def test_the_page_is_light(screen: Any, results: list[str]) -> None:
    taken: list[int] = []
    screen.on("response", lambda answer: taken.append(len(answer.body())) if is_page(answer.url) else None)
    screen.goto(results[2])
    screen.wait_for_selector("#compare:visible")
    assert 10_000 < sum(taken) < MOST_BYTES


def is_page(address: str) -> bool:
    return "/static/" in address or re.search("/jobs/[0-9a-f]+$", address) is not None


def test_static_files_are_kept_for_good(server: Served) -> None:
    html = server.get("/").text
    for address in re.findall('(?:src|href)="(/static/[^"]+)"', html):
        assert "immutable" in server.get(address).headers["cache-control"]


def test_every_word_of_the_scripts_and_screens_is_in_the_file() -> None:
    words = yaml.safe_load((PAGE / "texts.en.yaml").read_text("utf-8"))
    scripts = "\n".join(path.read_text("utf-8") for path in (PAGE / "static").glob("*.js"))
    keys = re.findall(r'\bsay\("([\w.]+)"', scripts)
    assert keys
    for key in keys:
        text: Any = words
        for name in key.split("."):
            text = text[name]
    for template in (PAGE / "templates").glob("*.html"):
        plain = re.sub(
            r"<code>.*?</code>|<[^>]*>|\{[{%].*?[%}]\}|\{\w+\}|&\w+;",
            "",
            template.read_text("utf-8"),
            flags=re.DOTALL,
        )
        assert not re.search("[A-Za-z]{2}", plain), template.name


def test_the_language_follows_the_browser() -> None:
    languages = {"en": {}, "de": {}}
    assert best_language("de-CH,de;q=0.9,en;q=0.8", languages) == "de"
    assert best_language("fr, en;q=0.2, de;q=0.5", languages) == "de"
    assert best_language("fr;q=x, *", languages) == "en"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("guarded")
    with serving(Settings(data=data, port=0, token=TOKEN, model=str(tiny_model))) as served:
        yield served


def test_the_token_is_taken_from_the_address_or_asked_for(chromium: Any, guarded: Served) -> None:
    with chromium.new_context(base_url=f"http://127.0.0.1:{guarded.port}") as context:
        tab = context.new_page()
        tab.goto("/")
        tab.fill("#token input", "a-wrong-token-is-told")
        tab.click("#token button")
        tab.wait_for_selector("text=not the token")
        tab.fill("#token input", TOKEN)
        tab.keyboard.press("Enter")
        tab.wait_for_selector("#choosing:visible")
    with chromium.new_context(base_url=f"http://127.0.0.1:{guarded.port}") as context:
        tab = context.new_page()
        tab.goto(f"/#token={TOKEN}")
        tab.wait_for_selector("#choosing:visible")
        assert TOKEN not in tab.url
