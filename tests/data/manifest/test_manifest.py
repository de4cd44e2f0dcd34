import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from gfrnet.data import (
    Card,
    Portrait,
    by_person,
    read_card,
    read_manifest,
    read_manifests,
    read_rows,
    write_manifest,
)
from gfrnet.data.manifest import Format, kind_of_reason
from gfrnet.errors import DataError
from people import face_points, write_people


def rich(root: Path) -> tuple[Portrait, ...]:
    """Make a row with everything, and one of a photo without a face."""
    full = Portrait(
        person='Søren "Ω", junior',
        source="a/b\nc.jpg",
        crop=root / "crops" / "a.png",
        real=(1, 2, 500, 512),
        landmarks=face_points(),
        role="target",
        split="val",
        size=512,
        yaw=-12.345,
        pitch=1e-7,
        roll=3.0,
        eyes_open=0.31,
        sharpness=0.42,
        resolution=169.0,
        occlusion=0.05,
        brightness=0.5,
        contrast=0.125,
        side_light=-0.25,
        grey=True,
        embedding=np.random.default_rng(0).normal(0, 0.1, 128).astype(np.float32),
    )
    return full, Portrait("p", "x.jpg", None, (0, 0, 0, 0), None, dropped="no face found", size=512)


@pytest.mark.parametrize("manifest", ["csv", "parquet"])
def test_round_trip_of_everything(tmp_path: Path, manifest: Format) -> None:
    written = rich(tmp_path)
    path = write_manifest(tmp_path, written, Card(manifest, 512, {"val": 0.1}, ("look at this",)))
    assert path.name == f"manifest.{manifest}"
    for one, other in zip(read_rows(tmp_path), written, strict=True):
        for name in (field.name for field in fields(Portrait)):
            found, wanted = getattr(one, name), getattr(other, name)
            if isinstance(wanted, np.ndarray):
                np.testing.assert_allclose(found, wanted, atol=0.01 if name == "landmarks" else 2e-4)
            elif isinstance(wanted, float):
                assert found == pytest.approx(wanted, rel=1e-4)
            else:
                assert found == wanted
    card = read_card(tmp_path)
    assert (card.size, card.settings, card.notes) == (512, {"val": 0.1}, ("look at this",))


def test_the_other_format_is_replaced(tmp_path: Path) -> None:
    for manifest in ("csv", "parquet"):
        write_manifest(tmp_path, rich(tmp_path), Card(manifest, 512))  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.glob("manifest.*")] == ["manifest.parquet"]


def test_the_card_explains_the_columns(dataset: Path) -> None:
    card = json.loads((dataset / "dataset.json").read_text())
    header = (dataset / "manifest.csv").read_text().splitlines()[0]
    assert list(card["columns"]) == header.split(",")
    assert card["crop"] == {"size": 256, "format": "png"}


def test_roles_and_splits(tmp_path: Path) -> None:
    full, dropped = rich(tmp_path)
    rows = [
        replace(full, role=role, split=split) for role in ("guide", "spare") for split in ("train", "val")
    ]
    write_manifest(tmp_path, [*rows, dropped])
    assert len(read_rows(tmp_path)) == 5
    assert [p.split for p in read_manifest(tmp_path)] == ["train", "val"]
    assert [p.split for p in read_manifests([tmp_path], "val")] == ["val"]
    write_manifest(tmp_path, [replace(rows[0], split="train")])
    with pytest.raises(DataError, match="in the split val"):
        read_manifest(tmp_path, "val")


def test_a_data_set_without_splits_is_in_every_split(dataset: Path) -> None:
    assert len(read_manifest(dataset, "val")) == len(read_manifest(dataset)) == 9


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
    with pytest.raises(DataError, match="Build the data set first"):
        read_manifest(tmp_path)
    write_people(tmp_path)
    (tmp_path / "manifest.csv").unlink()
    with pytest.raises(DataError, match="Build the data set first"):
        read_manifest(tmp_path)


