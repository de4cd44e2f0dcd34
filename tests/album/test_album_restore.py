"""Bad faces are restored into a folder of their own; nothing else changes, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from gfrnet import Restorer, images
from gfrnet.album import Album, AsGuide, FaceRestored, How, NoFace, NotPerson, RestoreEvent, WhichFaces
from gfrnet.album.album import FOLDER
from gfrnet.album.walk import RESULTS, walk
from gfrnet.batch import Existing, PhotoRecord, Saving, open_report, read_report
from gfrnet.errors import ConfigError, PlanError, WriteError
from gfrnet.restore import content_hash
from gfrnet.types import UInt8Image
from gfrnet.work import Noted
from restorable import add_photos, make_album, name_all, pictures


@pytest.fixture
def album(tmp_path: Path, portrait: UInt8Image, stranger: UInt8Image) -> Album:
    return make_album(tmp_path, pictures(portrait, stranger))


@pytest.fixture(scope="module")
def restorer(tiny_model: Path) -> Restorer:
    return Restorer.load(tiny_model, threads=1)


@pytest.fixture
def restore(album: Album, tmp_path: Path, restorer: Restorer) -> Callable[..., dict[str, PhotoRecord]]:
    """Restore the album; gives the records by the names of the photos."""

    def run(out: str = "out", existing: Existing = Existing.REFUSE, **more: object) -> dict[str, PhotoRecord]:
        on_event = more.pop("on_event", lambda event: None)
        sheets = more.pop("sheets", None)
        how = How(restorer, saving=Saving(existing), sheets=sheets)  # type: ignore[arg-type]
        records = album.restore(tmp_path / out, WhichFaces(**more), how=how, on_event=on_event)  # type: ignore[arg-type]
        return {Path(record.photo).name: record for record in records}

    return run


def originals(album: Album) -> dict[Path, str]:
    files = [file for file in album.roots[0].rglob("*") if file.is_file() and FOLDER not in file.parts]
    return {file: content_hash(file) for file in files}


def written(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_only_bad_faces_change_and_the_layout_stays(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]], tmp_path: Path
) -> None:
    before, events = originals(album), list[RestoreEvent]()
    records = restore(on_event=events.append)
    assert {name: record.status for name, record in records.items()} == dict.fromkeys(
        ("bad.png", "together.png"), "restored"
    )
    assert written(tmp_path / "out") == [RESULTS, "1974/bad.png", "1974/together.png"]
    assert originals(album) == before
    photo, result = (
        images.read(root / "1974/together.png").rgb8 for root in (album.roots[0], tmp_path / "out")
    )
    assert (photo[:, 225:] == result[:, 225:]).all(), "the guest beside her stays"
    assert (photo[:, :200] != result[:, :200]).any()
    (face,) = records["together.png"].faces
    assert face.person == "Ada"
    assert {Path(guide).name for guide in face.guides} <= {"ada.png", "left.png", "right.png"}
    told = {(event.face.photo.name, event.face.person) for event in events if isinstance(event, FaceRestored)}
    assert told == {("bad.png", "Ada"), ("together.png", "Ada")}


def test_results_within_the_photos_are_no_photos(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]]
) -> None:
    restore("photos/restored")
    assert (album.roots[0] / "restored/1974/bad.png").is_file()
    assert not [each for each in walk(album.roots[0], lambda *_: None) if "restored" in each.path.parts]
    album.plan(album.roots[0] / "restored")


def test_metadata_of_photos_stay(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]], tmp_path: Path
) -> None:
    photo = album.roots[0] / "1974/bad.png"
    exif = Image.Exif()
    exif[0x010E] = "Ada at the sea"
    Image.open(photo).save(photo.with_name("sea.jpg"), exif=exif, quality=95, dpi=(300, 300))
    add_photos(album, [photo.with_name("sea.jpg")])
    name_all(album)
    assert restore()["sea.jpg"].status == "restored"
    with Image.open(tmp_path / "out/1974/sea.jpg") as result:
        assert (result.format, result.getexif()[0x010E]) == ("JPEG", "Ada at the sea")


def test_the_plan_counts_why_faces_stay(album: Album, tmp_path: Path) -> None:
    plan = album.plan(tmp_path / "out")
    assert (plan.restorable, plan.no_guide, plan.unsure, plan.nobody, plan.good) == (2, 2, 0, 0, 3)
    assert [task.output for task in plan.tasks] == [
        tmp_path / "out/1974" / name for name in ("bad.png", "together.png")
    ]
    assert not (tmp_path / "out").exists()
    everything = album.plan(tmp_path / "out", WhichFaces(worse_than=0))
    assert (everything.restorable, everything.no_guide, everything.good) == (5, 2, 0)
    guest = album.plan(tmp_path / "out", WhichFaces(("Guest",), 0))
    assert [(person.person, person.no_guide) for person in guest.people] == [("Guest", 2)]
    assert guest.tasks == ()
    bad = next(face for face in album.faces("Ada") if face.photo.name == "bad.png")
    album.decide(NoFace(faces=(album.key(bad),)))
    assert len(album.plan(tmp_path / "out").tasks) == 1


def test_without_a_guide_nothing_is_restored(album: Album, tmp_path: Path) -> None:
    good = [face for face in album.faces("Ada") if face.sharpness > 0.3]
    album.decide(AsGuide(use="banned", faces=album.keys(good)))
    plan = album.plan(tmp_path / "out")
    assert (plan.restorable, plan.no_guide) == (0, 4)


def test_who_is_not_confirmed_is_left_out_unless_wanted(
    album: Album, tmp_path: Path, restore: Callable[..., dict[str, PhotoRecord]]
) -> None:
    bad = next(face for face in album.faces("Ada") if face.photo.name == "bad.png")
    with album._index.changing() as connection:
        connection.execute("UPDATE belongs SET by = 'suggested', probability = 0.6 WHERE face = ?", (bad.id,))
    assert album.plan(tmp_path / "out").unsure == 1
    assert set(restore()) == {"together.png"}
    assert set(restore("more", unconfirmed=True)) == {"bad.png", "together.png"}


def test_photos_that_are_gone_or_changed_fail_and_the_others_go_on(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]], tmp_path: Path
) -> None:
    bad = album.roots[0] / "1974/bad.png"
    shutil.copy(album.roots[0] / "1975/left.png", bad)
    found = restore()
    assert found["bad.png"].status == "failed"
    assert "bad.png is gone or changed since it was scanned. Scan the album again." in found["bad.png"].reason
    assert found["together.png"].status == "restored"
    bad.unlink()
    assert restore("again")["bad.png"].status == "failed"
    assert written(tmp_path / "again") == [RESULTS, "1974/together.png"]


def test_decisions_while_it_runs_count(album: Album, tmp_path: Path, restorer: Restorer) -> None:
    running = album.restore(tmp_path / "out", how=How(restorer))
    first = next(running)
    face = next(face for face in album.faces("Ada") if face.photo.name == "together.png")
    with Album(album.folder) as other:
        other.decide(NotPerson(person="Ada", faces=(other.key(face),)))
        assert other.face(face.label).person != "Ada"
    second = next(running)
    assert (first.status, second.status) == ("restored", "failed")
    assert "no longer" in second.reason


def test_a_stopped_run_is_resumed(
    album: Album, tmp_path: Path, restorer: Restorer, restore: Callable[..., dict[str, PhotoRecord]]
) -> None:
    out, done = tmp_path / "out", list[PhotoRecord]()
    plan, saving = album.plan(out), Saving(Existing.KEEP)
    report = open_report(tmp_path / "report.json", "tiny", plan.inputs, Existing.KEEP)
    for record in album.restore(plan, how=How(restorer, saving=saving), stopped=lambda: bool(done)):
        report.add(record)
        done.append(record)
    report.write()
    assert [record.status for record in done] == ["restored"]
    part = out / "1974" / ".gfrnet-0123456789abcdef.part"
    part.write_bytes(b"half")
    os.utime(part, (1, 1))
    stamp = (out / "1974/bad.png").stat().st_mtime_ns
    earlier = read_report(tmp_path / "report.json")
    assert earlier is not None
    how = How(restorer, saving=saving, earlier=earlier.photos)
    again = list(album.restore(plan, how=how))
    assert [record.status for record in again] == ["kept", "restored"]
    assert again[0].faces[0].person == "Ada", "the report knows what became of it"
    assert (out / "1974/bad.png").stat().st_mtime_ns == stamp
    assert not part.exists()


def test_a_folder_with_photos_of_the_album_takes_no_results(album: Album, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    link = tmp_path / "link"
    link.symlink_to(album.roots[0] / "1974")
    for out in (album.roots[0], tmp_path, album.roots[0] / "1974", link):
        with pytest.raises(PlanError, match="holds photos of the album") as caught:
            album.plan(out)
        assert caught.value.argument == "output"
    with pytest.raises(PlanError, match="file is a file"):
        album.plan(tmp_path / "file")
    with pytest.raises(PlanError, match="Nobody is called Bob"):
        album.plan(tmp_path / "out", WhichFaces(("Bob",)))
    for wrong in ({"worse_than": 1.5}, {"worse_than": float("nan")}, {"people": "Ada"}):
        with pytest.raises(ConfigError):
            WhichFaces(**wrong)  # type: ignore[arg-type]


def test_a_link_from_the_results_to_the_photos_is_not_followed(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]], tmp_path: Path
) -> None:
    before = originals(album)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/1974").symlink_to(album.roots[0] / "1974")
    found = restore(existing=Existing.REPLACE)
    assert {record.status for record in found.values()} == {"failed"}
    assert "is an input" in found["bad.png"].reason
    assert originals(album) == before


def test_two_at_once_write_every_result_once(album: Album, tmp_path: Path, restorer: Restorer) -> None:
    found: list[PhotoRecord] = []

    def work() -> None:
        with Album(album.folder) as own:
            found.extend(own.restore(tmp_path / "out", how=How(restorer, sheets=tmp_path / "sheets")))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert [record.status for record in found].count("restored") == 2
    assert all("exists already" in record.reason for record in found if record.status == "failed")
    assert written(tmp_path / "out") == [RESULTS, "1974/bad.png", "1974/together.png"]


def test_any_name_of_a_photo_is_kept(
    album: Album,
    restore: Callable[..., dict[str, PhotoRecord]],
    tmp_path: Path,
    portrait: UInt8Image,
    stranger: UInt8Image,
) -> None:
    folder = album.roots[0] / "Sömmer \u674e\n" / os.fsdecode(b"caf\xe9")
    bad = images.Photo(pictures(portrait, stranger)["1974/bad.png"])
    copy = folder / os.fsdecode(b"\xff \xe2\x80\xae.png")
    images.write(bad, copy)
    Image.fromarray(bad.pixels).save(folder / "a.bmp")
    images.write(images.Photo(np.ascontiguousarray(bad.pixels[1:])), folder / "a.png")
    add_photos(album, [copy, folder / "a.bmp", folder / "a.png"])
    name_all(album)
    (album.roots[0] / "1974/bad.png").unlink()
    assert {record.status for record in restore().values()} == {"restored"}
    place = tmp_path / "out" / folder.relative_to(album.roots[0])
    assert {file.name for file in place.iterdir()} == {copy.name, "a.png", "a_bmp.png"}


def test_several_folders_of_photos_lie_apart(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]], tmp_path: Path
) -> None:
    other = tmp_path / "disk" / "photos"
    shutil.copytree(album.roots[0] / "1974", other)
    (album.roots[0] / "1974/bad.png").unlink()
    add_photos(album, [other / "bad.png"])
    roots = [os.fsencode(root).hex() for root in (album.roots[0], other)]
    with album._index.changing() as connection:
        connection.execute("INSERT OR REPLACE INTO facts VALUES ('roots', ?)", (json.dumps(roots),))
    restore()
    assert written(tmp_path / "out") == [RESULTS, "photos/1974/together.png", "photos_2/bad.png"]


def test_a_full_disk_leaves_nothing_half_written(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]], tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    before, limits = originals(album), resource.getrlimit(resource.RLIMIT_FSIZE)
    album.plan(tmp_path / "out")  # groups the faces, which the index must take
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        found = restore(sheets=tmp_path / "sheets")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {record.status for record in found.values()} == {"failed"}
    assert "does not fit on the disk" in found["bad.png"].reason
    assert written(tmp_path / "out") == [RESULTS]
    assert originals(album) == before
    assert {record.status for record in restore(existing=Existing.KEEP).values()} == {"restored"}


def test_a_folder_that_cannot_be_made_is_told_before_the_work(album: Album, restorer: Restorer) -> None:
    with pytest.raises(WriteError, match="proc"):
        next(album.restore(Path("/proc/self/results"), how=How(restorer)))


def test_sheets_show_each_person_before_and_after(
    album: Album, restore: Callable[..., dict[str, PhotoRecord]], tmp_path: Path
) -> None:
    notes: list[object] = []
    restore(sheets=tmp_path / "sheets", on_event=notes.append)
    page = tmp_path / "sheets" / "Ada 1.jpg"
    assert written(tmp_path / "sheets") == [RESULTS, "Ada 1.jpg"]
    assert images.is_sheet(page)
    with Image.open(page) as drawn:
        assert drawn.height > 2 * 256
        assert drawn.width > 3 * 256
    restore("again", sheets=tmp_path / "sheets")
    assert written(tmp_path / "sheets") == [RESULTS, "Ada 1.jpg", "Ada 2.jpg"]
    assert not [note for note in notes if isinstance(note, Noted)]


def test_the_time_is_measured_on_a_few(album: Album, tmp_path: Path, restorer: Restorer) -> None:
    plan = album.plan(tmp_path / "out")
    seconds = album.estimate(plan, How(restorer))
    assert seconds is not None
    assert 0 < seconds < 600
    assert not (tmp_path / "out").exists()
    list(album.restore(plan, how=How(restorer)))
    assert album.estimate(plan, How(restorer, saving=Saving(Existing.KEEP))) == 0
    shutil.rmtree(album.roots[0] / "1974")
    assert album.estimate(plan, How(restorer)) is None
