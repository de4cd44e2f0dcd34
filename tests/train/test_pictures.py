import numpy as np
import torch

from gfrnet.images import draw_flow, to_uint8
from gfrnet.nets import Restoration, identity_flow
from gfrnet.train.pictures import picture_grid
from gfrnet.types import UInt8Image

COLUMNS = ("degraded", "guide", "warped", "flow", "restored", "target")


def tensors(number: int) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    made = {name: torch.rand((number, 3, 256, 256), generator=rng) * 2 - 1 for name in COLUMNS}
    made["flow"] = (
        identity_flow(256, 256, made["flow"]) + torch.randn((number, 2, 1, 256), generator=rng) / 20
    )
    return made


def draw(made: dict[str, torch.Tensor], rows: int) -> UInt8Image:
    return picture_grid(made, Restoration(made["restored"], made["warped"], made["flow"]), rows)


def test_every_picture_stands_in_its_column() -> None:
    made = tensors(3)
    sheet = draw(made, 2)
    height = sheet.shape[0] // 2
    for row in range(2):
        for column, name in enumerate(COLUMNS):
            left, top = 8 + 264 * column, 8 + height * row
            shown = sheet[top : top + 256, left : left + 256]
            values = made[name][row].permute(1, 2, 0).numpy()
            assert (shown == (draw_flow(values) if name == "flow" else to_uint8(values))).all()


def test_it_takes_what_a_training_step_has_at_hand() -> None:
    made = {name: value.bfloat16().requires_grad_() for name, value in tensors(1).items()}
    assert draw(made, 4).shape == draw(tensors(1), 1).shape


def test_the_longest_displacement_is_named() -> None:
    made = tensors(1)
    made["flow"] = identity_flow(256, 256, made["flow"]) + torch.tensor([0.0, 20 / 255])[:, None, None]
    farther = made | {"flow": made["flow"] + 0.1}
    caption = np.s_[264:, 800:1060]
    assert (draw(made, 1)[caption] != draw(farther, 1)[caption]).any()
