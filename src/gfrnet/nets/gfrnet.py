"""GFRNet: the guide is warped onto the pose of the bad photo, then both give the restored one (figure 2)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from gfrnet.nets.config import GFRNetConfig
from gfrnet.nets.paper import RecNet, WarpNet
from gfrnet.nets.slim import DetailRecNet, MatchingWarpNet
from gfrnet.nets.warp import identity_flow, warp


@dataclass(frozen=True)
class Restoration:
    """What a GFRNet gives, all in [-1, 1].

    Attributes:
        restored: (N, 3, 256, 256) the restored photo.
        warped: (N, 3, 256, 256) the guide in the pose of the photo.
        flow: (N, 2, 256, 256) where in the guide each pixel was sampled, absolute (x, y).
    """

    restored: Tensor
    warped: Tensor
    flow: Tensor


class GFRNet(nn.Module):
    """The whole network of figure 2, in the shape that its config says."""

    def __init__(self, config: GFRNetConfig) -> None:
        super().__init__()
        self.config = config
        self.warpnet = _warpnet(config)
        self.recnet = _recnet(config)

    def forward(self, degraded: Tensor, guide: Tensor) -> Restoration:
        """Restore a batch.

        Args:
            degraded: (N, 3, 256, 256) in [-1, 1].
            guide: (N, 3, 256, 256) in [-1, 1]; all zeros means that there is no guide.
        """
        if not self.config.guided:
            return Restoration(self.recnet(degraded), guide, self.no_flow(degraded))
        if self.warpnet is None:
            return Restoration(self.recnet(degraded, guide), guide, self.no_flow(degraded))
        flow = self.warpnet(degraded, guide)
        warped = warp(guide, flow)
        return Restoration(self.recnet(degraded, warped), warped, flow)

    @staticmethod
    def no_flow(degraded: Tensor) -> Tensor:
        """(N, 2, H, W): the identity flow, for networks that do not warp."""
        count, _, height, width = degraded.shape
        return identity_flow(height, width, degraded).expand(count, -1, -1, -1)


def _warpnet(config: GFRNetConfig) -> nn.Module | None:
    match config.warpnet:
        case "paper":
            return WarpNet(config.warpnet_width)
        case "matching":
            return MatchingWarpNet(config.warpnet_width)
        case "none":
            return None


def _recnet(config: GFRNetConfig) -> nn.Module:
    if config.recnet == "paper":
        return RecNet(config.recnet_width, 6 if config.guided else 3)
    return DetailRecNet(config.recnet_width, config.guided)
