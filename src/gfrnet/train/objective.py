"""Compute equation 12: every part of the objective, named and weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from gfrnet import losses
from gfrnet.nets import Restoration, identity_flow, to_unit
from gfrnet.nets.compared import WaveletSRNetConfig
from gfrnet.train.config import TrainConfig
from gfrnet.train.game import Game, Judges

RECONSTRUCTION = ("l2", "laplacian", "perceptual", "wavelet")
"""The parts that make the reconstruction loss (equation 6)."""


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
        self.game = Game(config)
        self.wavelet_levels = _wavelet_levels(config)
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
                "stages": lambda: losses.stages_loss(result.stages, truth, weight),
                "points": lambda: losses.points_loss(
                    _given(result.points), batch["target_points"], truth.shape[-1]
                ),
                "wavelet": lambda: losses.wavelet_loss(restored, truth, _real(batch), self.wavelet_levels),
            }
        )
        parts |= self.game.network_parts(restored, batch, judges)
        if result.flow is None or not self.warps:
            return parts
        return parts | self.flow_parts(result.flow, result.early, batch)

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


def _given(points: Tensor | None) -> Tensor:
    assert points is not None, "a weight on points without a network that finds them is refused by the config"
    return points


def _wavelet_levels(config: TrainConfig) -> int:
    network = config.network
    return network.factor.bit_length() - 1 if isinstance(network, WaveletSRNetConfig) else 0


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
