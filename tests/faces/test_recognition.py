from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dlib
import numpy as np
import pytest

from gfrnet import images
from gfrnet.errors import ModelError
from gfrnet.faces import distance, embed
from gfrnet.faces.detect import shape5
from gfrnet.faces.models import model_path, recognition_network
from gfrnet.faces.recognition import CHIP_SIZE, RecognitionNetwork
from gfrnet.types import Box, UInt8Image

EQUAL = 1e-5
"""Largest Euclidean distance at which two embeddings count as equal."""


@pytest.fixture(scope="module")
def dlibs_network() -> Any:
    return dlib.face_recognition_model_v1(str(model_path("dlib_face_recognition_resnet_model_v1.dat")))


@pytest.fixture(scope="module")
def noise() -> UInt8Image:
    """Return chips from fine noise to broad patches, bright and dark."""
    rng = np.random.default_rng(3)
    sizes = (1, 5, 25, 75)
    patches = [rng.integers(0, 256, (CHIP_SIZE // n, CHIP_SIZE // n, 3), np.uint8) for n in sizes]
    smooth = [np.kron(p, np.ones((n, n, 1), np.uint8)) for p, n in zip(patches, sizes, strict=True)]
    flat = [np.full((CHIP_SIZE, CHIP_SIZE, 3), value, np.uint8) for value in (0, 255)]
    return np.stack(smooth + flat)


def dlibs_embedding(network: Any, image: UInt8Image, box: Box) -> np.ndarray:
    return np.array(network.compute_face_descriptor(np.ascontiguousarray(image), shape5(image, box), 0))


def test_any_chip_gets_the_embedding_of_dlib(dlibs_network: Any, noise: UInt8Image) -> None:
    for chip, embedding in zip(noise, recognition_network().run(noise), strict=True):
        assert distance(embedding, np.array(dlibs_network.compute_face_descriptor(chip))) < EQUAL


def test_faces_get_the_embedding_of_dlib(
    dlibs_network: Any, portrait: UInt8Image, face: Box, stranger: UInt8Image
) -> None:
    at_the_edge = portrait[85:160, 190:260]
    for image, box in (
        (portrait, face),
        (portrait[:, ::-1], Box(512 - face.right, face.top, 512 - face.left, face.bottom)),
        (at_the_edge, Box(-14, -8, 77, 83)),
        (stranger, Box(60, 60, 260, 260)),
    ):
        assert distance(embed(image, box), dlibs_embedding(dlibs_network, image, box)) < EQUAL


@pytest.mark.shared_data
def test_photographs_get_the_embedding_of_dlib(dlibs_network: Any, shared: Path) -> None:
    paths = sorted((shared / "lfw").rglob("*.jpg"))
    for path in paths[:: len(paths) // 20][:20]:
        image = images.read(path).rgb8
        box = Box(70, 70, 180, 180)
        assert distance(embed(image, box), dlibs_embedding(dlibs_network, image, box)) < EQUAL


def test_batches_and_threads_change_nothing(noise: UInt8Image) -> None:
    network = recognition_network()
    with ThreadPoolExecutor(2) as pool:
        singly = np.concatenate(list(pool.map(lambda chip: network.run(chip[None]), noise)))
    np.testing.assert_allclose(network.run(noise), singly, atol=1e-6)
    assert network.run(noise[:0]).shape == (0, 128)


def test_other_files_are_refused(tmp_path: Path) -> None:
    cut_off = tmp_path / "half.dat"
    cut_off.write_bytes(model_path("dlib_face_recognition_resnet_model_v1.dat").read_bytes()[:-5000])
    for path in (cut_off, model_path("mmod_human_face_detector.dat")):
        with pytest.raises(ModelError, match=f"{path.name} is not .* pip install"):
            RecognitionNetwork(path)
