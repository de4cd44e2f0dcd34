"""Run the server of a container, use it, and end it; print as JSON what happened.

python probe.py TOKEN PHOTO GUIDE
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
from containerfile import DEPLOY, Stage, health_command, stages
from imitated import as_user

ADDRESS = "http://127.0.0.1:8000"


def healthy(stage: Stage) -> bool:
    command = as_user(stage, health_command(stage))
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def used(client: httpx2.Client, photo: Path, guide: Path) -> dict[str, Any]:
    """Restore a photo, and scan the album that is mounted."""
    forbidden = client.get("/api/v1/jobs", headers={"Authorization": "Bearer wrong"}).status_code
    while client.get("/readyz").status_code != 200:
        time.sleep(0.1)
    files = {"photo": photo.open("rb"), "guide": guide.open("rb")}
    restored = client.post("/api/v1/restore", files=files)
    (root,) = client.get("/api/v1/folders").json()
    scan = client.post("/api/v1/jobs", json={"kind": "album-scan", "album": root["id"]}).json()
    while (job := client.get(f"/api/v1/jobs/{scan['id']}").json())["state"] in ("queued", "running"):
        time.sleep(0.1)
    return {
        "forbidden": forbidden,
        "restored": restored.status_code,
        "begins": restored.content[:3].hex(),
        "scan": job,
        "people": client.get(f"/api/v1/albums/{root['id']}/people").status_code,
    }


def main(token: str, photo: Path, guide: Path) -> dict[str, Any]:
    stage = stages(DEPLOY / "Containerfile")[-1]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    words = [*stage.only("ENTRYPOINT").words, "--root", "/photos", "--name", "photos.example"]
    server = subprocess.Popen(
        as_user(stage, words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    ill = healthy(stage)
    until = time.monotonic() + 120
    while not (well := healthy(stage)) and server.poll() is None and time.monotonic() < until:
        time.sleep(0.2)
    headers = {"Authorization": f"Bearer {token}", "Host": "photos.example"}
    happened: dict[str, Any] = {"ill": ill, "well": well}
    if well:
        with httpx2.Client(base_url=ADDRESS, headers=headers, timeout=120, trust_env=False) as client:
            happened |= used(client, photo, guide)
            sha256 = hashlib.sha256(photo.read_bytes()).hexdigest()
            client.put(f"/api/v1/files/{sha256}", content=photo.read_bytes())
            pictures = [{"file": sha256, "name": "photo.jpg"}]
            client.post("/api/v1/jobs", json={"kind": "restore", "photos": pictures, "guides": pictures})
    status = Path(f"{os.environ['ROOT_OF_CONTAINER']}/proc/{server.pid}/status").read_text(encoding="utf-8")
    happened["status"] = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    begun = time.monotonic()
    server.send_signal(signal.SIGTERM)
    happened["log"], _ = server.communicate(timeout=60)
    temporary = os.listdir(f"{os.environ['ROOT_OF_CONTAINER']}/tmp")
    return happened | {"code": server.returncode, "seconds": time.monotonic() - begun, "temporary": temporary}


if __name__ == "__main__":
    json.dump(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])), sys.stdout)
