"""A network between two of which one was trained on from the other (Wortsman et al., 2022: WiSE-FT)."""

from __future__ import annotations

from gfrnet.errors import ModelError
from gfrnet.nets.gfrnet import GFRNet


def blended(first: GFRNet, second: GFRNet, share: float = 0.5) -> GFRNet:
    """The network whose every weight lies between those of two.

    Only of networks with a common past is it of use: most of what was learnt since is kept, and most of what
    was lost for it comes back.

    Args:
        first: The network at share 0.
        second: That at 1, of the same shape.
        share: Where between them.

    Raises:
        ModelError: They are of different shapes.
    """
    if first.config != second.config:
        raise ModelError(
            "Two networks of different shapes cannot be blended. Take one that was trained on from the other."
        )
    result = GFRNet(first.config)
    others = second.state_dict()
    result.load_state_dict(
        {
            name: value.lerp(others[name], share) if value.is_floating_point() else others[name]
            for name, value in first.state_dict().items()
        }
    )
    return result
