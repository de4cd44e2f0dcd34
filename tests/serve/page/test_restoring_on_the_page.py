"""Drive the page in a real browser: choose, put right, restore, compare, save."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gfrnet.types import UInt8Image
from served import Served, png


def boxed(screen: Any, photo: Path | dict[str, Any], faces: int = 1) -> None:
    screen.set_input_files("#photo", photo)
    screen.wait_for_selector(f"#stage .box >> nth={faces - 1}")


def chosen(screen: Any, pictures: Path) -> None:
    boxed(screen, pictures / "old.png")
    screen.set_input_files("#guide", pictures / "good.png")
    screen.wait_for_selector("#go:enabled")


def restored(screen: Any) -> None:
    screen.wait_for_selector("#compare:visible")


def uploaded(pixels: UInt8Image, name: str = "photo.png") -> dict[str, Any]:
    return {"name": name, "mimeType": "image/png", "buffer": png(pixels)}


def test_a_photo_is_restored_compared_and_saved(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    assert "Same person" in screen.inner_text("#faces")
    screen.click("#go")
    restored(screen)
    assert "Restored with good.png" in screen.inner_text("#told")
    with screen.expect_download() as saved:
        screen.click("#save")
    plain = np.asarray(Image.open(saved.value.path()))
    screen.fill("#strength", "0")
    with screen.expect_download() as saved:
        screen.click("#save")
    unchanged = np.asarray(Image.open(saved.value.path()))
    assert np.array_equal(unchanged, np.asarray(Image.open(pictures / "old.png")))
    assert not np.array_equal(plain, unchanged)
    with screen.expect_download() as saved:
        screen.click("#all")
    assert "report.json" in zipfile.ZipFile(saved.value.path()).namelist()


def test_layers_blend_as_the_formula_says(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    screen.click("#go")
    restored(screen)
    screen.evaluate("document.querySelector('#slider').value = 0")
    shots = {}
    for strength in (0, 50, 100):
        screen.fill("#strength", str(strength))
        picture = screen.locator("#viewer").screenshot()
        shots[strength] = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), np.float32)[60:, 60:]
    assert np.abs(shots[100] - shots[0]).max() > 20
    assert np.abs(shots[50] - (shots[0] + shots[100]) / 2).max() <= 2


def test_both_sides_zoom_and_pan_together(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    screen.click("#go")
    restored(screen)
    screen.click("#in")
    screen.focus("#slider")
    screen.keyboard.press("Shift+ArrowRight")
    panes = screen.locator("#slider .pane").evaluate_all("panes => panes.map(pane => pane.style.transform)")
    assert panes[0] == panes[1]
    assert "scale(1.5)" in panes[0]
    screen.keyboard.press("ArrowRight", delay=150)
    screen.wait_for_selector("#slider:not([aria-valuenow='50'])")


def test_the_address_is_the_job(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    preview = screen.url
    screen.reload()
    screen.wait_for_selector("#go:enabled")
    screen.click("#go")
    screen.wait_for_url(lambda address: address != preview)
    screen.reload()
    restored(screen)
    result = screen.url
    screen.go_back()
    screen.wait_for_selector("#go:enabled")
    assert screen.url == preview
    screen.goto("/")
    screen.click(".last a")
    restored(screen)
    assert screen.url.partition("?")[0] == result.partition("?")[0]
    screen.click("#again")
    screen.wait_for_selector("#go:enabled")


def test_keys_alone_restore_a_photo(screen: Any, pictures: Path) -> None:
    screen.keyboard.press("Tab")
    assert screen.evaluate("document.activeElement.className") == "skip"
    chosen(screen, pictures)
    screen.focus("#draw")
    screen.keyboard.press("Enter")
    for key in ("ArrowLeft", "Shift+ArrowDown", "Escape"):
        screen.keyboard.press(key)
    assert screen.evaluate("document.activeElement.id") == "draw"
    for wanted in ("tick-0", "choice-0", "scale", "go"):
        for _ in range(12):
            if screen.evaluate("document.activeElement.id") == wanted:
                break
            screen.keyboard.press("Tab")
        assert screen.evaluate("document.activeElement.id") == wanted
    screen.keyboard.press("Enter")
    restored(screen)


def test_a_wrong_guide_is_told_and_may_be_insisted_on(
    screen: Any, pictures: Path, stranger: UInt8Image
) -> None:
    boxed(screen, pictures / "old.png")
    screen.set_input_files("#guide", uploaded(stranger, "him.png"))
    screen.wait_for_selector("#faces .no")
    assert screen.is_disabled("#go")
    screen.click("text=It is the same person")
    screen.wait_for_selector("#go:enabled")
    assert "You chose" in screen.inner_text("#faces")


def test_a_guide_is_dragged_onto_a_face(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    screen.drag_and_drop("#guides img", "#stage .box")
    screen.wait_for_selector("text=You chose this good photo")
    screen.select_option("#choice-0", "")
    screen.wait_for_selector("#faces .yes >> text=Same person")


def test_a_missed_face_is_drawn(screen: Any, pictures: Path, portrait: UInt8Image) -> None:
    screen.set_input_files("#photo", uploaded(np.full((200, 300, 3), 128, np.uint8)))
    screen.wait_for_selector("text=Search longer")
    screen.click("#draw")
    place = screen.locator("#stage").bounding_box()
    screen.mouse.move(place["x"] + 30, place["y"] + 30)
    screen.mouse.down()
    screen.mouse.move(place["x"] + 130, place["y"] + 140)
    screen.mouse.up()
    screen.wait_for_selector("#stage .box:not(.frame)")
    assert screen.locator("#faces li").count() == 1


def test_thirty_faces_fit(screen: Any, portrait: UInt8Image) -> None:
    face = np.asarray(Image.fromarray(portrait[0:260, 90:350]).resize((130, 130)))
    boxed(screen, uploaded(np.tile(face, (5, 6, 1)), "crowd.png"), 30)
    assert screen.locator("#faces li").count() == 30


def test_a_photo_of_40_megapixels_is_looked_at(screen: Any, portrait: UInt8Image) -> None:
    large = io.BytesIO()
    face = np.asarray(Image.fromarray(portrait).resize((800, 800)))
    picture = np.pad(face, ((0, 4400), (0, 6900), (0, 0)))
    Image.fromarray(picture).save(large, "jpeg", quality=60)
    screen.set_default_timeout(20_000)
    boxed(screen, {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": large.getvalue()})
    assert screen.evaluate("document.querySelector('#view').naturalWidth") == 2048


def test_what_cannot_be_used_is_told(screen: Any, pictures: Path) -> None:
    screen.set_input_files("#photo", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    screen.wait_for_selector("text=a.txt is no picture that can be read")
    screen.set_input_files("#photo", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x"})
    screen.wait_for_selector("text=cannot be read as a picture")
    screen.goto(f"/jobs/{'0' * 32}")
    screen.wait_for_selector("text=This page is gone")


def test_a_lost_server_is_told_and_healed(screen: Any, pictures: Path) -> None:
    screen.route(re.compile("/(api|healthz)"), lambda route: route.abort())
    screen.set_input_files("#photo", pictures / "old.png")
    screen.wait_for_selector("#lost:visible")
    screen.unroute_all()
    screen.wait_for_selector("#stage .box")
    assert screen.is_hidden("#lost")


def test_nothing_is_wider_than_a_phone(screen: Any, pictures: Path) -> None:
    screen.set_viewport_size({"width": 360, "height": 740})
    width = "document.documentElement.scrollWidth"
    assert screen.evaluate(width) <= 360
    chosen(screen, pictures)
    assert screen.evaluate(width) <= 360
    screen.click("#go")
    restored(screen)
    assert screen.evaluate(width) <= 360


def test_a_job_of_many_photos_shows_one_after_another(
    screen: Any, server: Served, photo: bytes, guide: bytes
) -> None:
    photos = [server.picture(photo, f"{name}.png") for name in ("one", "two")]
    job = server.ended(
        server.order(kind="restore", photos=photos, guides=[server.picture(guide, "good.png")])
    )
    screen.goto(f"/jobs/{job['id']}")
    restored(screen)
    screen.select_option("#photos", "1")
    assert "/photos/1/" in screen.get_attribute("#slider .restored", "src")


def test_a_photo_that_is_given_at_once_is_not_missed(screen: Any, pictures: Path) -> None:
    def late(route: Any) -> None:
        screen.wait_for_timeout(500)
        route.continue_()

    screen.route("**/api/v1/about", late)
    screen.goto("/", wait_until="domcontentloaded")
    screen.set_input_files("#photo", pictures / "old.png")
    screen.wait_for_selector("#stage .box")


def test_a_good_photo_without_a_face_is_named(screen: Any, pictures: Path) -> None:
    boxed(screen, pictures / "old.png")
    screen.set_input_files("#guide", uploaded(np.full((90, 120, 3), 128, np.uint8), "guide wall.png"))
    notice = screen.wait_for_selector("#say >> text=guide wall.png cannot be used").inner_text()
    assert "Choose a good photo that shows the face" in notice
    assert screen.locator("#stage .box").count() == 1
    assert screen.is_disabled("#go")
    assert "add good photos" in screen.inner_text("#why") or "No good photo fits" in screen.inner_text("#why")
    screen.set_input_files("#guide", pictures / "good.png")
    screen.wait_for_selector("#go:enabled")


def test_the_reason_for_a_grey_button_is_seen(screen: Any, pictures: Path, stranger: UInt8Image) -> None:
    screen.set_viewport_size({"width": 1280, "height": 720})
    boxed(screen, pictures / "old.png")
    screen.set_input_files("#guide", uploaded(stranger, "him.png"))
    screen.wait_for_selector("#faces .no")
    assert "No good photo fits" in screen.inner_text("#why")
    words, bar = (screen.locator(name).bounding_box() for name in ("#faces .no", ".go"))
    assert words["y"] + words["height"] <= bar["y"]


def test_pictures_that_are_too_large_leave_the_others(screen: Any, pictures: Path) -> None:
    boxed(screen, pictures / "old.png")
    large = {"name": "big.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 5_100_000}
    good = {"name": "\U0001f600" * 300 + ".png", "mimeType": "image/png"}
    good["buffer"] = (pictures / "good.png").read_bytes()
    letter = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"x"}
    screen.set_input_files("#guide", [large, letter, good])
    screen.wait_for_selector("#say >> text=big.jpg is larger than 5 MB")
    screen.wait_for_selector("#say >> text=letter.pdf is no picture")
    screen.wait_for_selector("#go:enabled")
    assert screen.is_hidden("#busy")


def test_a_click_while_marking_moves_the_box_only(screen: Any, pictures: Path) -> None:
    boxed(screen, pictures / "old.png")
    screen.click("#draw")
    screen.click("#stage", position={"x": 50, "y": 60})
    frame, stage = (screen.locator(name).bounding_box() for name in (".frame", "#stage"))
    assert abs(frame["x"] + frame["width"] / 2 - stage["x"] - 50) < 3
    assert screen.locator("#faces li").count() == 1


def test_two_clicks_restore_once_and_stop_deletes_nothing(
    screen: Any, pictures: Path, server: Served
) -> None:
    chosen(screen, pictures)
    total = server.get("/api/v1/jobs").json()["total"]
    screen.evaluate("document.querySelector('#go').click(); document.querySelector('#go').click()")
    restored(screen)
    assert server.get("/api/v1/jobs").json()["total"] == total + 1
    screen.evaluate("document.querySelector('#stop').click(); document.querySelector('#stop').click()")
    screen.reload()
    restored(screen)


def test_a_job_that_is_gone_is_asked_for_once(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    asked: list[str] = []
    screen.route("**/events?*", lambda route: route.abort())
    screen.route("**/api/v1/jobs/*", lambda route: (asked.append("job"), route.fallback()))
    screen.click("#go")
    screen.wait_for_timeout(2500)
    assert 1 <= len(asked) <= 5
    answer = {"type": "urn:gfrnet:problem:not-found", "title": "", "status": 404, "detail": ""}
    screen.route("**/api/v1/jobs/*", lambda route: route.fulfill(status=404, json=answer))
    screen.wait_for_selector("text=This page is gone")
    screen.wait_for_selector("#choosing:visible")


def test_a_proxy_without_a_server_is_waited_for(screen: Any, pictures: Path) -> None:
    screen.route(re.compile("/(api|healthz)"), lambda route: route.fulfill(status=502, body="<html>"))
    screen.goto("/")
    screen.wait_for_selector("#lost:visible")
    screen.unroute_all()
    screen.wait_for_selector("#choosing:visible")
    boxed(screen, pictures / "old.png")


def test_a_job_that_began_again_lists_every_face_once(screen: Any, pictures: Path) -> None:
    def twice(route: Any) -> None:
        events = route.fetch().text()
        first, rest = events.split("event: photo", 1)
        again = 'event: state\ndata: {"state": "queued", "again": true}\n\n'
        head = first.rindex("\n\n") + 2 if "\n\n" in first else 0
        route.fulfill(
            body=first[:head] + again + first[:head] + first[head:] + "event: photo" + rest,
            content_type="text/event-stream",
        )

    chosen(screen, pictures)
    screen.click("#go")
    restored(screen)
    screen.route("**/events?*", twice)
    screen.reload()
    restored(screen)
    assert screen.locator("#told li").count() == 1


def test_faces_that_were_left_out_are_told_and_come_back(
    screen: Any, pictures: Path, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    boxed(screen, uploaded(np.hstack([portrait[20:340, 110:430], stranger]), "two.png"), 2)
    screen.set_input_files("#guide", uploaded(portrait, "her.png"))
    screen.wait_for_selector("#go:enabled")
    assert "1 face stays" in screen.inner_text("#why")
    screen.click("#go")
    restored(screen)
    screen.wait_for_selector("#told >> text=No good photo shows this person")
    screen.click("#again")
    screen.wait_for_selector("#stage .box >> nth=1")


def test_sliders_open_as_suggested_and_all_is_saved_as_seen(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    screen.click("#go")
    restored(screen)
    assert screen.get_attribute("#reset", "aria-pressed") == "true"
    screen.fill("#strength", "10")
    assert screen.get_attribute("#reset", "aria-pressed") == "false"
    with screen.expect_download() as saved:
        screen.click("#all")
    assert "blended/old_restored.png" in zipfile.ZipFile(saved.value.path()).namelist()


def test_two_fingers_and_ctrl_wheel_zoom(screen: Any, pictures: Path) -> None:
    chosen(screen, pictures)
    screen.click("#go")
    restored(screen)
    screen.locator("#slider").scroll_into_view_if_needed()
    place = screen.locator("#slider").bounding_box()
    x, y = place["x"] + 100, place["y"] + 100
    client = screen.context.new_cdp_session(screen)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        found = [{"x": left, "y": top, "id": number} for number, (left, top) in enumerate(points)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": found})

    touch("touchStart", (x, y))
    touch("touchStart", (x, y), (x + 40, y))
    for reach in (50, 60, 70, 80):
        touch("touchMove", (x, y), (x + reach, y))
    touch("touchEnd")
    pane = "document.querySelector('#slider .pane').style.transform"
    pinched = float(screen.evaluate(pane).split("scale(")[1][:-1])
    assert 1.5 < pinched <= 2.1
    screen.click("#fit")
    screen.mouse.move(x, y)
    screen.mouse.wheel(0, -100)
    screen.wait_for_timeout(200)
    assert "scale(1)" in screen.evaluate(pane)
    screen.keyboard.down("Control")
    screen.mouse.wheel(0, -100)
    screen.keyboard.up("Control")
    screen.wait_for_function(f"!{pane}.includes('scale(1)')")
