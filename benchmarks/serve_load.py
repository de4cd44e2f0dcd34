"""Load a server with many clients, or kill it at random moments, and check that every answer is right.

    python benchmarks/serve_load.py load -o FOLDER --clients 100 --minutes 10
    python benchmarks/serve_load.py kills -o FOLDER --kills 50

Every client marks its photo with a colour of its own in a corner, far from the face, and looks for it in all
that comes back. While clients work, one more asks for /healthz, and the memory of all processes is read.

The kills are those of the server process, by SIGKILL. Jobs are ordered all the time. In the end each job that
was accepted must be done, with the right picture.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from io import BytesIO
from pathlib import Path

import httpx2
import numpy as np
from PIL import Image

from gfrnet.demo import PORTRAIT

KINDS = ("preview", "restore", "list", "metrics")
ENDED = ("done", "failed", "cancelled")
MARK = 20


def main() -> None:
    """Measure, and print the figures as lines of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("load", "kills"))
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--model", default="gfrnet-slim-int8")
    given = parser.parse_args()
    found = asyncio.run(load(given)) if given.what == "load" else kills(given)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


class Running:
    """A server in a process of its own."""

    def __init__(self, data: Path, *more: str) -> None:
        words = ["serve", "--json", "--port", "0", "--data", str(data), *more]
        command = [sys.executable, "-m", "gfrnet", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        text = ""
        while not text.endswith("}\n"):
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("The server did not start.")
            text += line
        self.address = json.loads(text)["address"]

    def kill(self) -> None:
        """End the server as a lack of memory would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def end(self) -> None:
        """Ask the server to end."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()

    def megabytes(self) -> float:
        """Return the memory of the server and its workers that is no other process's too."""
        pids = [self.process.pid, *children(self.process.pid)]
        return sum(own_memory(pid) for pid in pids) / 1e6


def started(given: argparse.Namespace) -> Running:
    """Start the server that is measured."""
    return Running(given.output / "data", "--model", given.model)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    threads = Path(f"/proc/{pid}/task").iterdir()
    found += [each for thread in threads for each in (thread / "children").read_text().split()]
    return sorted(set(map(int, found)))


def own_memory(pid: int) -> int:
    """Return the bytes of a process that it shares with no other."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(
        int(line.split()[1]) * 1024 for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))
    )


def marked(number: int) -> tuple[bytes, tuple[int, int, int]]:
    """Return a bad photo with a mark, and the colour of the mark."""
    photo = np.asarray(Image.open(PORTRAIT).resize((160, 160)).resize((320, 320)))
    colour = (number * 37 % 256, number * 101 % 256, number * 11 % 256)
    pixels = photo.copy()
    pixels[:MARK, :MARK] = colour
    file = BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue(), colour


def shows(picture: bytes, colour: tuple[int, int, int]) -> bool:
    """Return whether a picture has the mark of a client."""
    corner = np.asarray(Image.open(BytesIO(picture)))[5:15, 5:15].astype(int)
    return bool(np.abs(corner - colour).max() < 12)


class Client:
    """One of many clients."""

    def __init__(self, number: int, address: str, counts: Counter[str]) -> None:
        self.number, self.counts = number, counts
        self.api = httpx2.AsyncClient(base_url=f"{address}api/v1", timeout=120, trust_env=False)
        self.photo, self.colour = marked(number)
        self.rng = random.Random(number)

    async def work(self, until: float) -> None:
        """Ask again and again until a time."""
        while time.monotonic() < until:
            kind = self.rng.choice(KINDS)
            photo = await self.put(self.photo, "old.png")
            guide = await self.put(PORTRAIT.read_bytes(), "good.png")
            answer = await self.ask(kind, photo, guide)
            self.counts[f"{kind} {answer}"] += 1
            await asyncio.sleep(self.rng.uniform(0, 1) if answer != 429 else 2)
        await self.api.aclose()

    async def put(self, content: bytes, name: str) -> dict[str, str]:
        """Send a file."""
        sha256 = hashlib.sha256(content).hexdigest()
        (await self.api.put(f"/files/{sha256}", content=content)).raise_for_status()
        return {"file": sha256, "name": name}

    async def ask(self, kind: str, photo: dict[str, str], guide: dict[str, str]) -> int:
        """Ask for something, check what comes back, and return the status."""
        if kind == "list":
            return (await self.api.get("/jobs?most=20")).status_code
        if kind == "metrics":
            return (await self.api.get("../../metrics")).status_code
        if kind == "preview":
            answer = await self.api.post("/preview", json={"photo": photo, "guides": [guide]})
            if answer.status_code == 200:
                await self.check(answer.json()["job"]["id"], "view-before")
            return answer.status_code
        order = {"kind": "restore", "photos": [photo], "guides": [guide]}
        answer = await self.api.post("/jobs", json=order)
        if answer.status_code == 202:
            job = answer.json()["id"]
            async with self.api.stream("GET", f"/jobs/{job}/events") as events:
                states = [line async for line in events.aiter_lines() if '"state"' in line]
            assert '"done"' in states[-1], states[-1]
            await self.check(job, "after")
            await self.api.delete(f"/jobs/{job}")
        return answer.status_code

    async def check(self, job: str, picture: str) -> None:
        """Check that a picture is of this client."""
        answer = await self.api.get(f"/jobs/{job}/results/photos/0/{picture}")
        assert shows(answer.raise_for_status().content, self.colour), "results were mixed up"
        self.counts["right pictures"] += 1


async def load(given: argparse.Namespace) -> dict[str, object]:
    """Let many clients work at once."""
    server, counts = started(given), Counter[str]()
    memory, waits = list[float](), list[float]()
    start = time.monotonic()
    until = start + 60 * given.minutes
    try:
        clients = [Client(number, server.address, counts) for number in range(given.clients)]
        await asyncio.gather(
            *(client.work(until) for client in clients),
            watch(server, until, memory),
            ask_health(server.address, until, waits),
        )
    finally:
        server.end()
    tenth = max(1, len(memory) // 10)
    first, last = np.median(memory[tenth : 2 * tenth]), np.median(memory[-tenth:])
    return {
        "clients": given.clients,
        "minutes": given.minutes,
        "counts": dict(sorted(counts.items())),
        "healthz_p50_ms": round(float(np.percentile(waits, 50)), 1),
        "healthz_p95_ms": round(float(np.percentile(waits, 95)), 1),
        "healthz_most_ms": round(max(waits), 1),
        "memory_mb_after_a_tenth": round(float(first), 1),
        "memory_mb_at_the_end": round(float(last), 1),
        "memory_growth_percent": round(100 * float(last / first - 1), 1),
    }


async def watch(server: Running, until: float, memory: list[float]) -> None:
    """Note the memory of a server every second."""
    while time.monotonic() < until:
        memory.append(await asyncio.to_thread(server.megabytes))
        await asyncio.sleep(1)


async def ask_health(address: str, until: float, waits: list[float]) -> None:
    """Note how long the server takes to say that it lives."""
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
        while time.monotonic() < until:
            start = time.perf_counter()
            assert (await client.get(f"{address}healthz")).status_code == 200
            waits.append(1000 * (time.perf_counter() - start))
            await asyncio.sleep(0.05)


def kills(given: argparse.Namespace) -> dict[str, object]:
    """Kill the server again and again while jobs are ordered, and see what becomes of them."""
    rng, jobs = random.Random(1), dict[str, int]()
    for number in range(given.kills):
        server = started(given)
        until = time.monotonic() + rng.uniform(0, 8)
        while time.monotonic() < until:
            order_some(server.address, number, until, jobs)
        server.kill()
        sys.stderr.write(f"\r{number + 1} kills, {len(jobs)} jobs accepted")
    server = started(given)
    states, right = Counter[str](), 0
    with httpx2.Client(base_url=f"{server.address}api/v1", timeout=60, trust_env=False) as api:
        for job, number in jobs.items():
            found = ended(api, job)
            states[
                found["state"] if found["state"] == "done" else f"{found['state']}: {found['problem']}"
            ] += 1
            if found["state"] == "done":
                after = api.get(f"/jobs/{job}/results/photos/0/after").raise_for_status().content
                right += shows(after, marked(number)[1])
    server.end()
    return {"kills": given.kills, "accepted": len(jobs), "states": dict(states), "right_pictures": right}


def order_some(address: str, number: int, until: float, jobs: dict[str, int]) -> None:
    """Order a job with the photo of a number, and note it once it is accepted."""
    content, guide = marked(number)[0], PORTRAIT.read_bytes()
    names = [hashlib.sha256(each).hexdigest() for each in (content, guide)]
    with httpx2.Client(base_url=f"{address}api/v1", timeout=10, trust_env=False) as api:
        for name, each in zip(names, (content, guide), strict=True):
            api.put(f"/files/{name}", content=each).raise_for_status()
        order = {
            "kind": "restore",
            "photos": [{"file": names[0], "name": "old.png"}],
            "guides": [{"file": names[1], "name": "good.png"}],
        }
        answer = api.post("/jobs", json=order)
        if answer.status_code == 202:
            jobs[answer.json()["id"]] = number
    time.sleep(max(0.0, min(0.5, until - time.monotonic())))


def ended(api: httpx2.Client, job: str) -> dict:
    """Wait for the end of a job, and return it."""
    while True:
        found = api.get(f"/jobs/{job}").raise_for_status().json()
        if found["state"] in ENDED:
            return found
        time.sleep(0.2)


if __name__ == "__main__":
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    main()
