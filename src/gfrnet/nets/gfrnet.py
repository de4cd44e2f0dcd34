"""GFRNet: the guide is warped onto the pose of the bad photo, then both give the restored one (figure 2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import Any

from huggingface_hub import PyTorchModelHubMixin, hf_hub_download
from torch import Tensor, nn

from gfrnet.errors import ModelError
from gfrnet.nets.config import GFRNetConfig
from gfrnet.nets.fusion import first_of_each, for_each_guide
from gfrnet.nets.paper import RecNet, WarpNet
from gfrnet.nets.pyramid import PyramidWarpNet
from gfrnet.nets.residual import ResidualRecNet
from gfrnet.nets.safetensors import read_weights, write_weights
from gfrnet.nets.slim import DetailRecNet, MatchingWarpNet
from gfrnet.nets.texture import TextureNet
from gfrnet.nets.warp import identity_flow, warp

WEIGHTS = "model.safetensors"
"""File of the weights in a folder of ``save_pretrained``."""

MODEL_CARD = """---
{{ card_data }}
---

# GFRNet

Restores a bad photo of a face from a good photo of the same person (Learning Warped Guidance for Blind Face
Restoration, ECCV 2018). The weights carry the licence of the data that they were trained on.

```python
from gfrnet.nets import GFRNet

network = GFRNet.from_pretrained("{{ repo_id | default("OWNER/NAME") }}")
result = network(degraded, guide)  # (N, 3, 256, 256) each, in [-1, 1]
```
"""


@dataclass(frozen=True)
class Restoration:
    """What a GFRNet gives, all in [-1, 1].

    Attributes:
        restored: (N, 3, 256, 256) the restored photo.
        warped: (N, 3, 256, 256) the guide in the pose of the photo.
        flow: (N, 2, 256, 256) where in the guide each pixel was sampled, absolute (x, y).
        early: (N, 2, s, s) each, the flows of WarpNet's earlier stages, where it has any.
        textured: (N, 3, 256, 256) the restored photo with texture as photographs have it, where there is a
            TextureNet: likelier to look real, farther from the truth in every pixel.
    """

    restored: Tensor
    warped: Tensor
    flow: Tensor
    early: tuple[Tensor, ...] = ()
    textured: Tensor | None = None

    @property
    def last(self) -> Tensor:
        """(N, 3, 256, 256) what the last network gave."""
        return self.restored if self.textured is None else self.textured


class GFRNet(
    nn.Module,
    PyTorchModelHubMixin,
    library_name="gfrnet",
    tags=["face-restoration", "reference-based", "image-restoration"],
    license="other",
    pipeline_tag="image-to-image",
    model_card_template=MODEL_CARD,
    coders={GFRNetConfig: (lambda config: config.model_dump(mode="json"), GFRNetConfig.model_validate)},
):
    """The whole network of figure 2, in the shape that its config says.

    ``save_pretrained(folder)`` writes weights, ``config.json`` and a model card; ``push_to_hub(repository)``
    uploads the same; `from_pretrained` opens both.
    """

    def __init__(self, config: GFRNetConfig) -> None:
        super().__init__()
        self.config = config
        self.warpnet = _warpnet(config)
        self.recnet = _recnet(config)
        width = config.texture_width
        self.texturenet = TextureNet(width, config.guided) if width else None

    def forward(self, degraded: Tensor, guide: Tensor, texture: bool = True) -> Restoration:
        """Restore a batch.

        Args:
            degraded: (N, 3, 256, 256) in [-1, 1].
            guide: (N, 3, 256, 256) in [-1, 1]; all zeros means that there is no guide. A network with
                ``guide_fusion`` takes K of each face, (N * K, 3, 256, 256), those of a face after one
                another; warped guide, flows and texture are those of the first.
            texture: Whether TextureNet, where there is one, goes on from the restored photo.
        """
        flows = self.flows(degraded, guide)
        warped = guide if self.warpnet is None else warp(guide, flows[-1])
        restored = self.recnet(degraded, *((warped,) if self.config.guided else ()))
        if self.config.guide_fusion:
            warped, *flows = (first_of_each(values, degraded.shape[0]) for values in (warped, *flows))
        *early, flow = flows
        textured = None
        if self.texturenet is not None and texture:
            textured = self.texturenet(restored, *((warped,) if self.config.guided else ()))
        return Restoration(restored, warped, flow, tuple(early), textured)

    def flows(self, degraded: Tensor, guide: Tensor) -> list[Tensor]:
        """The flows of WarpNet's stages, (N * K, 2, s, s) with the coarsest first; the last has s = 256."""
        if self.warpnet is None:
            return [self.no_flow(guide)]
        if isinstance(self.warpnet, PyramidWarpNet):  # looks at each photo once
            return list(self.warpnet(degraded, guide))
        beside = for_each_guide(degraded, guide) if self.config.guide_fusion else degraded
        found = self.warpnet(beside, guide)
        return found if isinstance(found, list) else [found]

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> GFRNet:  # noqa: ANN401
        """Open a folder of ``save_pretrained`` or a repository on the Hugging Face hub, ready to restore.

        Args:
            pretrained_model_name_or_path: The folder, or the repository's name.
            options: Of the download: ``revision``, ``token``, ``cache_dir``, ``force_download``,
                ``local_files_only``.

        Raises:
            ModelError: It is not there, or holds no ``model.safetensors`` of a GFRNet. Pickled weights are
                never read.
        """
        try:
            network: GFRNet = super().from_pretrained(pretrained_model_name_or_path, **options)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{pretrained_model_name_or_path} is no folder or repository with {WEIGHTS}: {error}"
            ) from error
        return network

    @classmethod
    def _from_pretrained(cls, *, model_id: str, config: object = None, **download: Any) -> GFRNet:  # noqa: ANN401
        # The config that counts is the one inside the weights' file.
        folder = Path(model_id)
        return load_safetensors(
            folder / WEIGHTS if folder.is_dir() else Path(hf_hub_download(model_id, WEIGHTS, **download))
        )

    def _save_pretrained(self, save_directory: Path) -> None:
        save_safetensors(self, save_directory / WEIGHTS)

    @staticmethod
    def no_flow(degraded: Tensor) -> Tensor:
        """(N, 2, H, W): the identity flow, for networks that do not warp."""
        count, _, height, width = degraded.shape
        return identity_flow(height, width, degraded).expand(count, -1, -1, -1)


