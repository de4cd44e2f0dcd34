import math

import numpy as np
import pytest
import torch

from gfrnet.losses import crop_boxes, discriminator_loss, generator_loss, landmark_boxes
from gfrnet.nets import PatchDiscriminator


def test_discriminator_loss_by_hand() -> None:
    real, fake = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.5, 3.0]])
    said = [1 / (1 + math.exp(-x)) for x in (2.0, -1.0)]
    lied = [1 / (1 + math.exp(-x)) for x in (0.5, 3.0)]
    wanted = -sum(0.9 * math.log(p) + 0.1 * math.log(1 - p) for p in said) / 2
    wanted -= sum(math.log(1 - p) for p in lied) / 2
    assert float(discriminator_loss(real, fake)) == pytest.approx(wanted, rel=1e-5)


def test_the_best_discriminator_says_nine_tenths() -> None:
    real = torch.tensor([math.log(0.9 / 0.1)], requires_grad=True)
    discriminator_loss(real, torch.tensor([-50.0])).backward()
    assert float(real.grad) == pytest.approx(0, abs=1e-6)


def test_generator_loss_by_hand_does_not_saturate() -> None:
    logits = torch.tensor([0.0, -20.0], requires_grad=True)
    loss = generator_loss(logits)
    loss.backward()
    assert float(loss.detach()) == pytest.approx((math.log(2) + 20) / 2, rel=1e-5)
    np.testing.assert_allclose(logits.grad, [-0.25, -0.5], atol=1e-5)


def test_box_encloses_the_pixels_of_all_landmarks() -> None:
    points = torch.tensor([[[30.0, 50.0], [10.0, 60.0], [20.0, 90.5]]])
    assert landmark_boxes(points, 128).tolist() == [[10.0, 50.0, 31.0, 91.5]]


@pytest.mark.parametrize(
    ("low", "high", "box"),
    [
        ((-20.0, 5.0), (40.0, 300.0), [0.0, 5.0, 41.0, 128.0]),
        ((60.0, 60.0), (61.0, 60.0), [60.0, 60.0, 68.0, 68.0]),
        ((200.0, 127.0), (220.0, 127.0), [120.0, 120.0, 128.0, 128.0]),
        ((-30.0, -9.0), (-20.0, -1.0), [0.0, 0.0, 8.0, 8.0]),
    ],
)
def test_box_stays_in_the_picture_and_wide_enough(
    low: tuple[float, float], high: tuple[float, float], box: list[float]
) -> None:
    assert landmark_boxes(torch.tensor([[low, high]]), 128).tolist() == [box]


def test_crop_of_whole_pixels_is_these_pixels() -> None:
    pictures = torch.rand(2, 3, 24, 40)
    boxes = torch.tensor([[3.0, 5.0, 19.0, 21.0], [24.0, 8.0, 40.0, 24.0]])
    wanted = torch.stack((pictures[0, :, 5:21, 3:19], pictures[1, :, 8:24, 24:40]))
    torch.testing.assert_close(crop_boxes(pictures, boxes, 16), wanted, atol=1e-5, rtol=0)


def test_crop_resizes_a_ramp_to_pixel_centres() -> None:
    """Read the sampled places off a ramp: the box 4..20 in 8 steps has centres 5, 7, .. 19."""
    ramp = (torch.arange(32.0) + 0.5).expand(1, 1, 32, 32)
    crop = crop_boxes(ramp, torch.tensor([[4.0, 0.0, 20.0, 32.0]]), 8)
    np.testing.assert_allclose(crop[0, 0], np.tile(np.arange(5.0, 20, 2), (8, 1)), atol=1e-4)


def test_crop_passes_the_gradient_to_the_box_only() -> None:
    picture = torch.rand(1, 1, 16, 16, requires_grad=True)
    crop_boxes(picture, torch.tensor([[2.0, 4.0, 10.0, 12.0]]), 8).sum().backward()
    wanted = torch.zeros(1, 1, 16, 16)
    wanted[..., 4:12, 2:10] = 1
    torch.testing.assert_close(picture.grad, wanted, atol=1e-4, rtol=0)


def test_a_discriminator_learns_to_tell_and_its_gradient_restores() -> None:
    """Train on flat against noisy patches until logits part, then follow the gradient to real ones."""
    torch.manual_seed(0)
    network = PatchDiscriminator(3, 8, "instance")
    optimizer = torch.optim.Adam(network.parameters(), 2e-3, betas=(0.5, 0.999))
    fake = 0.1 * torch.rand(2, 3, 64, 64)
    for _ in range(15):
        optimizer.zero_grad()
        loss = discriminator_loss(network(torch.rand(2, 3, 64, 64) * 2 - 1), network(fake))
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.6
    fake.requires_grad_()
    before = generator_loss(network(fake))
    before.backward()
    better = fake.detach() - 0.02 * fake.grad.sign()
    assert float(generator_loss(network(better)).detach()) < float(before.detach())
