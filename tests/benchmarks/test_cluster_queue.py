"""The simulated cluster keeps to the laws that every such cluster obeys."""

from dataclasses import replace

import pytest
from cluster_queue import Cluster, Simulated, Work, bound, simulate

WORK = Work((0.2, 0.3, 0.4), megabytes=0.4)


def restore(cluster: Cluster, photos_a_core: int = 40) -> Simulated:
    return simulate(WORK, cluster, photos_a_core * cluster.workers)


@pytest.mark.parametrize(
    ("cluster", "what"),
    [
        (Cluster(2, in_hand=2), "cores"),
        (Cluster(2), "waiting for the store"),
        (Cluster(2, network=5), "network"),
        (Cluster(2, store=10), "store's bandwidth"),
        (Cluster(2, requests=50), "store's requests"),
        (Cluster(2, dispatch=20), "driver"),
    ],
)
def test_the_rate_is_what_the_scarcest_part_allows(cluster: Cluster, what: str) -> None:
    most, named = bound(WORK, cluster)
    assert named == what
    assert 0.93 * most < restore(cluster).rate < 1.03 * most


def test_one_core_takes_the_sum_of_its_photos() -> None:
    work = Work((0.3,), megabytes=0.4)
    alone = Cluster(1, cores=1, start=5, network=4, store=4, requests=10, latency=0.1, dispatch=10)
    a_photo = 0.1 + 2 * (0.1 + 0.1 + 0.05 + 0.05) + 0.3
    assert simulate(work, alone, 7).seconds == pytest.approx(5 + 7 * a_photo)


def test_what_a_lost_machine_had_begun_is_restored_once() -> None:
    cluster = Cluster(8, cores=4, losses=60, start=5)
    found = restore(cluster, 400)
    assert found.photos == 400 * cluster.workers
    assert found.again > 0
    assert found.seconds > restore(replace(cluster, losses=0), 400).seconds


def test_a_shared_part_is_busy_all_the_time_where_it_bounds() -> None:
    busy = restore(Cluster(4, dispatch=20, start=0)).busy
    assert busy["driver"] > 0.95
    assert busy["store's requests"] < 0.1
