from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from gfrnet import images
from gfrnet.data import Guides, Order, Portrait, SampleOptions, Samples, read_manifest, sample_order
from gfrnet.data.samples.self_guide import MIRRORED
from gfrnet.degradation import OwnDegradation, Recipe, degrade
from gfrnet.errors import ConfigError, DataError
from people import face_points, write_people

UNFLIPPED = SampleOptions(flip=False)


def finder(portraits: Sequence[Portrait]) -> Callable[[np.ndarray], Portrait]:
    """Return a function that finds the portrait an unmirrored picture in [-1, 1] shows."""
    known = {portrait.pixels().tobytes(): portrait for portrait in portraits}
    return lambda picture: known[np.rint((picture + 1) * 127.5).astype(np.uint8).tobytes()]


@pytest.mark.parametrize("order", ["balanced", "epoch"])
def test_a_sample_depends_on_seed_and_index_alone(dataset: Path, order: Order) -> None:
    portraits = read_manifest(dataset)
    guides = Guides(stranger=0.2, none=0.2, self_guide=0.3)
    one, other = (Samples(portraits, guides, seed=4, order=order) for _ in range(2))
    one[3]
    for index in (0, 7, 1000):
        for name, value in asdict(one[index]).items():
            np.testing.assert_array_equal(value, asdict(other[index])[name], err_msg=name)
    others = Samples(portraits, guides, seed=5, order=order)
    assert not np.array_equal(one[0].degraded, others[0].degraded)