def save_safetensors(network: GFRNet, path: Path, half: bool = False) -> None:
    """Write a network, its config included, as one safetensors file.

    Args:
        network: The network.
        path: The file; its folder is made where it is missing.
        half: Whether the weights are rounded to half precision.

    Raises:
        WriteError: The folder is read-only or the disk is full; an older file stays as it was.
    """
    write_weights(network.config, network.state_dict(), path, half)


def load_safetensors(path: Path) -> GFRNet:
    """The network of a file that `save_safetensors` wrote, in full precision, ready to restore.

    Raises:
        ModelError: The file is missing, broken or was written by something else.
    """
    config, state = read_weights(path)
    network = GFRNet(config)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        # torch names every single tensor that does not fit.
        reason = shorten(str(error), 300)
        raise ModelError(f"{path}: weights and config do not fit: {reason}. Export it again.") from error
    return network.eval()


def _warpnet(config: GFRNetConfig) -> nn.Module | None:
    match config.warpnet:
        case "paper":
            return WarpNet(config.warpnet_width)
        case "matching":
            return MatchingWarpNet(config.warpnet_width)
        case "pyramid":
            return PyramidWarpNet(config.warpnet_width)
        case "none":
            return None


def _recnet(config: GFRNetConfig) -> nn.Module:
    match config.recnet:
        case "paper":
            return RecNet(config.recnet_width, 6 if config.guided else 3)
        case "detail":
            return DetailRecNet(config.recnet_width, config.guided)
        case "residual":
            return ResidualRecNet(
                config.recnet_width,
                config.guided,
                config.recnet_depth,
                config.guide_attention,
                config.guide_fusion,
            )
