"""Test that options refuse what makes no sense."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest
from PIL import Image

from fakes import BLANK, FACE
from gfrnet.errors import (
    ConfigError,
    ImageTooLargeError,
)
from gfrnet.restore import RestoreOptions, Restorer
from gfrnet.restore.options import OptionChanges, as_options
from gfrnet.types import UInt8Image


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"strength": 1.5}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"fidelity": -0.1}, "fidelity"),
        ({"scale": 0.5}, "scale"),
        ({"scale": "2"}, "scale"),
        ({"strength": "all"}, "strength"),
        ({"fidelity": "1"}, "fidelity"),
        ({"fuse": 0}, "fuse"),
        ({"fuse": 1.5}, "fuse"),
        ({"fuse": True}, "fuse"),
        ({"scale": True}, "scale"),
        ({"places": [(176, 77, 276, 177)]}, r"places .*gfrnet\.types\.Box\(left, top, right, bottom\)"),
        ({"places": FACE}, "places must be a list"),
        ({"places": np.zeros((2, 4))}, "places must be a list"),
        ({"places": []}, "places"),
        ({"places": [FACE], "cropped": True}, "cropped"),
        ({"scale": 10**400}, "scale"),
        ({"options": {"scale": 2}}, "options must be a gfrnet.RestoreOptions, got dict"),
    ],
)
def test_impossible_options_are_refused(
    restorer: Restorer, portrait: UInt8Image, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        restorer.restore(portrait, [portrait], **options)  # type: ignore[arg-type]


def test_guides_refuse_options_of_another_type(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(ConfigError, match="options must be"):
        restorer.guides(portrait, {"cropped": True})  # type: ignore[arg-type]


def test_numpy_numbers_are_accepted(restorer: Restorer, portrait: UInt8Image) -> None:
    result = restorer.restore(portrait, [portrait], scale=np.float32(1), fuse=np.int64(1), places=[FACE])  # type: ignore[arg-type]
    assert result.count("restored") == 1


def test_a_pillow_image_is_refused_with_its_conversion(restorer: Restorer, portrait: UInt8Image) -> None:
    image = Image.fromarray(portrait)
    with pytest.raises(ConfigError, match=r"^photo must be .*np\.asarray\(image"):
        restorer.restore(image, [portrait])  # type: ignore[arg-type]
    for guides in (image, [portrait, image]):
        with pytest.raises(ConfigError, match=r"^guides must be .*np\.asarray\(image"):
            restorer.restore(portrait, guides)  # type: ignore[arg-type]


def test_a_result_that_would_be_too_large_is_refused(restorer: Restorer) -> None:
    with pytest.raises(ImageTooLargeError, match="Enlarge it less"):
        restorer.restore(np.zeros((1000, 2000, 3), np.uint8), [BLANK], scale=16)


def test_options_refuse_wrong_types_and_do_not_change() -> None:
    options = RestoreOptions(scale=2, fidelity=0)
    assert replace(options, scale=3) == RestoreOptions(scale=3, fidelity=0)
    with pytest.raises(FrozenInstanceError):
        options.scale = 4  # type: ignore[misc]
    for wrong in ({"force": "yes"}, {"cropped": None}, {"thorough": 1}):
        with pytest.raises(ConfigError, match="True or False"):
            RestoreOptions(**wrong)  # type: ignore[arg-type]


def test_options_and_their_fields_give_the_same(restorer: Restorer, portrait: UInt8Image) -> None:
    options = RestoreOptions(scale=1.5, strength=0.5)
    one = restorer.restore(portrait, portrait, options, places=[FACE])
    other = restorer.restore(portrait, portrait, scale=1.5, strength=0.5, places=[FACE])
    both = restorer.restore(portrait, portrait, options, strength=1, places=[FACE])
    assert (one.photo.pixels == other.photo.pixels).all()
    assert (one.photo.pixels != both.photo.pixels).any()
    assert both.photo.width == one.photo.width


def test_a_misspelled_option_is_named_with_the_right_one() -> None:
    with pytest.raises(ConfigError, match=r"scael is no option\. Choose scale\."):
        as_options(None, {"scael": 3})  # type: ignore[typeddict-unknown-key]
    with pytest.raises(ConfigError, match=r"xyz is no option\. Choose scale or strength or"):
        as_options(None, {"xyz": 3})  # type: ignore[typeddict-unknown-key]


def test_the_changes_name_the_fields_of_the_options() -> None:
    hints = {field.name: field.type for field in fields(RestoreOptions)}
    assert {name: value.__forward_arg__ for name, value in OptionChanges.__annotations__.items()} == hints
