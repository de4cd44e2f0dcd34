"""Closeness of groups of faces."""

import numpy as np
import pytest
from drawn_people import drawn

from gfrnet.album import closeness as room
from gfrnet.album.closeness import Means, closeness, crowds, links, mean_faces, remoteness


def some_means(groups: int = 40) -> Means:
    """Means of groups of 1 to 9 photos."""
    counts = np.random.default_rng(1).integers(1, 10, groups)
    embeddings = drawn(people=10, photos=int(counts.sum()) // 10 + 1)[0][: counts.sum()]
    return mean_faces(embeddings, np.repeat(np.arange(groups), counts))


def test_means_are_those_of_the_groups() -> None:
    embeddings, _ = drawn(people=3, photos=2)
    means = mean_faces(embeddings, np.array([1, 0, 1, 2, 2, 1]))
    assert means.counts.tolist() == [1, 3, 2]
    np.testing.assert_allclose(means.points[1], embeddings[[0, 2, 5]].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(means.remote[2], remoteness(embeddings)[3:5].mean(), rtol=1e-5)


def test_joined_means_are_those_of_all_faces() -> None:
    embeddings, _ = drawn(people=2, photos=3)
    means = mean_faces(embeddings, np.array([0, 0, 1, 1, 1, 2]))
    means.join(1, 0)
    expected = mean_faces(embeddings, np.array([0, 0, 0, 0, 0, 1]))
    assert means.counts[1] == 5
    np.testing.assert_allclose(means.points[1], expected.points[0], rtol=1e-5)
    np.testing.assert_allclose(means.remote[1], expected.remote[0], rtol=1e-5)


def test_remoteness_is_the_distance_to_the_nearest_crowd() -> None:
    embeddings, _ = drawn(people=4, photos=1)
    distances = np.linalg.norm(embeddings[:, None] - crowds(), axis=2).min(axis=1)
    np.testing.assert_allclose(remoteness(embeddings), distances**2, rtol=1e-4, atol=1e-5)


def test_strangers_in_a_crowd_must_be_closer_than_far_from_all() -> None:
    middle, step = crowds()[0], np.zeros(128, np.float32)
    step[0] = 0.25
    crowded = mean_faces(np.stack([middle, middle + step]), np.arange(2))
    lonely = mean_faces(np.stack([3 * middle, 3 * middle + step]), np.arange(2))
    pair = np.array([0]), np.array([1])
    values = [closeness(means.of(pair[0]), means.of(pair[1]))[0] for means in (crowded, lonely)]
    assert values[0] < values[1]


def test_a_face_may_be_farther_from_many_photos_than_from_few() -> None:
    points = np.zeros((3, 128), np.float32)
    points[1] = 0.04
    remote = np.full(3, 0.3, np.float32)
    few, many = (Means(points, np.array([1, count, count]), remote) for count in (4, 400))
    face, group, other = np.array([0]), np.array([1]), np.array([2])
    spread = room.SPREAD * (1 / 4 - 1 / 400)
    gained = closeness(many.of(face), many.of(group)) - closeness(few.of(face), few.of(group)) + spread
    assert gained[0] == pytest.approx(room.GROWN * (1 - (3 / 4) ** 4), abs=1e-3)
    # Two large groups gain nothing.
    gained = closeness(many.of(group), many.of(other)) - closeness(few.of(group), few.of(other)) + 2 * spread
    assert gained[0] == pytest.approx(0, abs=1e-6)


def test_links_are_all_close_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROWS", 3)
    monkeypatch.setattr(room, "GROWN", 0)
    monkeypatch.setattr(room, "PAIRS", 7)
    means = some_means()
    left, right = np.triu_indices(40, 1)
    expected = closeness(means.of(left), means.of(right))
    least = float(np.median(expected))
    found = links(means, least, most=40)
    kept = expected >= least
    assert set(zip(found.left, found.right, strict=True)) == set(zip(left[kept], right[kept], strict=True))
    by_pair = dict(zip(zip(left, right, strict=True), expected, strict=True))
    wanted = [by_pair[pair] for pair in zip(found.left, found.right, strict=True)]
    np.testing.assert_allclose(found.closeness, wanted, rtol=1e-3, atol=1e-5)


def test_each_group_keeps_its_closest_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "GROWN", 0)
    means = some_means()
    found = links(means, least=-1e9, most=2)
    for group in range(40):
        others = np.setdiff1d(np.arange(40), [group])
        values = closeness(means.of(np.full(39, group)), means.of(others))
        best = set(others[np.argsort(-values)[:2]].tolist())
        assert best <= {*found.right[found.left == group], *found.left[found.right == group]}
    assert len(found.left) <= 80


def test_links_of_nobody() -> None:
    means = mean_faces(np.empty((0, 128), np.float32), np.empty(0, int))
    assert not len(means.counts)
    assert not len(links(means, 0, 3).left)
