import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import Card, Portrait, write_manifest
from gfrnet.data.report import series, write_report
from gfrnet.data.report.write import THUMB
from gfrnet.errors import DataError
from gfrnet.work import Advanced
from people import face_points

NASTY = ("<script>alert(1)</script>", '"Ann\'s" & co', "Žofie 😀 née", "a b #1 50%25?.jpg", "ليلى")
"""Names of people; their crops have the same ones but for what no file of Windows may be called."""


def portrait(root: Path, person: str, number: int, **values: object) -> Portrait:
    name = re.sub(r'[<>"/?]', "", person)
    crop = root / "crops" / name / f"{number} #%.png"
    if not crop.exists():
        images.write(images.Photo(np.full((64, 64, 3), 40 * number % 256, np.uint8)), crop)
    one = Portrait(person, f"{person}/{number}.jpg", crop, (0, 0, 64, 64), face_points() / 4, size=64)
    return replace(
        one, **{"role": "target", "yaw": 12.0 * number, "sharpness": 0.4, "resolution": 48} | values
    )


def write_dataset(root: Path, people: tuple[str, ...] = NASTY) -> Path:
    """Of everybody one photo of each kind; two more people of one photo each."""
    rows = []
    for person in people:
        rows += [
            portrait(root, person, 0, split="train"),
            portrait(root, person, 1, split="train", role="guide"),
            portrait(root, person, 2, split="train", role="spare"),
            portrait(root, person, 3, role="", dropped=f"near-duplicate of {person}/0.jpg"),
            portrait(root, person, 4, role="", dropped="covered or cut off: 47% of the face"),
            portrait(root, person, 5, role="", dropped="no face found", crop=None, landmarks=None),
        ]
    rows.append(portrait(root, "alone", 0, role="single", split="val"))
    rows.append(portrait(root, "gone", 0, role="", dropped="the only usable photo of this person; keep it"))
    write_manifest(
        root, rows, Card(size=64, settings={"val": 0.2}, notes=("<b> and <i> may be one person.",))
    )
    return root


