"""Test jobs in bulk on one machine: what is restored, reported, kept and refused."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gfrnet import Restorer, images
from gfrnet.cluster import ClusterJob, Crew, How, Places, Row, Shard, Summary, join_reports
from gfrnet.cluster.plan import name_results
from gfrnet.errors import DataError, GfrnetError, NoFaceError, PlanError, WriteError
from gfrnet.images import Photo
from gfrnet.restore import GuideSkipped, RestoreOptions
from gfrnet.types import UInt8Image

Restore = Callable[..., tuple[list[Row], Summary]]

NAMES = {"0/p0.png", "0/p2.png", "0/p4.png", "1/p1.png", "1/p3.png", "bad.jpg"}


def lines(report: Path, name: str = "report.jsonl") -> list[Row]:
    return [Row.model_validate_json(line) for line in (report / name).read_bytes().splitlines()]


def below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_photo_is_restored_as_alone_and_a_bad_one_is_a_row(
    restore: Restore, source: Path, guides: Path, how: How, tmp_path: Path
) -> None:
    _, summary = restore()
    rows = {row.name: row for row in lines(tmp_path / "one" / "report")}
    assert set(rows) == NAMES
    assert rows["bad.jpg"].status == "failed"
    assert "is not a picture" in rows["bad.jpg"].reason
    assert (summary.photos, summary.restored, summary.failed) == (6, 5, 1)
    alone = Restorer.load(how.model, threads=1).restore(
        source / "1" / "p3.png", sorted(guides.rglob("*.png"))
    )
    expected = images.write(alone.photo, tmp_path / "alone.png").read_bytes()
    assert (tmp_path / "one" / "out" / "1" / "p3.png").read_bytes() == expected
    assert rows["1/p3.png"].faces[0].guide == f"{guides}/ada/good.png"
    assert not list((tmp_path / "one" / "report").glob("parts*"))


def test_several_processes_write_the_same(restore: Restore, tmp_path: Path) -> None:
    restore("one")
    restore("two", Crew(workers=2))
    assert below(tmp_path / "one" / "out") == below(tmp_path / "two" / "out")
    assert {row.name for row in lines(tmp_path / "two" / "report")} == NAMES


def test_shards_together_are_the_whole(restore: Restore, tmp_path: Path) -> None:
    restore("one")
    for index in (2, 1, 3):
        restore("shards", shard=Shard(index, 3))
        joined = join_reports(str(tmp_path / "shards" / "report"))
        assert len(joined.missing) == {2: 2, 1: 1, 3: 0}[index]
    assert below(tmp_path / "one" / "out") == below(tmp_path / "shards" / "out")
    assert (joined.photos, joined.restored, joined.failed, joined.twice) == (6, 5, 1, 0)
    with pytest.raises(PlanError, match="3 shards, not 2"):
        restore("shards", shard=Shard(1, 2), resume=True)


def test_resuming_keeps_what_is_right_and_does_the_rest(
    restore: Restore, source: Path, tmp_path: Path
) -> None:
    first = {row.name: row for row in restore()[0]}
    out = tmp_path / "one" / "out"
    (out / "0" / "p0.png").unlink()
    changed = images.read(source / "1" / "p1.png")
    images.write(Photo(255 - changed.pixels), source / "1" / "p1.png")
    untouched = (out / "0" / "p2.png").stat().st_ino
    _, summary = restore(resume=True)
    rows = {row.name: row for row in lines(tmp_path / "one" / "report")}
    kept = {name for name, row in rows.items() if row.status == "kept"}
    assert kept == {"0/p2.png", "0/p4.png", "1/p3.png"}
    assert rows["0/p2.png"].faces == first["0/p2.png"].faces
    assert (out / "0" / "p2.png").stat().st_ino == untouched
    assert rows["1/p1.png"].written != first["1/p1.png"].written
    assert rows["0/p0.png"].written == first["0/p0.png"].written
    assert summary.kept == 3
    # And once more, from the rows of kept photos.
    assert restore(resume=True)[1].kept == 5 - (rows["1/p1.png"].status == "failed")


def test_other_settings_and_guides_make_all_anew(
    restore: Restore, how: How, guides: Path, portrait: UInt8Image
) -> None:
    restore()
    assert restore(resume=True)[1].kept == 5
    half = How(how.model, RestoreOptions(strength=0.5))
    assert restore(resume=True, how=half)[1].kept == 0
    images.write(Photo(portrait[:310, 60:370]), guides / "ada" / "more.png")
    assert restore(resume=True, how=half)[1].kept == 0


def test_an_interrupted_job_goes_on_with_its_parts(
    source: Path, guides: Path, how: How, tmp_path: Path
) -> None:
    places = Places(str(source), str(tmp_path / "out"), str(tmp_path / "report"), (str(guides),))
    job, done = ClusterJob.begin(places, how), list[Row]()
    for row in job.run(Crew(workers=1, threads=1), stopped=lambda: len(done) >= 2):
        done.append(row)
    assert job.finish().not_reached == 6 - len(done) > 0
    assert not (tmp_path / "report" / "report.jsonl").exists()
    again = ClusterJob.begin(places, how, resume=True)
    list(again.run(Crew(workers=1, threads=1)))
    assert again.finish().kept == sum(row.status == "restored" for row in done)
    assert {row.name for row in lines(tmp_path / "report")} == NAMES


def test_nothing_is_written_over(restore: Restore, tmp_path: Path) -> None:
    foreign = tmp_path / "one" / "out" / "0" / "p0.png"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"mine")
    for resume in (False, True):
        with pytest.raises(WriteError, match="exists already, but"):
            restore(resume=resume)
    assert foreign.read_bytes() == b"mine"
    foreign.unlink()
    restore()
    with pytest.raises(WriteError, match="holds a report of this job"):
        restore()


@pytest.mark.parametrize(
    ("output", "report"), [("in/out", "r"), ("in", "r"), (".", "r"), ("guides/ada", "r"), ("o", "in/r")]
)
def test_results_among_the_inputs_are_refused(
    output: str, report: str, source: Path, guides: Path, how: How, tmp_path: Path
) -> None:
    before = below(tmp_path)
    places = Places(str(source), str(tmp_path / output), str(tmp_path / report), (str(guides),))
    with pytest.raises(PlanError, match="overlaps with"):
        ClusterJob.begin(places, how)
    assert below(tmp_path) == before


def test_a_link_leads_no_result_over_an_input(restore: Restore, source: Path, tmp_path: Path) -> None:
    before = below(source)
    (tmp_path / "one" / "out").mkdir(parents=True)
    os.symlink(source / "0", tmp_path / "one" / "out" / "0")
    rows = {row.name: row for row in restore()[0]}
    assert rows["0/p0.png"].status == "failed"
    assert "is an input" in rows["0/p0.png"].reason
    assert below(source) == before


def test_guides_without_a_face_and_no_guides(source: Path, how: How, tmp_path: Path) -> None:
    blank = images.write(Photo(images.read(source / "0" / "p0.png").pixels * 0), tmp_path / "g" / "blank.png")
    places = Places(str(source), str(tmp_path / "o"), str(tmp_path / "r"), (str(blank.parent),))
    with pytest.raises(NoFaceError, match=r"No face found in .*g/blank\.png"):
        ClusterJob.begin(places, how)
    with pytest.raises(PlanError, match="There is no guide"):
        ClusterJob.begin(Places(str(source), places.output, places.report), how)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PlanError, match="holds no picture"):
        ClusterJob.begin(Places(str(source), places.output, places.report, (str(tmp_path / "empty"),)), how)


def test_an_unusable_guide_is_told_once_by_its_name(
    source: Path, guides: Path, how: How, tmp_path: Path
) -> None:
    (guides / "broken.png").write_bytes(b"")
    heard: list[object] = []
    places = Places(str(source), str(tmp_path / "o"), str(tmp_path / "r"), (str(guides),))
    job = ClusterJob.begin(places, how, on_event=heard.append)
    skipped = [event for event in heard if isinstance(event, GuideSkipped)]
    assert [event.name for event in skipped] == [f"{guides}/broken.png"]
    assert all(row.guides_skipped == () for row in job.run(Crew(workers=1, threads=1)))


def test_a_photo_never_guides_itself(source: Path, how: How, tmp_path: Path) -> None:
    places = Places(str(source), str(tmp_path / "o"), str(tmp_path / "r"), (str(source),))
    rows = {row.name: row for row in ClusterJob.begin(places, how).run(Crew(workers=1, threads=1))}
    for name in NAMES - {"bad.jpg"}:
        assert rows[name].faces[0].guides
        assert f"{source}/{name}" not in rows[name].faces[0].guides


@pytest.mark.skipif(sys.platform != "linux", reason="Others refuse such names")
def test_a_name_that_is_no_text_is_restored_and_kept(restore: Restore, source: Path, tmp_path: Path) -> None:
    odd = os.fsencode(source / "0") + b"/caf\xe9\n.png"
    os.rename(os.fsencode(source / "0" / "p0.png"), odd)
    rows, _ = restore(crew=Crew(workers=2))
    assert [row.status for row in rows if "caf" in row.name] == ["restored"]
    assert os.path.exists(os.fsencode(tmp_path / "one" / "out" / "0") + b"/caf\xe9\n.png")
    assert restore(resume=True)[1].kept == 5


def test_results_of_unwritten_formats_get_a_name_of_their_own() -> None:
    names = ["a.bmp", "a.gif", "a.png", "b.gif", "b_gif.png", "sub/b.gif"]
    assert name_results(names) == {
        "a.png": "a.png",
        "b_gif.png": "b_gif.png",
        "a.bmp": "a_bmp.png",
        "a.gif": "a_gif.png",
        "b.gif": "b.png",
        "sub/b.gif": "sub/b.png",
    }
    assert name_results(["a.gif", "a.png", "a_gif.png"])["a.gif"] == "a_gif_2.png"


def test_memory_is_a_storage_too(
    source: Path, guides: Path, how: How, restore: Restore, tmp_path: Path
) -> None:
    import fsspec

    restore()
    memory = fsspec.filesystem("memory")
    for path in (*source.rglob("*.*"), *guides.rglob("*.*")):
        memory.pipe_file(f"/bulk/{path.relative_to(tmp_path)}", path.read_bytes())
    places = Places(
        "memory://bulk/in", "memory://bulk/out", "memory://bulk/report", ("memory://bulk/guides",)
    )
    job = ClusterJob.begin(places, how)
    list(job.run(Crew(workers=1, threads=1)))
    assert job.finish().restored == 5
    found = {name.removeprefix("/bulk/out/"): memory.cat_file(name) for name in memory.find("/bulk/out")}
    assert found == below(tmp_path / "one" / "out")
    memory.rm("/bulk", recursive=True)


@pytest.mark.parametrize("content", [b"{}\n", b"\xff"])
def test_a_damaged_report_is_told(content: bytes, restore: Restore, tmp_path: Path) -> None:
    restore()
    (tmp_path / "one" / "report" / "report.jsonl").write_bytes(content)
    for use in (lambda: restore(resume=True), lambda: join_reports(str(tmp_path / "one" / "report"))):
        with pytest.raises(DataError, match=r"report\.jsonl is damaged"):
            use()
    with pytest.raises(DataError, match="holds no report"):
        join_reports(str(tmp_path / "in"))


def test_a_folder_without_rights_is_refused_before_the_work(restore: Restore, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"a file where the folder should be")
    with pytest.raises(GfrnetError, match="cannot be written"):
        restore()
