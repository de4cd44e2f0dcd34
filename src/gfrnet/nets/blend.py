"""Blend two networks, one trained on from the other (Wortsman et al., 2022: WiSE-FT)."""

from __future__ import annotations

from gfrnet.errors import ModelError
from gfrnet.nets.gfrnet import GFRNet


def blended(first: GFRNet, second: GFRNet, share: float = 0.5) -> GFRNet:
    """Build the network whose every weight lies between the weights of two others.

    Blend only networks of which one was trained on from the other. The blend keeps most of what the second
    learnt, and regains most of what it forgot.

    Args:
        first: The network at share 0.
        second: The network at share 1, of the same shape. Fusion that it alone has is taken whole.
        share: Share of the second network, 0..1.

    Raises:
        ModelError: They are of different shapes.
    """
    fuses = {"guide_fusion": first.config.guide_fusion or second.config.guide_fusion}
    if first.config.model_copy(update=fuses) != second.config:
        raise ModelError(
            "Two networks of different shapes cannot be blended. Take one that was trained on from the other."
        )
    result = GFRNet(second.config)
    others = second.state_dict()
    between = {
        name: value.lerp(others[name], share)
        for name, value in first.state_dict().items()
        if value.is_floating_point()
    }
    result.load_state_dict(others | between)
    return result
