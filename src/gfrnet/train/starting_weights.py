"""Make the networks that a run begins with, from the models that its config names."""

from __future__ import annotations

from gfrnet.errors import ConfigError
from gfrnet.nets import Network, build
from gfrnet.nets.residual import ResidualRecNet
from gfrnet.train.config import TrainConfig
from gfrnet.train.export import open_network


def starting_network(config: TrainConfig) -> Network:
    """Return the networks with the weights of ``start_from``, whole or by part; all else is untrained.

    Raises:
        ConfigError: A network or part has another shape than the config's.
        ModelError: A model that ``start_from`` names does not exist.
    """
    if isinstance(config.start_from, str):
        network = open_network(config.start_from)
        if network.config != config.network:
            raise ConfigError(
                f"start_from: {config.start_from} is another network than the config's. "
                "Copy its network keys."
            )
        return network
    network = build(config.network)
    for part, name in config.start_from or ():
        if name is not None:
            _take_part(network, part, name)
    return network


def _take_part(network: Network, part: str, name: str) -> None:
    wanted, offered = getattr(network, part), getattr(open_network(name), part)
    try:
        if isinstance(wanted, ResidualRecNet):
            wanted.begin_with(offered)
        else:
            wanted.load_state_dict(offered.state_dict())
    except (AttributeError, RuntimeError) as error:  # one has no such part, or it has another shape
        raise ConfigError(
            f"start_from.{part}: the part of {name} has another shape than the config's. "
            "Copy its network keys."
        ) from error
