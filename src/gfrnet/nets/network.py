"""Define the interface through which trainer, exporter and runtimes use a network of any kind."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from gfrnet.nets.config import NetworkShape


@dataclass(frozen=True)
class Restoration:
    """Hold a network's output, all in [-1, 1]; only ``restored`` comes from every network.

    Attributes:
        restored: (N, 3, 256, 256) the restored photo.
        warped: (N, 3, 256, 256) the guide in the pose of the photo; None from a network that warps nothing.
        flow: (N, 2, 256, 256) where in the guide each pixel was sampled, absolute (x, y). None from a network
            that warps nothing.
        early: (N, 2, s, s) each, the flows of WarpNet's earlier stages, where it has any.
        textured: (N, 3, 256, 256) the restored photo with texture as photographs have it; None without a
            TextureNet. It looks more real, but its pixels are farther from the truth.
        stages: (N, 3, s, s) each, the results of earlier stages or smaller scales, in the network's order.
            Only networks that learn from them give them.
        points: (N, K, 68, 2) landmarks that K parts of the network found on the photo, the last the finest;
            pixel centres at 256. None from most networks.
    """

    restored: Tensor
    warped: Tensor | None = None
    flow: Tensor | None = None
    early: tuple[Tensor, ...] = ()
    textured: Tensor | None = None
    stages: tuple[Tensor, ...] = ()
    points: Tensor | None = None

    @property
    def last(self) -> Tensor:
        """Return the output of the last network that ran, (N, 3, 256, 256)."""
        return self.restored if self.textured is None else self.textured


class Network(nn.Module):
    """Restore photos; the base of every kind of network.

    The trainer clips the gradient of each child module separately. So layers that learn together belong in
    one child.

    Attributes:
        config: Shape of the network, and what it takes and gives.
    """

    config: NetworkShape

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch.

        Args:
            degraded: (N, 3, 256, 256) in [-1, 1].
            guide: (N, 3, 256, 256) in [-1, 1]; (N * K, 3, 256, 256) for a network that fuses K guides of
                each face. A network without a guide ignores it.
            texture: Whether to compute texture too, in networks that can give it.
        """
        raise NotImplementedError

    def flows(self, degraded: Tensor, guide: Tensor) -> list[Tensor]:
        """Return the flows alone, (N, 2, s, s) each, the coarsest first; empty where nothing is warped."""
        return []
