"""Drive the screens of an album in a browser: names, questions, plans and results, with mouse and keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from albums import Invented, fill
from gfrnet import Photo, images
from gfrnet.types import UInt8Image
from served import Served, degraded

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe is installed")

SCREENS = [
    "/album",
    "/album/{album}",
    "/album/{album}/unknown",
    "/album/{album}/questions",
    "/album/{album}/plan?worse=0",
    "/album/{album}/person?label={label}",
    "/album/jobs/{scan}",
    "/album/jobs/{wall}",
    "/album/nothing",
]
"""Addresses of all screens."""

HOSTILE = "Ünal <img src=x onerror=document.title='bad'> {label}"


@pytest.fixture
def tab(chromium: Any, server: Served) -> Iterator[Any]:
    with chromium.new_context(base_url=f"http://127.0.0.1:{server.port}") as context:
        page, wrong = context.new_page(), list[str]()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Policy" in message.text else None)
        yield page
        assert wrong == []


def found(server: Served, name: str) -> str:
    (top,) = server.get("/api/v1/folders").json()
    inside = server.get(f"/api/v1/folders/{top['id']}").json()
    return next(each["id"] for each in inside if each["name"] == name)


@pytest.fixture(scope="module")
def family(server: Served, portrait: UInt8Image, stranger: UInt8Image) -> Iterator[str]:
    """A scanned album: three good photos and a bad one of a person, and one of another."""
    place = server.settings.roots[0] / "page family"
    for number in range(3):
        images.write(
            Photo(np.ascontiguousarray(portrait[: 400 + number, 20 + number :])), place / f"{number}.png"
        )
    images.write(Photo(stranger), place / "guest.png")
    images.write(Photo(degraded(portrait, 110)), place / "old.png")
    album = found(server, "page family")
    assert server.ended(server.order(kind="album-scan", album=album))["state"] == "done"
    yield album
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def crowd(server: Served) -> Iterator[str]:
    """An album of 210 people, whose faces are invented."""
    place: Path = server.settings.roots[0] / "page crowd"
    place.mkdir()
    fill(place / ".gfrnet-album", [Invented((person,)) for person in range(210) for _ in range(2)])
    yield found(server, "page crowd")
    shutil.rmtree(place)


def test_a_folder_is_scanned_and_its_people_are_shown(tab: Any, server: Served, family: str) -> None:
    tab.goto("/album")
    tab.get_by_role("link", name="Folders inside").first.click()
    card = tab.locator("li.card").filter(has=tab.get_by_role("heading", name="page family"))
    card.get_by_role("link", name="Open the album").click()
    tab.get_by_role("button", name="Look for new photos").click()
    tab.get_by_text("5 photos are in the album.").wait_for()
    tab.reload()
    tab.get_by_role("link", name="See the people").click()
    tab.get_by_role("heading", name="page family").wait_for()
    tab.get_by_text("1 person, 0 with a name.").wait_for()
    assert tab.locator("ul.grid li").count() == 1


def test_names_are_typed_merged_and_taken_back_by_keys(tab: Any, server: Served, crowd: str) -> None:
    tab.goto(f"/album/{crowd}")
    tab.get_by_label("Name of").first.focus()
    tab.keyboard.type(HOSTILE)
    tab.keyboard.press("Enter")
    tab.get_by_role("link", name=HOSTILE).wait_for()
    assert tab.title() == "page crowd · gfrnet"
    tab.get_by_label("Name of").first.fill(HOSTILE.upper())
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Yes, one person").press("Enter")
    tab.get_by_text("209 people, 1 with a name.").wait_for()
    people = server.get(f"/api/v1/albums/{crowd}/people?most=1").json()
    assert (people[0]["name"], people[0]["faces"]) == (HOSTILE, 4)
    for told in ("210 people, 1 with a name.", "210 people, 0 with a name."):
        tab.locator("#undo").focus()
        tab.keyboard.press("Enter")
        tab.get_by_text(told).wait_for()


def test_a_person_gets_a_year_and_examples(tab: Any, server: Served, family: str) -> None:
    people = server.get(f"/api/v1/albums/{family}/people").json()
    label = max(people, key=lambda each: each["faces"])["label"]
    tab.goto(f"/album/{family}/person?label={label}")
    box = tab.locator("[name=face]").first
    face = box.get_attribute("value")
    box.focus()
    tab.keyboard.press("Space")
    tab.get_by_role("button", name="Always use as example").click()
    tab.get_by_text("1 photo is always an example.").wait_for()
    faces = server.get(f"/api/v1/albums/{family}/faces?person={label}").json()
    assert [each["guide"] for each in faces if each["label"] == face] == ["pinned"]
    tab.locator("#told-undo").click()
    tab.get_by_text("Taken back.").wait_for()


def test_questions_are_answered_by_keys(tab: Any, crowd: str) -> None:
    asked = [
        {"one": f"G{n}", "other": f"G{n + 1}", "probability": 0.5, "faces": [face(n), face(n + 1)]}
        for n in (1, 3)
    ]
    sent: list[Any] = []
    tab.route("**/questions?*", lambda route: route.fulfill(json=asked[len(sent) :]))
    tab.route(
        "**/decisions",
        lambda route: (sent.append(route.request.post_data_json), route.fulfill(json={"said": []})),
    )
    tab.goto(f"/album/{crowd}/questions")
    tab.get_by_text("2 questions are left.").wait_for()
    tab.keyboard.press("d")
    tab.get_by_text("1 question is left.").wait_for()
    tab.keyboard.press("u")
    tab.get_by_text("2 questions are left.").wait_for()
    tab.keyboard.press("n")
    tab.get_by_text("1 question is left.").wait_for()
    tab.keyboard.press("y")
    tab.get_by_text("No more questions").wait_for()
    assert [each["acts"][0]["same"] for each in sent] == [False, True]


def face(number: int) -> dict[str, Any]:
    return {
        "label": f"{number:010x}-1",
        "photo": "a.jpg",
        "person": f"G{number}",
        "probability": 1,
        "taken": ["1962-01-01", "1962-12-31"],
        "picture": "/static/none.jpg",
    }


def test_bad_faces_are_planned_restored_and_shown(tab: Any, family: str) -> None:
    tab.goto(f"/album/{family}/plan")
    tab.get_by_label("Also faces of which").check()
    tab.get_by_role("heading", name="can be restored").wait_for()
    assert tab.locator(".border > :first-child img").count() > 0
    tab.goto(f"/album/{family}/plan?worse=0&unconfirmed=1")
    tab.get_by_role("heading", name="can be restored").wait_for()
    assert tab.locator(".border > :first-child img").count() == 0
    tab.locator("#start:not([disabled])").click()
    tab.get_by_role("link", name="Download all").wait_for(timeout=20_000)
    tab.reload()
    tab.locator("#wall img[src$=after]").first.wait_for()


def test_many_people_come_in_pages(tab: Any, crowd: str) -> None:
    tab.goto(f"/album/{crowd}")
    cards = tab.locator("ul.grid > li")
    counts = []
    for _ in range(4):
        cards.first.wait_for()
        counts.append(cards.count())
        tab.get_by_role("link", name="More").click()
        tab.wait_for_url(f"**page={len(counts) + 1}")
    assert counts == [48] * 4
    cards.first.wait_for()
    assert cards.count() == 210 - 4 * 48


def test_a_running_job_goes_on_through_a_reload(tab: Any, server: Served, family: str) -> None:
    job = server.order(kind="album-restore", album=family, which={"worse_than": 0})
    tab.goto(f"/album/jobs/{job['id']}")
    tab.locator("#wall li").first.wait_for()
    tab.reload()
    tab.get_by_role("link", name="Download all").wait_for()
    faces = server.get(f"/api/v1/jobs/{job['id']}").json()["result"]["faces"]
    tab.wait_for_function(
        "count => document.querySelectorAll('#wall li').length === count", arg=sum(faces.values())
    )


def test_addresses_that_name_nothing_say_so(tab: Any, family: str) -> None:
    for part in (f"{family}/toString", f"{family}/nonsense", "%E0%A4%A", "jobs/abc"):
        tab.goto(f"/album/{part}")
        tab.get_by_role("heading", name="This cannot be shown").wait_for()
    tab.goto(f"/album/{family}/person")
    tab.locator("ul.grid li").first.wait_for()


def test_a_known_name_shows_both_faces_and_merges_only_on_yes(tab: Any, server: Served, crowd: str) -> None:
    tab.goto(f"/album/{crowd}")
    for named in (0, 1):
        tab.get_by_text(f"210 people, {named} with a name.").wait_for()
        box = tab.get_by_label("Name of").first
        box.fill("Twice")
        box.press("Enter")
    tab.locator("#merge[open]").wait_for()
    assert tab.locator("#merge img").count() == 2
    tab.keyboard.press("Enter")
    tab.locator("#merge:not([open])").wait_for(state="attached")
    people = server.get(f"/api/v1/albums/{crowd}/people?most=1").json()
    assert (people[0]["name"], people[0]["faces"]) == ("Twice", 2)
    tab.locator("#undo").click()
    tab.get_by_text("210 people, 0 with a name.").wait_for()


def test_undo_asks_before_it_takes_back_the_work_of_somebody_else(
    tab: Any, server: Served, crowd: str
) -> None:
    tab.goto(f"/album/{crowd}")
    box = tab.get_by_label("Name of").first
    box.fill("Mine")
    box.press("Enter")
    tab.get_by_text("210 people, 1 with a name.").wait_for()
    first = next(each for each in server.get(f"/api/v1/albums/{crowd}/people").json() if not each["name"])
    acts = [{"act": "name", "person": first["label"], "name": "Theirs"}]
    decided = server.client.post(f"/api/v1/albums/{crowd}/decisions", json={"acts": acts}).json()
    last = server.get(f"/api/v1/albums/{crowd}/undo").json()
    assert last["step"] == decided["step"]
    tab.locator("#undo").click()
    tab.locator("#merge[open]").get_by_text("Theirs").wait_for()
    tab.get_by_role("button", name="Leave it").click()
    tab.get_by_text("210 people, 2 with a name.").wait_for()
    assert server.get(f"/api/v1/albums/{crowd}/undo").json() == last
    other = server.client.post(f"/api/v1/albums/{crowd}/undo?step={'0' * 16}")
    assert (other.status_code, other.json()["title"]) == (409, "Other step")
    tab.locator("#undo").click()
    tab.get_by_role("button", name="Take it back").click()
    tab.get_by_text("210 people, 1 with a name.").wait_for()
    tab.locator("#undo").click()
    tab.get_by_text("210 people, 0 with a name.").wait_for()
    assert not tab.locator("#merge[open]").count()


def test_people_without_names_can_be_chosen(tab: Any, server: Served, family: str) -> None:
    tab.goto(f"/album/{family}/plan?worse=0")
    box = tab.locator("label.check", has_text="no name yet").first
    box.locator("img").wait_for()
    box.click()
    tab.wait_for_url("**people=G*")
    tab.locator("label.check input[name=people]:checked").wait_for()
    assert tab.locator("label.check input[name=people]").count() == 1


@pytest.fixture(scope="module")
def jobs(server: Served, family: str) -> dict[str, str]:
    """Ended jobs of an album, by kind."""
    scan = server.ended(server.order(kind="album-scan", album=family))
    wall = server.ended(server.order(kind="album-restore", album=family, which={"worse_than": 0}))
    return {"scan": scan["id"], "wall": wall["id"]}


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("part", SCREENS)
def test_screens_are_usable_by_all_and_fit_a_phone(
    tab: Any, server: Served, family: str, jobs: dict[str, str], part: str, colours: str
) -> None:
    label = server.get(f"/api/v1/albums/{family}/people").json()[0]["label"]
    tab.emulate_media(color_scheme=colours)
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto(part.format(label=label, album=family, **jobs))
    tab.locator("#screen > :nth-child(2)").wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    wrong = axe.Axe().run(tab).response["violations"]
    assert [each["id"] for each in wrong if each["impact"] in ("serious", "critical")] == []
