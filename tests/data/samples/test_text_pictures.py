from __future__ import annotations

import time
import timeit

import numpy as np

from gfrnet.data.samples.text import LETTERS, text_picture


def pictures(count: int = 20) -> list[np.ndarray]:
    return [text_picture(np.random.default_rng(seed)) for seed in range(count)]


def test_pictures_are_grey_and_decided_by_the_rng() -> None:
    first, again, *_ = (text_picture(np.random.default_rng(seed)) for seed in (3, 3))
    assert first.shape == (256, 256, 3)
    assert first.dtype == np.uint8
    assert (first == first[..., :1]).all()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, text_picture(np.random.default_rng(4)))
    assert text_picture(np.random.default_rng(3), 96).shape == (96, 96, 3)


def test_ink_is_darker_than_paper_and_all_parts_show_lines() -> None:
    for picture in pictures():
        grey = picture[..., 0].astype(int)
        paper = np.bincount(grey.ravel()).argmax()
        assert paper == grey.max()
        assert paper - grey.min() >= 95
        inked = grey < (paper + grey.min()) / 2
        assert 0.03 < inked.mean() < 0.4
        for quarter in (inked[:128, :128], inked[:128, 128:], inked[128:, :128], inked[128:, 128:]):
            assert quarter.any()


def test_sizes_and_turns_differ() -> None:
    """Tell sizes by the changes along rows, and turns by the tilt of the rows' darkness."""
    changes = [(np.diff(picture[..., 0].astype(int), axis=1) > 60).mean() for picture in pictures()]
    assert max(changes) > 2 * min(changes)
    straight = sum((picture[..., 0].min(axis=1) == picture.max()).any() for picture in pictures())
    assert straight < 20


def test_letters_are_the_alphabets() -> None:
    assert set(LETTERS) == set("abcdefghijklmnopqrstuvwxyz")


def test_drawing_is_fast() -> None:
    """Allow ten times the 4 ms of a core that it takes, as the machine may be busy."""
    rng = np.random.default_rng(0)
    times = timeit.repeat(lambda: text_picture(rng), timer=time.process_time, number=4, repeat=4)
    assert min(times) / 4 < 0.04
