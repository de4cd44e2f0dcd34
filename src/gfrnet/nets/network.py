"""Define what trainer, exporter and runtimes ask of a network of any kind."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from gfrnet.nets.config import NetworkShape


@dataclass(frozen=True)
class Restoration:
    """Hold what a network gives, all in [-1, 1]. Every network restores; the rest depends on the network.

    Attributes:
        restored: (N, 3, 256, 256) the restored photo.
        warped: (N, 3, 256, 256) the guide in the pose of the photo; None from a network that warps nothing.
        flow: (N, 2, 256, 256) where in the guide each pixel was sampled, absolute (x, y); None likewise.
        early: (N, 2, s, s) each, the flows of WarpNet's earlier stages, where it has any.
        textured: (N, 3, 256, 256) the restored photo with texture as photographs have it, where there is a
            TextureNet: likelier to look real, farther from the truth in every pixel.
    """

    restored: Tensor
    warped: Tensor | None = None
    flow: Tensor | None = None
    early: tuple[Tensor, ...] = ()
    textured: Tensor | None = None

    @property
    def last(self) -> Tensor:
        """Return what the last network gave, (N, 3, 256, 256)."""
        return self.restored if self.textured is None else self.textured


class Network(nn.Module):
    """Restore photos; the base of every kind of network.

    The trainer shortens the gradient of each of its children for itself, so layers that learn together
    belong in one child.

    Attributes:
        config: Its shape, and what it takes and gives.
    """

    config: NetworkShape

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch.

        Args:
            degraded: (N, 3, 256, 256) in [-1, 1].
            guide: (N, 3, 256, 256) in [-1, 1], of a network that fuses (N * K, 3, 256, 256); a network
                without a guide ignores it.
            texture: Whether texture is wanted, from networks that can give it.
        """
        raise NotImplementedError

    def flows(self, degraded: Tensor, guide: Tensor) -> list[Tensor]:
        """Find the flows alone, (N, 2, s, s) each, the coarsest first; none without a warp."""
        return []
