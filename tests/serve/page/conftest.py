"""One browser and one server for all tests of the page: each takes seconds to start."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from served import Served

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright is installed")

BROWSER = shutil.which("chromium")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for one module. While it is open, no other test of this process can run an event loop."""
    if BROWSER is None:
        pytest.skip("no chromium is installed, so no screen can be driven")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def screen(chromium: Any, server: Served) -> Iterator[Any]:
    """A tab at the start, which fails the test for errors, and for requests that leave the server."""
    with chromium.new_context(
        base_url=f"http://127.0.0.1:{server.port}", viewport={"width": 1000, "height": 800}
    ) as context:
        tab, wrong = context.new_page(), list[str]()
        tab.set_default_timeout(30_000)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda message: wrong.append(message.text) if "Policy" in message.text else None)
        tab.on("request", lambda request: wrong.extend(foreign(request.url, server.port)))
        tab.goto("/")
        yield tab
        assert wrong == []


def foreign(address: str, port: int) -> list[str]:
    return [] if address.startswith((f"http://127.0.0.1:{port}/", "blob:", "data:")) else [address]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory, photo: bytes, guide: bytes) -> Path:
    """A folder with a bad photo and a good one."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "old.png").write_bytes(photo)
    (folder / "good.png").write_bytes(guide)
    return folder
