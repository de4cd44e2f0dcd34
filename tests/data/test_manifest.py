from pathlib import Path

import numpy as np
import pytest

from gfrnet.data import by_person, read_manifest, read_manifests
from gfrnet.errors import DataError
from people import write_people


def test_round_trip(tmp_path: Path) -> None:
    written = write_people(tmp_path)
    read = read_manifest(tmp_path)
    assert [(p.person, p.source, p.crop, p.real, p.guide) for p in read] == [
        (p.person, p.source, p.crop, p.real, p.guide) for p in written
    ]
    for one, other in zip(read, written, strict=True):
        np.testing.assert_allclose(one.points(), other.points(), atol=0.01)


def test_grouped_by_person(dataset: Path) -> None:
    assert {name: len(group) for name, group in by_person(read_manifest(dataset)).items()} == {
        "p0": 3, "p1": 3, "p2": 3,
    }  # fmt: skip


def test_mask_is_the_real_part(dataset: Path) -> None:
    mask = read_manifest(dataset)[0].mask()
    assert mask.sum() == 246 * 240
    assert not mask[:, :10].any()
    assert not mask[240:].any()


def test_missing_manifest_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gfrnet data build"):
        read_manifest(tmp_path)


def test_other_columns(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("person,photo\na,b\n")
    with pytest.raises(DataError, match="other columns"):
        read_manifest(tmp_path)


def test_broken_row(tmp_path: Path) -> None:
    write_people(tmp_path, 1)
    path = tmp_path / "manifest.csv"
    path.write_text(path.read_text().replace(",10,0,256", ",10,x,256", 1))
    with pytest.raises(DataError, match=r"p0/0.jpg is broken"):
        read_manifest(tmp_path)


def test_two_people_must_not_share_a_name(tmp_path: Path) -> None:
    write_people(tmp_path / "a", 2)
    write_people(tmp_path / "b", 1)
    assert len(read_manifests([tmp_path / "a"])) == 6
    with pytest.raises(DataError, match="p0 is in"):
        read_manifests([tmp_path / "a", tmp_path / "b"])


def test_nothing_usable(tmp_path: Path) -> None:
    write_people(tmp_path, 1, 1)
    path = tmp_path / "manifest.csv"
    path.write_text(path.read_text().replace(",1,\n", ",1,no face found\n"))
    with pytest.raises(DataError, match="no usable photo"):
        read_manifest(tmp_path)
