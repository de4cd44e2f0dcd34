"""Describe the shape of a network: frozen, checked, and stored beside the weights."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gfrnet.types import CROP_SIZE


class NetworkShape(BaseModel):
    """Say what a network of any kind takes and gives; each kind adds fields for its parts.

    Attributes:
        size: Side of the pictures in pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    size: int = Field(CROP_SIZE, ge=CROP_SIZE, le=CROP_SIZE)

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide at all."""
        return False

    @property
    def fuses(self) -> bool:
        """Return whether the network takes several guides of a face at once."""
        return False

    @property
    def warps(self) -> bool:
        """Return whether the network gives a flow and the guide warped by it."""
        return False

    @property
    def textures(self) -> bool:
        """Return whether the network can give texture."""
        return False

    @property
    def takes_crops(self) -> bool:
        """Return whether the network can learn from squares cut out of the pictures."""
        return True

    @property
    def predicts_places(self) -> bool:
        """Return whether the network predicts the flow as places; otherwise as offsets from the identity."""
        return False

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the modules that can be frozen, or start from another network's weights."""
        return ()


class GFRNetConfig(NetworkShape):
    """Say what a GFRNet is made of: the paper's networks, its ablations, or ours.

    Attributes:
        kind: ``gfrnet``, also where a file does not name its kind.
        warpnet: Kind of WarpNet. ``paper`` is figure 3. ``matching`` (ours) predicts an offset from the
            identity and refines it by matching. ``pyramid`` (ours) matches from coarse to fine, and every
            stage is supervised. With ``none`` RecNet gets the guide as it is (section 4.5, -W).
        recnet: Kind of RecNet. ``paper`` is figure 4. ``detail`` (ours) adds a residual and bands of the
            warped guide to the degraded photo. ``residual`` (ours) does so with residual blocks on 64 x 64.
        warpnet_width: Channels of WarpNet's first layer; the other layers have multiples of it.
        recnet_width: Channels of RecNet's first layer; the other layers have multiples of it.
        recnet_depth: Residual blocks of a ``residual`` RecNet on each side of each level. The deepest level
            has twice as many in a row.
        guide_attention: Whether a ``residual`` RecNet searches the warped guide around each place with
            cross-attention.
        guide_fusion: Whether a ``residual`` RecNet takes several guides at once and chooses among them place
            by place. Without it the network runs once for each guide, and the results are averaged.
        texture_width: Width of TextureNet (ours), 0 for none. It is a RecNet of the kind ``residual`` that
            goes on from the restored photo. Train it with the adversarial losses once the others are
            finished.
        guided: Whether the network sees a guide at all (false: section 4.5, -WG).
    """

    kind: Literal["gfrnet"] = "gfrnet"
    warpnet: Literal["paper", "matching", "pyramid", "none"] = "paper"
    recnet: Literal["paper", "detail", "residual"] = "paper"
    warpnet_width: int = Field(64, ge=4, le=256)
    recnet_width: int = Field(64, ge=4, le=256)
    recnet_depth: int = Field(1, ge=1, le=16)
    guide_attention: bool = False
    guide_fusion: bool = False
    texture_width: int = Field(0, ge=0, le=256)
    guided: bool = True

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide at all."""
        return self.guided

    @property
    def takes_crops(self) -> bool:
        """Return False: the networks of figure 2 take whole pictures."""
        return False

    @property
    def fuses(self) -> bool:
        """Return whether the network takes several guides of a face at once."""
        return self.guide_fusion

    @property
    def warps(self) -> bool:
        """Return whether there is a WarpNet."""
        return self.warpnet != "none"

    @property
    def textures(self) -> bool:
        """Return whether there is a TextureNet."""
        return self.texture_width > 0

    @property
    def predicts_places(self) -> bool:
        """Return whether WarpNet is the paper's; ours predict offsets from the identity."""
        return self.warpnet == "paper"

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the networks inside."""
        has = {"warpnet": self.warps, "recnet": True, "texturenet": self.textures}
        return tuple(part for part in has if has[part])

    @model_validator(mode="after")
    def _consistent(self) -> GFRNetConfig:
        if not self.guided and self.warpnet != "none":
            raise ValueError("A network without a guide has nothing to warp: set warpnet to none.")
        if self.recnet_depth > 1 and self.recnet != "residual":
            raise ValueError(f"A {self.recnet} RecNet has a depth of its own: set recnet_depth to 1.")
        if self.guide_attention and not (self.recnet == "residual" and self.guided):
            raise ValueError("Attention needs a residual RecNet with a guide: set guide_attention to false.")
        if self.guide_fusion and not (self.recnet == "residual" and self.guided):
            raise ValueError("Fusion needs a residual RecNet with guides: set guide_fusion to false.")
        return self


PAPER = GFRNetConfig()
"""The published networks at full width (figures 3 and 4)."""

SLIM = GFRNetConfig(warpnet="pyramid", recnet="residual", warpnet_width=32, recnet_width=32, recnet_depth=3)
"""WarpNet and RecNet of the embedded model; its TextureNet (width 24) is not in here."""
