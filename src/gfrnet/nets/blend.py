"""Blend two networks, one trained on from the other (Wortsman et al., 2022: WiSE-FT)."""

from __future__ import annotations

from gfrnet.errors import ModelError
from gfrnet.nets.gfrnet import GFRNet


def blended(first: GFRNet, second: GFRNet, share: float = 0.5) -> GFRNet:
    """Build the network whose every weight lies between the weights of two others.

    Only of networks with a common past is it of use: most of what was learnt since is kept, and most of what
    was lost for it comes back.

    Args:
        first: The network at share 0.
        second: That at 1, of the same shape; fusion of guides that it alone has is taken whole.
        share: Where between them.

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
