from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gfrnet.nets.compared.haar import haar_packet, inverse_haar_packet


def split(picture: Tensor) -> list[Tensor]:
    """Split one channel (H, W) into average, columns, rows and both, by sums over each 2 x 2 pixels."""
    a, b, c, d = picture[::2, ::2], picture[::2, 1::2], picture[1::2, ::2], picture[1::2, 1::2]
    return [(a + b + c + d) / 2, (a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2]


def kernel(index: int, levels: int) -> Tensor:
    """Return the square of pixels that one coefficient of 1 stands for."""
    coefficients = torch.zeros(1, 4**levels, 1, 1)
    coefficients[0, index] = 1
    return inverse_haar_packet(coefficients, levels)[0, 0]


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_packets_are_each_others_inverse(levels: int) -> None:
    pictures = torch.randn(2, 3, 16, 24)
    coefficients = haar_packet(pictures, levels)
    assert coefficients.shape == (2, 3 * 4**levels, 16 / 2**levels, 24 / 2**levels)
    torch.testing.assert_close(inverse_haar_packet(coefficients, levels), pictures)
    torch.testing.assert_close(haar_packet(inverse_haar_packet(coefficients, levels), levels), coefficients)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_packet_is_orthonormal_with_equal_entries(levels: int) -> None:
    kernels = torch.stack([kernel(index, levels).flatten() for index in range(4**levels)])
    torch.testing.assert_close(kernels @ kernels.T, torch.eye(4**levels))
    assert torch.equal(kernels.abs(), torch.full_like(kernels, 2.0**-levels))


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_index_names_the_finest_band_first(levels: int) -> None:
    picture = torch.randn(16, 16)
    found = haar_packet(picture[None, None], levels)[0]
    for index in range(4**levels):
        expected = picture
        for level in reversed(range(levels)):  # the finest level is split first
            expected = split(expected)[index // 4**level % 4]
        torch.testing.assert_close(found[index], expected)


def test_kernels_equal_those_of_the_authors_file() -> None:
    """Compare with values of ``rec4`` in wavelet_weights_c2.pkl of hhb072/WaveletSRNet."""
    columns, rows = torch.tensor([1.0, 1, -1, -1]) / 4, torch.tensor([1.0, -1, 1, -1]) / 4
    assert torch.equal(kernel(0, 2), torch.full((4, 4), 0.25))
    assert torch.equal(kernel(1, 2), columns.expand(4, 4))
    assert torch.equal(kernel(2, 2), columns[:, None].expand(4, 4))
    assert torch.equal(kernel(4, 2), rows.expand(4, 4))
    assert torch.equal(kernel(6, 2), columns[:, None] * rows * 4)
    assert torch.equal(kernel(9, 2), rows[:, None] * columns * 4)


def test_the_colours_of_a_coefficient_lie_together() -> None:
    pictures = torch.randn(1, 3, 8, 8)
    found = haar_packet(pictures, 2).unflatten(1, (16, 3))
    for colour in range(3):
        alone = haar_packet(pictures[:, colour : colour + 1], 2)
        torch.testing.assert_close(found[:, :, colour], alone)


def test_autocast_and_gradients() -> None:
    pictures = torch.randn(1, 3, 16, 16, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        coefficients = haar_packet(pictures, 2)
        again = inverse_haar_packet(coefficients, 2)
    torch.testing.assert_close(again, pictures)
    (gradient,) = torch.autograd.grad(coefficients.square().sum() / 2, pictures)
    torch.testing.assert_close(gradient, pictures)


def test_sizes_must_fit() -> None:
    with pytest.raises(ValueError, match="multiples of 8"):
        haar_packet(torch.zeros(1, 3, 12, 16), 3)
    with pytest.raises(ValueError, match="multiple of 16 channels, not 12"):
        inverse_haar_packet(torch.zeros(1, 12, 4, 4), 2)
