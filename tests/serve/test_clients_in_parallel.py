"""Test that clients that work at once get each their own results."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import numpy as np

from gfrnet.types import UInt8Image
from served import Served, degraded, png


def test_results_are_never_mixed_up(server: Served, portrait: UInt8Image, guide: bytes) -> None:
    """Each client marks its photo with a colour in a corner, far from the face."""
    pixels = degraded(portrait)

    def work(number: int) -> bool:
        colour = (number * 20, 255 - number * 20, number * 7)
        marked = pixels.copy()
        marked[:20, :20] = colour
        with httpx2.Client(base_url=str(server.client.base_url), timeout=60, trust_env=False) as client:
            own = Served(server.settings, server.port, client, None)
            if number % 2:
                job = own.ended(own.restore(png(marked), guide))
                after = own.pixels(f"{job['links']['results']}/photos/0/after")
                assert job["result"]["restored"] == 1
            else:
                found = client.post(
                    "/api/v1/preview", json={"photo": own.picture(png(marked), "old.png")}
                ).json()
                assert len(found["faces"]) == 1
                after = own.pixels(f"{found['job']['links']['results']}/photos/0/view-before")
        return bool(np.abs(after[5:15, 5:15].astype(int) - colour).max() < 8)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(12)))


def test_many_uploads_of_one_file_are_one_file(server: Served) -> None:
    content = b"the same content for all" * 1000

    def put(_: int) -> str:
        with httpx2.Client(base_url=str(server.client.base_url), timeout=60, trust_env=False) as client:
            return Served(server.settings, server.port, client, None).put(content)

    with ThreadPoolExecutor(8) as pool:
        (name,) = set(pool.map(put, range(16)))
    assert server.get(f"/api/v1/files/{name}").content == content


def test_the_same_key_makes_one_job(server: Served, photo: bytes) -> None:
    order = {"kind": "restore", "photos": [server.picture(photo, "old.png")]}

    def post(_: int) -> str:
        with httpx2.Client(base_url=str(server.client.base_url), timeout=60, trust_env=False) as client:
            return client.post("/api/v1/jobs", json=order, headers={"Idempotency-Key": "one"}).json()["id"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, range(16)))) == 1
