"""Restore with GFRNet: warp the guide into the pose of the bad photo, then restore from both (figure 2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggingface_hub import PyTorchModelHubMixin, hf_hub_download
from torch import Tensor, nn

from gfrnet.errors import ModelError
from gfrnet.nets.config import GFRNetConfig
from gfrnet.nets.fusion import first_of_each, for_each_guide
from gfrnet.nets.network import Network, Restoration
from gfrnet.nets.paper import RecNet, WarpNet
from gfrnet.nets.predecessors import DetailRecNet, MatchingWarpNet
from gfrnet.nets.pyramid import PyramidWarpNet
from gfrnet.nets.residual import ResidualRecNet
from gfrnet.nets.safetensors import read_network, write_weights
from gfrnet.nets.texture import TextureNet
from gfrnet.nets.warp import warp

WEIGHTS = "model.safetensors"
"""File name of the weights in a folder that ``save_pretrained`` wrote."""

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


class GFRNet(
    Network,
    PyTorchModelHubMixin,
    library_name="gfrnet",
    tags=["face-restoration", "reference-based", "image-restoration"],
    license="other",
    pipeline_tag="image-to-image",
    model_card_template=MODEL_CARD,
    coders={GFRNetConfig: (lambda config: config.model_dump(mode="json"), GFRNetConfig.model_validate)},
):
    """Restore with the whole network of figure 2; the config decides its shape.

    ``save_pretrained(folder)`` writes weights, ``config.json`` and a model card; ``push_to_hub(repository)``
    uploads the same; `from_pretrained` opens both.
    """

    config: GFRNetConfig

    def __init__(self, config: GFRNetConfig) -> None:
        super().__init__()
        self.config = config
        self.warpnet = _warpnet(config)
        self.recnet = _recnet(config)
        width = config.texture_width
        self.texturenet = TextureNet(width, config.guided) if width else None

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch.

        Args:
            degraded: (N, 3, 256, 256) in [-1, 1].
            guide: (N, 3, 256, 256) in [-1, 1]; all zeros means that there is no guide. A network with
                ``guide_fusion`` takes K guides of each face, (N * K, 3, 256, 256). The guides of a face
                follow one another. Warped guide, flows and texture then come from the first guide. A network
                without a guide ignores it.
            texture: Whether to run TextureNet, where there is one, on the restored photo.
        """
        if guide is None or not self.config.guided:
            restored = self.recnet(degraded)
            return Restoration(restored, textured=self._textured(restored, (), texture))
        flows = self.flows(degraded, guide)
        warped = warp(guide, flows[-1]) if flows else guide
        restored = self.recnet(degraded, warped)
        if self.config.guide_fusion:
            warped, *flows = (first_of_each(values, degraded.shape[0]) for values in (warped, *flows))
        textured = self._textured(restored, (warped,), texture)
        if not flows:
            return Restoration(restored, textured=textured)
        *early, flow = flows
        return Restoration(restored, warped, flow, tuple(early), textured)

    def _textured(self, restored: Tensor, guides: tuple[Tensor, ...], wanted: bool) -> Tensor | None:
        return self.texturenet(restored, *guides) if self.texturenet is not None and wanted else None

    def flows(self, degraded: Tensor, guide: Tensor) -> list[Tensor]:
        """Return the flows of WarpNet's stages, (N * K, 2, s, s) each, the coarsest first.

        The last one has s = 256. Without a WarpNet the list is empty.
        """
        if self.warpnet is None:
            return []
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
            options: Options of the download: ``revision``, ``token``, ``cache_dir``, ``force_download``,
                ``local_files_only``.

        Raises:
            ModelError: There is no such folder or repository, or it holds no ``model.safetensors`` of a
                GFRNet. Pickled weights are never read.
        """
        try:
            network: GFRNet = super().from_pretrained(pretrained_model_name_or_path, **options)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{pretrained_model_name_or_path} is no folder or repository with {WEIGHTS} "
                f"({error}). Check the name and the connection."
            ) from error
        return network

    @classmethod
    def _from_pretrained(cls, *, model_id: str, config: object = None, **download: Any) -> GFRNet:  # noqa: ANN401
        # The config inside the weights' file counts, not `config.json`.
        folder = Path(model_id)
        path = folder / WEIGHTS if folder.is_dir() else Path(hf_hub_download(model_id, WEIGHTS, **download))
        return read_network(path, lambda text: cls(GFRNetConfig.model_validate_json(text)))

    def _save_pretrained(self, save_directory: Path) -> None:
        write_weights(self.config, self.state_dict(), save_directory / WEIGHTS, half=False)


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
