"""Compute equation 12: every part of the objective, named and weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn

from gfrnet import losses
from gfrnet.nets import PatchDiscriminator, Restoration, identity_flow, to_unit
from gfrnet.train.config import TrainConfig

RECONSTRUCTION = ("l2", "laplacian", "perceptual")
"""The parts that make the reconstruction loss (equation 6)."""


Judges: TypeAlias = Mapping[str, nn.Module]
"""The discriminators by name: ``global``, ``local``, both or none."""


def make_discriminators(config: TrainConfig) -> nn.ModuleDict:
    """Return the discriminators that the config's weights ask for, under the names of `Judges`."""
    weights, shape = config.losses, config.discriminators
    wanted = {"global": weights.adversarial_global, "local": weights.adversarial_local}
    channels = 9 if config.network.takes_guide else 6
    return nn.ModuleDict(
        {
            name: PatchDiscriminator(channels, shape.width, shape.norm)
            for name, weight in wanted.items()
            if weight
        }
    )


class Objective:
    """Compute the objective of a run. All parts are means over samples, so batches may be split evenly."""

    def __init__(self, config: TrainConfig, device: torch.device) -> None:
        """Prepare the parts.

        Raises:
            ModelError: The file of the perceptual loss is missing, no VGG or lacks the layer. Or the file of
                the identity loss is missing or no recogniser.
        """
        self.weights = config.losses.model_dump()
        self.absolute_flow = config.network.predicts_places
        self.warps = config.network.warps
        self.guided = config.network.takes_guide
        self.local_size = config.discriminators.local_size
        self.perceptual_local = config.perceptual.local
        self.vgg = _vgg(config, device)
        self.identity_size = config.identity.size
        self.recogniser = _recogniser(config, device)

    def flow_parts(
        self, flow: Tensor, early: Sequence[Tensor], batch: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the weighed parts of equation 11, and our own flow losses.

        The parts of the last flow are named; those of the earlier flows are summed up as one part.

        Args:
            flow: (N, 2, H, W) absolute (x, y) in [-1, 1].
            early: (N, 2, s, s) each, the flows of earlier stages, absolute.
            batch: As the loader gives it, channels first. If ``truth_flow`` has a weight, it also holds
                ``truth_flow`` (N, 2, H, W), the flow that WarpNet should find.
        """
        parts = self._parts_of(flow, batch)
        if self.weights["early_flow"] and early:
            sums = [total(self._parts_of(one, batch)) for one in early]
            parts["early_flow"] = torch.stack(sums).sum() * self.weights["early_flow"]
        return parts

    def _parts_of(self, flow: Tensor, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the weighed flow losses of one stage; points and known flow belong to the whole picture."""
        whole, size = batch["target"].shape[-1], flow.shape[-1]
        target, guide = to_unit(batch["target_points"], whole), to_unit(batch["guide_points"], whole)
        counts = batch["has_points"][:, 0]
        field = flow if self.absolute_flow else flow - identity_flow(size, size, flow)
        return self._weighed(
            {
                "landmark": lambda: losses.landmark_loss(flow, target, guide, counts),
                "landmark_distance": lambda: losses.landmark_distance_loss(flow, target, guide, counts),
                "tv": lambda: losses.tv_loss(field),
                "dense_flow": lambda: losses.dense_flow_loss(flow, batch["known_flow"], batch["flow_weight"]),
                "truth_flow": lambda: losses.dense_flow_loss(flow, batch["truth_flow"], _around_face(batch)),
            }
        )

    def generator_parts(
        self, result: Restoration, batch: Mapping[str, Tensor], judges: Judges
    ) -> dict[str, Tensor]:
        """Return the weighed parts of equation 12, which WarpNet and RecNet minimise."""
        truth, weight = batch["target"], batch["weight"]
        restored = result.last
        parts = self._weighed(
            {
                "l2": lambda: losses.l2_loss(restored, truth, weight),
                "laplacian": lambda: losses.laplacian_loss(restored, truth, weight),
                "perceptual": lambda: self._perceptual(restored, batch),
                "identity": lambda: self._identity(restored, batch),
            }
        )
        for name, view in self._views(restored, batch, judges).items():
            part = f"adversarial_{name}"
            parts[part] = losses.generator_loss(judges[name](*view)) * self.weights[part]
        if result.flow is None or not self.warps:
            return parts
        return parts | self.flow_parts(result.flow, result.early, batch)

    def discriminator_parts(
        self, restored: Tensor, batch: Mapping[str, Tensor], judges: Judges
    ) -> dict[str, Tensor]:
        """Return what the discriminators minimise: equation 7 with smoothed labels, unweighed.

        Args:
            restored: (N, 3, H, W), detached from the networks.
            batch: As the loader gives it, channels first.
            judges: The discriminators.
        """
        fakes = self._views(restored, batch, judges)
        truths = self._views(batch["target"], batch, judges)
        return {
            f"discriminator_{name}": losses.discriminator_loss(judge(*truths[name]), judge(*fakes[name]))
            for name, judge in judges.items()
        }

    def _views(
        self, picture: Tensor, batch: Mapping[str, Tensor], judges: Judges
    ) -> dict[str, tuple[Tensor, ...]]:
        """Return what each discriminator sees: picture, degraded photo and, where there is one, the guide.

        The local one sees the smallest box around the landmarks; in the guide, around the guide's landmarks.
        """
        size = picture.shape[-1]
        pictures = [losses.keep_padding(picture, batch["target"], _real(batch)), batch["degraded"]]
        points = [batch["target_points"], batch["target_points"]]
        if self.guided:
            pictures.append(batch["guide"])
            points.append(batch["guide_points"])
        views = {"global": tuple(pictures)}
        if "local" in judges:
            views["local"] = tuple(
                losses.crop_boxes(whole, losses.landmark_boxes(here, size), self.local_size)
                for whole, here in zip(pictures, points, strict=True)
            )
        return {name: views[name] for name in judges}

    def _perceptual(self, restored: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        assert self.vgg is not None, "a weight without a VGG is refused by the config"
        pictures = [restored, batch["target"], _real(batch)]
        if self.perceptual_local:
            pictures = _faces(pictures, batch, self.local_size)
        return losses.perceptual_loss(self.vgg, *pictures)

    def _identity(self, restored: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        assert self.recogniser is not None, "a weight without a recogniser is refused by the config"
        truth = batch["target"]
        kept = losses.keep_padding(restored, truth, _real(batch))
        return losses.identity_loss(self.recogniser, *_faces([kept, truth], batch, self.identity_size))

    def _weighed(self, parts: Mapping[str, Callable[[], Tensor]]) -> dict[str, Tensor]:
        """Compute and weigh the parts whose weight is not 0; the others are never computed."""
        return {name: part() * self.weights[name] for name, part in parts.items() if self.weights[name]}


def total(parts: Mapping[str, Tensor]) -> Tensor:
    """Return the sum of all parts."""
    return torch.stack(list(parts.values())).sum()


def _faces(pictures: Sequence[Tensor], batch: Mapping[str, Tensor], size: int) -> list[Tensor]:
    """Cut the smallest box around the target's landmarks out of each picture, as (N, C, size, size)."""
    boxes = losses.landmark_boxes(batch["target_points"], pictures[0].shape[-1])
    return [losses.crop_boxes(whole, boxes, size) for whole in pictures]


def _around_face(batch: Mapping[str, Tensor]) -> Tensor:
    """Return (N, 1, H, W): the weight of each pixel in the box around the target's landmarks.

    It is 0 outside the box, and everywhere in a sample without a guide.
    """
    size = batch["target"].shape[-1]
    left, top, right, bottom = (
        edge[:, None] for edge in losses.landmark_boxes(batch["target_points"], size).unbind(1)
    )
    places = torch.arange(size, device=left.device) + 0.5
    across, down = (places > left) & (places < right), (places > top) & (places < bottom)
    box = down[:, None, :, None] & across[:, None, None]
    return batch["weight"] * box * batch["has_points"][..., None, None]


def _real(batch: Mapping[str, Tensor]) -> Tensor:
    """Return (N, 1, H, W): 1 in the unpadded part of the targets, else 0."""
    return (batch["weight"] > 0).to(batch["weight"].dtype)


def _vgg(config: TrainConfig, device: torch.device) -> losses.VGGFeatures | None:
    wanted = config.perceptual
    if not config.losses.perceptual or wanted.weights is None:
        return None
    vgg = losses.load_vgg(wanted.weights, wanted.layer, wanted.preprocessing)
    return vgg.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _recogniser(config: TrainConfig, device: torch.device) -> losses.Recogniser | None:
    if not config.losses.identity or config.identity.weights is None:
        return None
    recogniser = losses.load_recogniser(config.identity.weights)
    return recogniser.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