def test_guide_and_target_show_one_person_and_differ(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    pairs = Samples(portraits, Guides(), UNFLIPPED)
    pairs, shown = Samples(portraits, Guides(), UNFLIPPED), finder(portraits)
    for index in range(10):
        guide, target = (shown(p) for p in (pairs[index].guide, pairs[index].target))
        assert guide.person == target.person
        assert guide.source != target.source


def test_a_batch_has_equally_many_guides_all_of_the_guides_person(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    shown = finder(portraits)
    pairs = Samples(portraits, Guides(most=3, stranger=0.3, none=0.2), UNFLIPPED, batch_size=4)
    counts = [[len(pairs[4 * batch + place].more_guides) for place in range(4)] for batch in range(12)]
    assert all(len(set(batch)) == 1 for batch in counts)
    assert {batch[0] for batch in counts} == {0, 1, 2}
    for index in range(48):
        sample = pairs[index]
        if not sample.guide.any():
            assert not sample.more_guides.any()
            continue
        target, *guides = (shown(picture) for picture in (sample.target, sample.guide, *sample.more_guides))
        assert len({guide.person for guide in guides}) == 1
        assert target not in guides
        others = sum(p.person == guides[0].person and p is not target for p in portraits)
        assert len({guide.source for guide in guides}) == min(len(guides), others)


def test_more_guides_change_nothing_else(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    settings = {"stranger": 0.2, "none": 0.2, "self_guide": 0.3, "pose_gap": 15}
    one, more = (Samples(portraits, Guides(most=most, **settings), seed=4) for most in (1, 3))
    for index in range(6):
        for name, value in asdict(one[index]).items():
            if name != "more_guides":
                np.testing.assert_array_equal(value, asdict(more[index])[name], err_msg=name)


def test_strangers_and_missing_guides(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    shown = finder(portraits)
    stranger = Samples(portraits, Guides(stranger=1), UNFLIPPED)[0]
    assert shown(stranger.guide).person != shown(stranger.target).person
    alone = Samples(portraits, Guides(none=1))[0]
    assert not alone.guide.any()
    assert alone.has_points == 0


@pytest.mark.parametrize("order", ["balanced", "epoch"])
def test_the_chosen_guide_is_nobodys_target(dataset: Path, order: Order) -> None:
    portraits = read_manifest(dataset)
    pairs = Samples(portraits, Guides(choice="chosen", stranger=0.5), UNFLIPPED, order=order)
    shown = finder(portraits)
    assert pairs.epoch == 6
    for index in range(8):
        assert shown(pairs[index].guide).guide
        assert not shown(pairs[index].target).guide


def test_an_epoch_has_every_target_once_and_the_next_one_in_another_order(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    pairs = Samples(portraits, Guides(none=1), UNFLIPPED, order="epoch")
    shown = finder(portraits)
    assert pairs.epoch == 9
    seen = [shown(pairs[index].target).source for index in range(18)]
    assert len(set(seen[:9])) == len(set(seen[9:])) == 9
    assert seen[:9] != seen[9:]


def test_a_guide_in_the_targets_pose_is_preferred(tmp_path: Path) -> None:
    portraits = tuple(
        replace(portrait, yaw=20.0 * (index % 4))
        for index, portrait in enumerate(write_people(tmp_path, 2, 4))
    )

    shown = finder(portraits)

    def gaps(scale: float) -> list[float]:
        pairs = Samples(portraits, Guides(pose_gap=scale), UNFLIPPED)
        return [abs(shown(s.guide).yaw - shown(s.target).yaw) for s in (pairs[index] for index in range(12))]

    assert max(gaps(1)) == 20
    assert max(gaps(0)) > 20


@pytest.mark.parametrize("order", ["balanced", "epoch"])
def test_single_portraits_guide_themselves_in_their_share(tmp_path: Path, order: Order) -> None:
    portraits = write_people(tmp_path, 3, 3)[:7]
    pairs = Samples(portraits, Guides(single=0.25, none=0.75), order=order)
    assert pairs.epoch == 6
    guided = [bool(pairs[index].has_points[0]) for index in range(32)]
    assert sum(guided) == pytest.approx(8, abs=6 if order == "balanced" else 0)


def test_single_portraits_stay_out_unless_asked_for(tmp_path: Path) -> None:
    portraits = write_people(tmp_path, 3, 3)[:7]
    pairs, shown = Samples(portraits, Guides(stranger=1), UNFLIPPED), finder(portraits)
    for index in range(8):
        assert {shown(pairs[index].guide).person, shown(pairs[index].target).person} == {"p0", "p1"}


def test_no_single_portraits(dataset: Path) -> None:
    with pytest.raises(DataError, match=r"guides\.single"):
        Samples(read_manifest(dataset), Guides(single=0.1))


def test_a_mirrored_self_guide_teaches_landmarks_and_no_flow(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    plain, mirrored = (Samples(portraits, Guides(self_guide=1, mirror=m), UNFLIPPED)[3] for m in (0, 1))
    np.testing.assert_array_equal(plain.target, mirrored.target)
    np.testing.assert_array_equal(plain.guide[:, ::-1], mirrored.guide)
    np.testing.assert_allclose(mirrored.guide_points, plain.guide_points[MIRRORED] * [-1, 1] + [255, 0])
    assert plain.flow_weight.any()
    assert not mirrored.flow_weight.any()
    assert plain.has_points == mirrored.has_points == 1


def test_weight_is_nothing_in_padding_and_more_on_the_features(dataset: Path) -> None:
    sample = Samples(read_manifest(dataset), Guides(), SampleOptions(flip=False, feature_weight=2))[0]
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
    pairs, seen = Samples(portraits, Guides()), set()
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
        Samples(write_people(tmp_path, 3, 1), Guides())


def test_one_person_has_no_strangers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="only one person"):
        Samples(write_people(tmp_path, 1, 3), Guides(stranger=0.1))


def test_a_setting_without_scale_factors_has_no_large_ones() -> None:
    with pytest.raises(ConfigError, match="set heavy to 0"):
        SampleOptions(heavy=0.5, setting="blur")


def test_shares_above_one() -> None:
    with pytest.raises(ValidationError, match="at most 1"):
        Guides(stranger=0.6, none=0.6)


def test_a_crop_is_the_same_square_of_all_pictures_and_changes_no_other_draw(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    places = set()
    for index in range(8):
        whole, part = (
            Samples(portraits, Guides(), SampleOptions(crop=side), seed=2)[index] for side in (None, 64)
        )
        left, top = (whole.target_points - part.target_points)[0].round().astype(int)
        places.add((left, top))
        assert left % 8 == top % 8 == 0
        square = (slice(top, top + 64), slice(left, left + 64))
        for name in ("degraded", "guide", "target", "weight", "known_flow", "flow_weight"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[square], err_msg=name)
    assert len(places) > 4


def test_texts_have_their_share_and_change_no_face(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    faces, mixed = (Samples(portraits, Guides(), SampleOptions(text=share), seed=2) for share in (0, 0.5))
    texts = [bool(mixed[index].text[0]) for index in range(40)]
    assert 10 < sum(texts) < 30
    for index in range(6):
        same = np.array_equal(faces[index].target, mixed[index].target)
        assert same is not texts[index]
        assert not texts[index] or not mixed[index].has_points[0]


def test_a_compared_methods_degradation_takes_the_same_photos(dataset: Path) -> None:
    portraits = read_manifest(dataset)
    own = SampleOptions(OwnDegradation.model_validate({"scale": [4]}))
    ours, theirs = (Samples(portraits, Guides(), options, seed=3) for options in (None, own))
    for index in range(6):
        np.testing.assert_array_equal(ours[index].target, theirs[index].target)
        np.testing.assert_array_equal(ours[index].guide, theirs[index].guide)
        expected = degrade(images.to_uint8(theirs[index].target), Recipe(scale=4))
        np.testing.assert_array_equal(images.to_uint8(theirs[index].degraded), expected)


def test_a_compared_methods_degradation_has_scales_of_its_own() -> None:
    with pytest.raises(ConfigError, match="scales of its own"):
        SampleOptions(OwnDegradation(), heavy=0.5)
