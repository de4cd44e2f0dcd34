from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gfrnet.batch.plan import name_outputs
from gfrnet.errors import PlanError
from gfrnet.images import READABLE_SUFFIXES, WRITABLE_SUFFIXES

NAMES = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=9
)
SUFFIXES = st.sampled_from([*READABLE_SUFFIXES, ".JPG", ".Png", ".bmp"])
FILES = st.builds(lambda name, suffix: f"x{name}{suffix}", NAMES, SUFFIXES)
PHOTOS = st.lists(st.builds(Path, st.sampled_from(["a", "b", "a/c"]), FILES), min_size=1, max_size=6)


@settings(max_examples=40)
@given(photos=PHOTOS, beside=st.booleans(), with_sheet=st.booleans(), with_report=st.booleans())
@example(photos=[Path("a/x.bmp"), Path("a/x.gif")], beside=True, with_sheet=False, with_report=False)
@example(photos=[Path("a/x.png"), Path("b/x.png")], beside=False, with_sheet=True, with_report=False)
def test_a_plan_is_refused_or_no_two_of_its_files_have_one_name(
    photos: list[Path], beside: bool, with_sheet: bool, with_report: bool
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        given_photos = [root / photo for photo in photos]
        sheet = root / "sheet.png" if with_sheet else None
        report = root / "report.json" if with_report else None
        try:
            tasks = name_outputs(given_photos, None if beside else root / "out", sheet, report)
        except PlanError:
            return
    written = [path for task in tasks for path in (task.output, task.sheet, report) if path]
    assert [task.photo for task in tasks] == given_photos
    assert len(set(written)) == len(written) - (len(tasks) - 1 if report else 0)


@settings(max_examples=40)
@given(photos=PHOTOS, beside=st.booleans())
def test_a_result_can_be_written_and_carries_the_name_of_its_photo(photos: list[Path], beside: bool) -> None:
    distinct = list({photo.stem: photo for photo in photos}.values())
    for task in name_outputs(distinct, None if beside else Path("out")):
        assert task.output.suffix.lower() in WRITABLE_SUFFIXES
        assert task.output.stem == task.photo.stem + ("_restored" if beside else "")
        assert task.output.parent == (task.photo.parent if beside else Path("out"))
        if task.photo.suffix.lower() in WRITABLE_SUFFIXES:
            assert task.output.suffix == task.photo.suffix
