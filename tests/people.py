"""What tests of several rooms share: a tiny data set of random crops, and an album of one person."""

from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import Portrait, make_self_guide, write_manifest
from gfrnet.types import UInt8Image


def face_points() -> np.ndarray:
    """(68, 2): a frontal face in a 256 px crop, symmetric about the middle."""
    jaw = [(127.5 - 80 * np.cos(a), 110 + 100 * np.sin(a)) for a in np.linspace(0, np.pi, 17)]
    brows = [(60 + 12 * i, 80) for i in range(5)] + [(148 + 12 * i - 0.5, 80) for i in range(5)]
    nose = [(127.5, 100 + 12 * i) for i in range(4)] + [(107.5 + 10 * i, 145) for i in range(5)]
    eye = [(0, 0), (8, -6), (18, -6), (26, 0), (18, 6), (8, 6)]
    right = [(68 + x, 105 + y) for x, y in eye]
    left = [(255 - x, y) for x, y in (right[3], right[2], right[1], right[0], right[5], right[4])]
    outer = [(127.5 - 34 * np.cos(a), 190 - 14 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 13)[:-1]]
    inner = [(127.5 - 24 * np.cos(a), 190 - 6 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 9)[:-1]]
    return np.array(jaw + brows + nose + right + left + outer + inner, dtype=np.float32)


def write_people(root: Path, people: int = 3, photos: int = 3) -> tuple[Portrait, ...]:
    """A data set of smooth random crops; the first photo of each person is the guide."""
    rng = np.random.default_rng(5)
    portraits = []
    for person in range(people):
        for photo in range(photos):
            small = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            crop = root / "crops" / f"p{person}" / f"{photo}.png"
            images.write(images.Photo(np.kron(small, np.ones((16, 16, 1), np.uint8))), crop)
            points = face_points() + rng.normal(0, 3, 2).astype(np.float32)
            portraits.append(
                Portrait(
                    person=f"p{person}",
                    source=f"p{person}/{photo}.jpg",
                    crop=crop,
                    real=(10, 0, 256, 240),
                    landmarks=points,
                    role="guide" if photo == 0 else "target",
                )
            )
    write_manifest(root, portraits)
    return tuple(portraits)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    write_people(root)
    return root


@pytest.fixture
def album(tmp_path: Path, portrait: UInt8Image, stranger: UInt8Image) -> Path:
    """A folder of real faces: three photos of a person, one with somebody else, and two of no use."""
    face = np.ascontiguousarray(portrait[20:230, 110:320])
    # Of these seeds all faces are found, and of good resolution.
    first, *others = (
        make_self_guide(face, face_points(), np.random.default_rng(seed)).pixels for seed in (6, 10, 11, 15)
    )
    guest = stranger[40:250, 40:250]
    pictures = {"party/with a guest.png": np.hstack([first, guest]), "guest.png": guest}
    pictures |= {f"{number}.png": pixels for number, pixels in enumerate(others)}
    for name, pixels in pictures.items():
        images.write(images.Photo(np.ascontiguousarray(pixels)), tmp_path / "Ada" / name)
    (tmp_path / "Ada" / "broken.jpg").write_text("not a picture")
    return tmp_path / "Ada"