def test_other_versions_and_columns(tmp_path: Path) -> None:
    write_people(tmp_path)
    card = tmp_path / "dataset.json"
    text = card.read_text()
    card.write_text(text.replace('"version": 2', '"version": 1'))
    with pytest.raises(DataError, match=r"of version 1.*Build the data set again"):
        read_manifest(tmp_path)
    card.write_text(text[:50])
    with pytest.raises(DataError, match="is broken"):
        read_manifest(tmp_path)
    card.write_text(text)
    (tmp_path / "manifest.csv").write_text("person,photo\na,b\n")
    with pytest.raises(DataError, match="other columns"):
        read_manifest(tmp_path)


def test_broken_row(tmp_path: Path) -> None:
    write_people(tmp_path, 1)
    path = tmp_path / "manifest.csv"
    path.write_text(path.read_text().replace(",10,0,256", ",10,x,256", 1))
    with pytest.raises(DataError, match=r"p0/0.jpg is broken"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("manifest", ["csv", "parquet"])
@pytest.mark.parametrize("crop", ["../secret.png", "/etc/secret.png", "crops/../../secret.png", "a\0b.png"])
def test_a_foreign_manifest_leads_nowhere_else(tmp_path: Path, manifest: Format, crop: str) -> None:
    root = tmp_path / "set"
    full = rich(root)[0]
    write_manifest(root, [replace(full, crop=root / "crops" / "HERE")], Card(manifest, 512))
    path = root / f"manifest.{manifest}"
    if manifest == "csv":
        path.write_text(path.read_text().replace("crops/HERE", crop))
    else:
        table = parquet.read_table(path)
        column = table.column_names.index("crop")
        parquet.write_table(table.set_column(column, "crop", [[crop]]), path)
    with pytest.raises(DataError, match=r"outside the data set|zero byte"):
        read_rows(root)


@pytest.mark.parametrize("manifest", ["csv", "parquet"])
def test_without_embeddings(tmp_path: Path, manifest: Format) -> None:
    write_manifest(tmp_path, rich(tmp_path), Card(manifest, 512))
    full, _ = read_rows(tmp_path, embeddings=False)
    assert full.embedding is None
    assert full.landmarks is not None


@pytest.mark.parametrize(
    ("dropped", "kind"),
    [
        ("low resolution: detail of 50 pixels", "low resolution"),
        ("near-duplicate of p/a.jpg", "near-duplicate"),
        ("the only usable photo of this person; keep people of one photo to use it", "the only usable photo"),
        ("", ""),
    ],
)
def test_kinds_of_reasons(dropped: str, kind: str) -> None:
    assert kind_of_reason(dropped) == kind


def test_damaged_parquet(tmp_path: Path) -> None:
    write_manifest(tmp_path, rich(tmp_path), Card("parquet", 512))
    (tmp_path / "manifest.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(DataError, match="is damaged"):
        read_rows(tmp_path)


def test_a_dropped_photo_has_no_pixels(tmp_path: Path) -> None:
    _, dropped = rich(tmp_path)
    with pytest.raises(DataError, match="no face found"):
        dropped.pixels()
    with pytest.raises(DataError, match="no face found"):
        dropped.points()


def test_two_people_must_not_share_a_name(tmp_path: Path) -> None:
    write_people(tmp_path / "a", 2)
    write_people(tmp_path / "b", 1)
    assert len(read_manifests([tmp_path / "a"])) == 6
    with pytest.raises(DataError, match="p0 is in"):
        read_manifests([tmp_path / "a", tmp_path / "b"])


def test_nothing_usable(tmp_path: Path) -> None:
    write_manifest(tmp_path, rich(tmp_path)[1:])
    with pytest.raises(DataError, match="no usable photo"):
        read_manifest(tmp_path)


def test_a_data_set_is_not_counted_twice(dataset: Path) -> None:
    with pytest.raises(DataError, match="given twice"):
        read_manifests([dataset, dataset / ".." / dataset.name])
