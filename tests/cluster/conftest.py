"""Give the tests of bulk work photos of one person, a guide, and a real server of S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

pytest.importorskip("fsspec")

from cluster_s3 import local_server

from gfrnet import images
from gfrnet.cluster import ClusterJob, Crew, How, Places, Row, Summary
from gfrnet.images import Photo
from gfrnet.types import UInt8Image

Restore = Callable[..., tuple[list[Row], Summary]]


@pytest.fixture
def source(tmp_path: Path, portrait: UInt8Image) -> Path:
    """A folder of five photos of one person in two subfolders, and a file that is no picture."""
    folder = tmp_path / "in"
    for index in range(5):
        cut = portrait[20 + 2 * index : 230 + 2 * index, 110:320]
        small = cv2.resize(cut, (70, 70), interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, (210, 210), interpolation=cv2.INTER_CUBIC)
        images.write(Photo(large), folder / f"{index % 2}" / f"p{index}.png")
    (folder / "bad.jpg").write_bytes(b"This is no picture.")
    return folder


@pytest.fixture
def guides(tmp_path: Path, portrait: UInt8Image, stranger: UInt8Image) -> Path:
    """A folder of good photos with one subfolder a person."""
    images.write(Photo(portrait[:300, 70:370]), tmp_path / "guides" / "ada" / "good.png")
    images.write(Photo(stranger), tmp_path / "guides" / "guest" / "guest.png")
    return tmp_path / "guides"


@pytest.fixture
def how(tiny_model: Path) -> How:
    return How(str(tiny_model))


@pytest.fixture
def restore(source: Path, guides: Path, how: How, tmp_path: Path) -> Restore:
    """Restore the photos into a folder of a name; gives the rows and the sums."""

    def restore(name: str = "one", crew: Crew | None = None, **given: object) -> tuple[list[Row], Summary]:
        places = Places(
            str(source), str(tmp_path / name / "out"), str(tmp_path / name / "report"), (str(guides),)
        )
        look: Callable[[Row], object] = given.pop("on_run", lambda row: None)  # type: ignore[assignment]
        job, rows = ClusterJob.begin(places, given.pop("how", how), **given), list[Row]()  # type: ignore[arg-type]
        for row in job.run(crew or Crew(workers=1, threads=1)):
            rows.append(row)
            look(row)
        return rows, job.finish()

    return restore


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    pytest.importorskip("moto")
    with local_server() as address:
        yield address
