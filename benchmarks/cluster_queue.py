"""Simulate a cluster that restores photos from an object store, event by event.

The model holds what can run out: cores, the network of a machine, the store's requests and bandwidth, and
the driver that hands out photos. Each serves one photo at a time, first come, first served. A machine can be
taken away, as cheap ones are: what its cores had begun is done again. SimPy moves the clock.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import simpy

REQUESTS = 2
"""Requests a photo: it is read, and its result is written."""


@dataclass(frozen=True)
class Work:
    """Describe photos.

    Attributes:
        seconds: Times of a photo on one core, to draw from.
        megabytes: Size of a photo and of its result together.
    """

    seconds: Sequence[float]
    megabytes: float

    @property
    def mean(self) -> float:
        """Return the mean time of a photo on one core, in seconds."""
        return sum(self.seconds) / len(self.seconds)


@dataclass(frozen=True)
class Cluster:
    """Describe machines and what they share.

    Attributes:
        machines: Number of machines.
        cores: Cores of a machine; each restores photos of its own.
        start: Seconds until a core has its program, model and guides.
        network: Megabytes a second of a machine.
        store: Megabytes a second of the object store.
        requests: Requests a second that the object store answers.
        latency: Seconds until a request is answered.
        dispatch: Photos a second that the driver hands out.
        losses: Times an hour that a machine is taken away and replaced.
        in_hand: Photos that a core has in hand, so that it restores one while others are read and written.
    """

    machines: int
    cores: int = 16
    start: float = 10.0
    network: float = 1250.0
    store: float = 50_000.0
    requests: float = 3500.0
    latency: float = 0.1
    dispatch: float = 2000.0
    losses: float = 0.0
    in_hand: int = 1

    @property
    def workers(self) -> int:
        """Return the number of cores of all machines."""
        return self.machines * self.cores


@dataclass(frozen=True)
class Simulated:
    """Hold what a simulation found.

    Attributes:
        photos: Photos restored.
        seconds: Time until the last one, the start included.
        rate: Photos a second between a quarter and three quarters of them.
        again: Photos that were begun again because their machine was taken away.
        busy: Share of the time in which each shared part was busy, by name.
    """

    photos: int
    seconds: float
    rate: float
    again: int
    busy: dict[str, float]


def bound(work: Work, cluster: Cluster) -> tuple[float, str]:
    """Return the photos a second that no such cluster exceeds, and what bounds them."""
    alone = work.mean + REQUESTS * cluster.latency
    bounds = {
        "cores": cluster.workers / work.mean,
        "waiting for the store": cluster.workers * cluster.in_hand / alone,
        "network": cluster.machines * cluster.network / work.megabytes,
        "store's bandwidth": cluster.store / work.megabytes,
        "store's requests": cluster.requests / REQUESTS,
        "driver": cluster.dispatch,
    }
    name = min(bounds, key=lambda each: bounds[each])
    return bounds[name], name


def simulate(work: Work, cluster: Cluster, photos: int, seed: int = 0) -> Simulated:
    """Restore photos on a cluster, in simulated time.

    Args:
        work: What a photo takes.
        cluster: What restores them.
        photos: How many; some dozens a core, so that all parts settle.
        seed: Seed of the times drawn.
    """
    return _Run(work, cluster, photos, seed).result()


class _Part:
    """Serve one at a time, and add up how long it was busy."""

    def __init__(self, clock: simpy.Environment) -> None:
        self.clock = clock
        self.line = simpy.Resource(clock)
        self.busy = 0.0

    def serve(self, seconds: float) -> Generator[simpy.Event, None, None]:
        """Wait for the turn, and take it."""
        with self.line.request() as turn:
            yield turn
            yield self.clock.timeout(seconds)
            self.busy += seconds


class _Run:
    """Hold one simulation."""

    def __init__(self, work: Work, cluster: Cluster, photos: int, seed: int) -> None:
        self.work, self.cluster, self.photos = work, cluster, photos
        self.drawn = random.Random(seed)
        self.clock = simpy.Environment()
        self.waiting = photos
        self.again = 0
        self.times: list[float] = []
        self.ended = self.clock.event()
        self.driver, self.requests, self.store = (_Part(self.clock) for _ in range(3))
        for _ in range(cluster.machines):
            self.clock.process(self._machine())

    def result(self) -> Simulated:
        """Run to the last photo."""
        self.clock.run(self.ended)
        seconds = self.clock.now
        first, last = len(self.times) // 4, len(self.times) * 3 // 4
        parts = {"driver": self.driver, "store's requests": self.requests, "store's bandwidth": self.store}
        return Simulated(
            photos=len(self.times),
            seconds=seconds,
            rate=(last - first) / (self.times[last] - self.times[first]),
            again=self.again,
            busy={name: part.busy / seconds for name, part in parts.items()},
        )

    def _machine(self) -> Generator[simpy.Event, None, None]:
        """Run the cores of a machine; when it is taken away, those of the next one."""
        while not self.ended.triggered:
            network = _Part(self.clock)
            cores = [_Part(self.clock) for _ in range(self.cluster.cores)]
            hands = [
                self.clock.process(self._hand(core, network))
                for core in cores
                for _ in range(self.cluster.in_hand)
            ]
            if not self.cluster.losses:
                return
            yield self.clock.timeout(self.drawn.expovariate(self.cluster.losses / 3600))
            for hand in hands:
                if hand.is_alive:
                    hand.interrupt()

    def _hand(self, core: _Part, network: _Part) -> Generator[simpy.Event, None, None]:
        """Take one photo after another, as long as there are any."""
        holding = False
        try:
            yield self.clock.timeout(self.cluster.start)
            while self.waiting:
                self.waiting -= 1
                holding = True
                for step in self._photo(core, network):
                    yield from step
                holding = False
                self.times.append(self.clock.now)
                if len(self.times) == self.photos:
                    self.ended.succeed()
        except simpy.Interrupt:
            # The photo waits again; its result is renamed last, so that nothing half-written is left.
            self.waiting += holding
            self.again += holding

    def _photo(self, core: _Part, network: _Part) -> Iterator[Generator[simpy.Event, None, None]]:
        """Yield the steps of a photo."""
        yield self.driver.serve(1 / self.cluster.dispatch)
        yield from self._move(network)
        yield core.serve(self.drawn.choice(self.work.seconds))
        yield from self._move(network)

    def _move(self, network: _Part) -> Iterator[Generator[simpy.Event, None, None]]:
        """Yield the steps of reading a photo, or of writing a result."""
        half = self.work.megabytes / REQUESTS
        yield self.requests.serve(1 / self.cluster.requests)
        yield self._wait(self.cluster.latency)
        yield self.store.serve(half / self.cluster.store)
        yield network.serve(half / self.cluster.network)

    def _wait(self, seconds: float) -> Generator[simpy.Event, None, None]:
        yield self.clock.timeout(seconds)
