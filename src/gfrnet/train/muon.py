"""Join Muon (Jordan et al., 2024) for convolution kernels and Adam for all else in one optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

KERNEL = 4
"""Dimensions of a convolution's weights."""


class Muon(torch.optim.Optimizer):
    """Step kernels along the orthogonal matrix nearest to their mean gradient, and all else with Adam.

    torch's Muon takes matrices only, so a kernel (O, I, K, K) goes through it as (O, I * K * K). Its steps
    are as large as Adam's, so one learning rate serves both. The source is equation 4 of Liu et al., Muon is
    Scalable for LLM Training, 2025.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], betas: tuple[float, float]) -> None:
        """Share the parameters out. The learning rate is 0 until the caller sets it, before every step.

        Args:
            parameters: Parameters that learn.
            betas: Decays of Adam's moments.
        """
        super().__init__(parameters, {"lr": 0.0})
        self.kernels = [parameter for parameter in parameters if parameter.ndim == KERNEL]
        self.matrices = [nn.Parameter(_matrix(kernel)) for kernel in self.kernels]
        others = [parameter for parameter in parameters if parameter.ndim != KERNEL]
        self.parts: dict[str, torch.optim.Optimizer] = {}
        if self.matrices:
            self.parts["muon"] = torch.optim.Muon(
                self.matrices, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"
            )
        if others:
            self.parts["adam"] = torch.optim.Adam(others, betas=betas)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Make one step with the gradients as they are."""
        self._follow()
        for kernel, matrix in zip(self.kernels, self.matrices, strict=True):
            matrix.grad = None if kernel.grad is None else kernel.grad.flatten(1)
        for part in self.parts.values():
            for group in part.param_groups:
                group["lr"] = self.param_groups[0]["lr"]
            part.step()
        for kernel, matrix in zip(self.kernels, self.matrices, strict=True):
            kernel.copy_(matrix.view_as(kernel))

    def _follow(self) -> None:
        """Give the matrices the kernels' present values, on the kernels' device."""
        for kernel, matrix in zip(self.kernels, self.matrices, strict=True):
            matrix.data = _matrix(kernel)

    def state_dict(self) -> dict[str, Any]:
        """Return the states of both optimizers."""
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from an earlier state."""
        self._follow()
        for name, part in self.parts.items():
            part.load_state_dict(state_dict[name])


def _matrix(kernel: nn.Parameter) -> Tensor:
    """Copy a kernel (O, I, K, K) as a matrix (O, I * K * K)."""
    return kernel.detach().clone(memory_format=torch.contiguous_format).flatten(1)
