"""Play the adversarial game of a run: what its discriminators see, and what both sides minimise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import torch
from torch import Tensor, nn

from gfrnet import losses
from gfrnet.nets import PatchDiscriminator
from gfrnet.nets.compared.deblurgan import DeblurGANCritic
from gfrnet.nets.compared.deepdeblur import DeepDeblurDiscriminator
from gfrnet.nets.compared.scgan import SCGANDiscriminator
from gfrnet.nets.compared.srgan import SRGANDiscriminator
from gfrnet.nets.compared.tdae import TDAEDiscriminator
from gfrnet.train.config import TrainConfig

Judges: TypeAlias = Mapping[str, nn.Module]
"""The discriminators by name: ``global``, ``local``, both or none."""

FAKE = 2
"""Class of a restored picture, where face is 0 and text 1."""


def make_discriminators(config: TrainConfig) -> nn.ModuleDict:
    """Return the discriminators that the config's weights ask for, under the names of `Judges`."""
    weights = config.losses
    wanted = {"global": weights.adversarial_global, "local": weights.adversarial_local}
    return nn.ModuleDict({name: _discriminator(config) for name, weight in wanted.items() if weight})


def _discriminator(config: TrainConfig) -> nn.Module:
    shape = config.discriminators
    match shape.kind:
        case "patch":
            return PatchDiscriminator(9 if config.network.takes_guide else 6, shape.width, shape.norm)
        case "srgan":
            return SRGANDiscriminator(3)
        case "deepdeblur":
            return DeepDeblurDiscriminator(3)
        case "deblurgan":
            return DeblurGANCritic(3)
        case "tdae":
            return TDAEDiscriminator(3)
        case "scgan":
            return SCGANDiscriminator(3, classes=3 if shape.game == "classes" else 1)


class Game:
    """Compute both sides of the game."""

    def __init__(self, config: TrainConfig) -> None:
        self.rules = config.discriminators
        self.weights = config.losses
        self.guided = config.network.takes_guide

    def network_parts(
        self, restored: Tensor, batch: Mapping[str, Tensor], judges: Judges
    ) -> dict[str, Tensor]:
        """Return the weighed parts that the network minimises.

        Args:
            restored: (N, 3, H, W).
            batch: As the loader gives it, channels first.
            judges: The discriminators, whose weights stay as they are.
        """
        weights = {"global": self.weights.adversarial_global, "local": self.weights.adversarial_local}
        parts = {
            f"adversarial_{name}": self._against(judges[name](*view), batch) * weights[name]
            for name, view in self._views(restored, batch, judges).items()
        }
        if self.weights.feature_matching:
            judge = judges["global"]
            (seen,) = self._views(restored, batch, judges)["global"]
            (truth,) = self._views(batch["target"], batch, judges)["global"]
            with torch.no_grad():
                wanted = judge.features(truth)  # type: ignore[operator]
            found = judge.features(seen)  # type: ignore[operator]
            parts["feature_matching"] = losses.feature_loss(found, wanted) * self.weights.feature_matching
        return parts

    def _against(self, logits: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        match self.rules.game:
            case "cross-entropy":
                return losses.generator_loss(logits)
            case "wasserstein":
                return -logits.mean()
            case "classes":
                return losses.class_loss(logits, _classes(batch))

    def discriminator_parts(
        self, restored: Tensor, batch: Mapping[str, Tensor], judges: Judges, bare: Judges
    ) -> dict[str, Tensor]:
        """Return what the discriminators minimise: equation 7 with smoothed labels, or the config's game.

        Args:
            restored: (N, 3, H, W), detached from the network.
            batch: As the loader gives it, channels first.
            judges: The discriminators, as processes share them.
            bare: The same, as modules: through these the gradient penalty takes a gradient of a gradient.
        """
        fakes = self._views(restored, batch, judges)
        truths = self._views(batch["target"], batch, judges)
        parts = {}
        for name, judge in judges.items():
            real, fake = judge(*truths[name]), judge(*fakes[name])
            parts[f"discriminator_{name}"] = self._between(real, fake, batch)
            if self.rules.game == "wasserstein" and self.rules.penalty:
                slope = losses.gradient_penalty(bare[name], truths[name][0], fakes[name][0])
                parts[f"penalty_{name}"] = slope * self.rules.penalty
        return parts

    def _between(self, real: Tensor, fake: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        match self.rules.game:
            case "cross-entropy":
                return losses.discriminator_loss(real, fake, self.rules.label)
            case "wasserstein":
                return losses.critic_loss(real, fake)
            case "classes":
                classes = _classes(batch)
                return losses.class_loss(real, classes) + losses.class_loss(
                    fake, torch.full_like(classes, FAKE)
                )

    def _views(
        self, picture: Tensor, batch: Mapping[str, Tensor], judges: Judges
    ) -> dict[str, tuple[Tensor, ...]]:
        """Return what each discriminator sees: picture, degraded photo and, where there is one, the guide.

        The local one sees the smallest box around the landmarks; in the guide, around the guide's landmarks.
        The discriminators of compared methods see the picture alone.
        """
        size = picture.shape[-1]
        shown = losses.keep_padding(picture, batch["target"], batch["weight"])
        if self.rules.kind != "patch":
            return dict.fromkeys(judges, (shown,))
        pictures, points = [shown, batch["degraded"]], [batch["target_points"], batch["target_points"]]
        if self.guided:
            pictures.append(batch["guide"])
            points.append(batch["guide_points"])
        views = {"global": tuple(pictures)}
        if "local" in judges:
            views["local"] = tuple(
                losses.crop_boxes(whole, losses.landmark_boxes(here, size), self.rules.local_size)
                for whole, here in zip(pictures, points, strict=True)
            )
        return {name: views[name] for name in judges}


def _classes(batch: Mapping[str, Tensor]) -> Tensor:
    """Return (N,): 0 for a face, 1 for text."""
    return batch["text"][:, 0].long()