class Page(HTMLParser):
    """What a browser would fetch, jump to and show."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path, self.links, self.ids, self.tags, self.text = path, [], set(), set(), ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.ids.add(values.get("id"))
        self.links += [values[name] for name in ("href", "src") if name in values]

    def handle_data(self, data: str) -> None:
        self.text += data


def pages(root: Path) -> Iterator[Page]:
    return map(Page, sorted((root / "report").glob("*.html")))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_dataset(tmp_path_factory.mktemp("nasty #1 %"))
    assert write_report(root) == root / "report" / "index.html"
    return root


def test_every_link_leads_somewhere(built: Path) -> None:
    for page in pages(built):
        for link in page.links:
            file, _, place = link.partition("#")
            target = page.path.parent / unquote(file)
            assert target.is_file(), link
            assert not place or place in Page(target).ids, link


def test_names_reasons_and_notes_are_told(built: Path) -> None:
    told = {page.path.name: page.text for page in pages(built)}
    for person in (*NASTY, "alone", "gone"):
        assert person in told["people-1.html"]
        assert person in told["guides-1.html"] or person == "gone"
        assert f"near-duplicate of {person}/0.jpg" in told["dropped-1.html"] or person in ("alone", "gone")
    for reason in ("near-duplicate", "covered or cut off", "no face found", "the only usable photo"):
        assert reason in told["index.html"]
        assert reason in told["dropped-1.html"]
    assert "<b> and <i> may be one person." in told["index.html"]


def test_names_are_never_markup(built: Path) -> None:
    for page in pages(built):
        assert not page.tags & {"script", "i"}


def test_pages_need_no_network(built: Path) -> None:
    for path in (built / "report").glob("*.*"):
        assert not re.search(r"https?://|url\(|@import", path.read_text(encoding="utf-8"))


def test_the_summary_counts(built: Path) -> None:
    text = (built / "report" / "index.html").read_text(encoding="utf-8")
    rows = [re.findall(r"<t[hd]>([^<]*)", line) for line in text.splitlines()]
    assert ["", "all", "train", "val"] in rows
    assert ["people in use", "6", "5", "1"] in rows
    assert ["guide photos", "5", "5", "0"] in rows
    assert ["single photos", "1", "0", "1"] in rows
    assert re.search(r"covered or cut off</a><td>5\b", text)
    assert "32 photos of 7 people" in text


def test_a_guide_stands_first_and_is_marked(built: Path) -> None:
    text = (built / "report" / "people-1.html").read_text(encoding="utf-8")
    for section in text.split("<h2")[1:6]:
        kinds = re.findall(r'<figure class="(\w*)"', section)
        assert kinds == ["guide", "target", "spare"]
        assert "yaw 12°, pitch 0°<br>sharp 0.40, 48 px" in section


def test_a_duplicate_stands_beside_its_original(built: Path) -> None:
    text = (built / "report" / "dropped-1.html").read_text(encoding="utf-8")
    pairs = re.findall(r'<figure class="pair">(.*)', text)
    assert len(pairs) == len(NASTY)
    for pair, person in zip(pairs, NASTY, strict=True):
        assert [unescape(alt) for alt in re.findall(r'alt="([^"]*)"', pair)] == [
            f"{person}/3.jpg",
            f"{person}/0.jpg",
        ]


def test_histograms_count_every_face(built: Path) -> None:
    text = (built / "report" / "index.html").read_text(encoding="utf-8")
    plots = text.split("<svg")[1:]
    assert len(plots) == 6
    for plot in plots:
        counts = np.array(re.findall(r": (\d+) in use, (\d+) not", plot), int)
        assert counts.sum(axis=0).tolist() == [11, 16]
    assert "degrees, positive downwards" in plots[1]


def test_small_pictures_are_made_once(tmp_path: Path) -> None:
    root = write_dataset(tmp_path, ("ann",))
    write_report(root)
    crop, thumb = root / "crops/ann/0 #%.png", root / "report/thumbs/crops/ann/0 #%.png.jpg"
    assert images.read(thumb).rgb8.shape == (THUMB, THUMB, 3)
    thumb.write_bytes(b"as it was")
    write_report(root)
    assert thumb.read_bytes() == b"as it was"
    os.utime(crop, (thumb.stat().st_mtime + 9,) * 2)
    write_report(root)
    assert images.read(thumb).rgb8.max() < 8


def test_an_older_report_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_dataset(tmp_path, ("ann", "bob"))
    own = root / "report" / "own-1.html"
    with monkeypatch.context() as patch:
        patch.setattr(series, "PER_PAGE", 2)
        write_report(root)
    own.write_text("kept")
    assert len(list(pages(root))) > 4
    write_manifest(root, [portrait(root, "bob", 0, role="single")], Card(size=64))
    write_report(root)
    assert [page.path.name for page in pages(root)] == [
        "guides-1.html",
        "index.html",
        own.name,
        "people-1.html",
    ]
    assert [path.parent.name for path in root.glob("report/thumbs/**/*.jpg")] == ["bob"]
    assert all("ann" not in page.text for page in pages(root))


def test_pages_are_of_limited_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "PER_PAGE", 3)
    root = write_dataset(tmp_path, ("ann", "bob", "cat"))
    write_report(root)
    found = {page.path.name: page for page in pages(root)}
    assert {"people-4.html", "dropped-4.html", "guides-2.html"} <= set(found)
    assert all(page.text.count("yaw") <= 3 for name, page in found.items() if name.startswith("people"))
    assert "people-1.html" in found["people-2.html"].links
    assert found["guides-1.html"].links.count("people-1.html#s0") == 1
    assert "people-3.html" in found["people-2.html"].links
    test_every_link_leads_somewhere(root)


def test_nothing_dropped(tmp_path: Path) -> None:
    write_manifest(tmp_path, [portrait(tmp_path, "ann", n, role=("guide", "target")[n]) for n in (0, 1)])
    assert "Nothing was dropped." in Page(write_report(tmp_path)).text
    assert not (tmp_path / "report" / "dropped-1.html").exists()


def test_nothing_in_use(tmp_path: Path) -> None:
    write_manifest(tmp_path, [portrait(tmp_path, "ann", 0, role="", dropped="no face found", crop=None)])
    assert "no face found" in Page(write_report(tmp_path)).text
    test_every_link_leads_somewhere(tmp_path)


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[Advanced] = []
    write_report(write_dataset(tmp_path, ("ann",)), told.append)
    assert told == [Advanced("photos", done, 7) for done in range(1, 8)]


def test_a_crop_that_is_lost(tmp_path: Path) -> None:
    root = write_dataset(tmp_path, ("ann",))
    (root / "crops/ann/0 #%.png").unlink()
    with pytest.raises(DataError, match=r"0 #%\.png.*build the data set again"):
        write_report(root)
