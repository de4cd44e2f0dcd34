from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from gfrnet.data import Guides, Pairs, read_manifest, sample_order
from gfrnet.data.pairs import MIRRORED
from gfrnet.errors import DataError
from people import face_points, write_people


def test_a_sample_depends_on_seed_and_index_alone(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    guides = Guides(stranger=0.2, none=0.2, self_guide=0.3)
    one, other = Pairs(portraits, guides, seed=4), Pairs(portraits, guides, seed=4)
    one[3]
    for index in (0, 7, 1000):
        for name, value in asdict(one[index]).items():
            np.testing.assert_array_equal(value, asdict(other[index])[name], err_msg=name)
    assert not np.array_equal(one[0].degraded, Pairs(portraits, guides, seed=5)[0].degraded)


def test_guide_and_target_show_one_person_and_differ(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    pairs = Pairs(portraits, Guides(), flip=False)
    people = {p.pixels().tobytes(): p.person for p in portraits}

    def person(signed: np.ndarray) -> str:
        return people[np.rint((signed + 1) * 127.5).astype(np.uint8).tobytes()]

    for index in range(20):
        sample = pairs[index]
        assert person(sample.guide) == person(sample.target)
        assert not np.array_equal(sample.guide, sample.target)


def test_strangers_and_missing_guides(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    people = {p.pixels().tobytes(): p.person for p in portraits}
    stranger = Pairs(portraits, Guides(stranger=1), flip=False)[0]
    names = [
        people[np.rint((picture + 1) * 127.5).astype(np.uint8).tobytes()]
        for picture in (stranger.guide, stranger.target)
    ]
    assert names[0] != names[1]
    alone = Pairs(portraits, Guides(none=1))[0]
    assert not alone.guide.any()
    assert alone.has_points == 0


def test_weight_is_nothing_in_padding_and_more_on_the_features(dataset: Path) -> None:
    sample = Pairs(read_manifest(dataset), Guides(), flip=False, feature_weight=2)[0]
    assert not sample.weight[245:].any()
    eye = sample.target_points[36:42].mean(0).round().astype(int)
    assert sample.weight[eye[1], eye[0], 0] > 2.5
    assert sample.weight[5, 128, 0] == pytest.approx(1)


def test_the_landmark_table_is_mirrored_with_the_face() -> None:
    points = face_points()
    mirrored = points[MIRRORED] * [-1, 1] + [255, 0]
    np.testing.assert_allclose(mirrored, points, atol=0.6)
    assert sorted(MIRRORED) == list(range(68))
    np.testing.assert_array_equal(MIRRORED[MIRRORED], np.arange(68))


def test_mirrored_samples_carry_pixels_and_landmarks_together(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    plain = {p.pixels().tobytes(): p for p in portraits}
    flipped = {np.ascontiguousarray(p.pixels()[:, ::-1]).tobytes(): p for p in portraits}
    pairs, seen = Pairs(portraits, Guides()), set()
    for index in range(20):
        sample = pairs[index]
        key = np.rint((sample.target + 1) * 127.5).astype(np.uint8).tobytes()
        mirror = key in flipped
        portrait = (flipped if mirror else plain)[key]
        wanted = portrait.points()[MIRRORED] * [-1, 1] + [255, 0] if mirror else portrait.points()
        np.testing.assert_allclose(sample.target_points, wanted, atol=1e-4)
        seen.add(mirror)
    assert seen == {True, False}


def test_any_number_of_workers_gives_the_same_batches() -> None:
    alone = list(islice(sample_order(8, 4, 0, 1), 24))
    shared = [list(islice(sample_order(8, 4, worker, 3), 8)) for worker in range(3)]
    batches = [batch for round_ in (0, 1) for w in shared for batch in [w[4 * round_ : 4 * round_ + 4]]]
    assert alone == [index for batch in batches for index in batch]
    assert alone == list(range(8, 32))


def test_nobody_with_two_photos(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two photos"):
        Pairs(write_people(tmp_path, 3, 1), Guides())


def test_one_person_has_no_strangers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="only one person"):
        Pairs(write_people(tmp_path, 1, 3), Guides(stranger=0.1))


def test_shares_above_one() -> None:
    with pytest.raises(ValidationError, match="at most 1"):
        Guides(stranger=0.6, none=0.6)
