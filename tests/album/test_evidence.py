"""Evidence that groups of faces show one person, against the densities of normal distributions."""

import numpy as np
import pytest
from drawn_people import drawn

from gfrnet.album import evidence as room
from gfrnet.album.evidence import ALIKE, Means, evidence, links, place


def some_means(groups: int = 40) -> Means:
    """Means of groups of 1 to 9 photos, four groups of each person."""
    rng = np.random.default_rng(1)
    embeddings, _ = drawn(people=groups // 4, photos=4)
    return Means(place(embeddings), rng.integers(1, 10, groups))


def log_density(values: np.ndarray, covariance: np.ndarray) -> float:
    """Logarithm of a normal density of mean 0."""
    _, determinant = np.linalg.slogdet(2 * np.pi * covariance)
    return float(-0.5 * (determinant + values @ np.linalg.solve(covariance, values)))


@pytest.mark.parametrize(("left", "right"), [(0, 1), (0, 5), (7, 30)])
def test_it_is_the_ratio_of_two_densities(left: int, right: int) -> None:
    means = some_means()
    variance = room._model().variance.astype(float)
    noise = [ALIKE + (1 - ALIKE) / means.counts[group] for group in (left, right)]
    one = two = 0.0
    for axis in range(128):
        values = means.points[[left, right], axis].astype(float)
        alone = np.diag(noise) + variance[axis] * np.eye(2)
        shared = np.diag(noise) + variance[axis]
        one += log_density(values, shared)
        two += log_density(values, alone)
    found = evidence(means.of(np.array([left])), means.of(np.array([right])))
    assert found[0] == pytest.approx(one - two, rel=1e-3, abs=1e-2)


def test_one_person_has_more_evidence_than_two() -> None:
    means = Means(some_means().points, np.ones(40, int))
    rows = np.arange(0, 40, 4)
    same = evidence(means.of(rows), means.of(rows + 1))
    other = evidence(means.of(rows), means.of(np.roll(rows, 1)))
    assert same.min() > 0 > other.max()


def test_links_are_all_pairs_with_enough_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROWS", 3)
    means = some_means()
    found = links(means, least=-20, most=40)
    left, right = np.triu_indices(40, 1)
    expected = evidence(means.of(left), means.of(right))
    kept = expected >= -20
    assert set(zip(found.left, found.right, strict=True)) == set(zip(left[kept], right[kept], strict=True))
    by_pair = dict(zip(zip(left, right, strict=True), expected, strict=True))
    wanted = [by_pair[pair] for pair in zip(found.left, found.right, strict=True)]
    np.testing.assert_allclose(found.evidence, wanted, rtol=1e-3, atol=1e-2)


def test_each_group_keeps_its_likeliest_links() -> None:
    means = some_means()
    found = links(means, least=-1e9, most=2)
    for group in range(40):
        others = np.setdiff1d(np.arange(40), [group])
        scores = evidence(means.of(np.full(39, group)), means.of(others))
        best = set(others[np.argsort(-scores)[:2]].tolist())
        linked = {*found.right[found.left == group], *found.left[found.right == group]}
        assert best <= linked
    assert len(found.left) <= 80


def test_links_of_nobody() -> None:
    means = Means(np.empty((0, 128), np.float32), np.empty(0, int))
    assert not len(links(means, 0, 3).left)
