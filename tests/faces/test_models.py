from __future__ import annotations

from gfrnet.faces import models


def test_two_searches_at_once_never_share_a_detector_and_later_ones_take_a_free_one() -> None:
    with models.hog_detector() as first, models.hog_detector() as second:
        assert first is not second
    with models.hog_detector() as third:
        assert third is first or third is second


def test_a_detector_comes_back_from_a_search_that_fails() -> None:
    try:
        with models.hog_detector() as failed:
            raise ValueError
    except ValueError:
        pass
    with models.hog_detector() as detector:
        assert detector is failed
