"""Test the container file: its steps are run, and the server in it does its work under its restrictions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from containerfile import DEPLOY, ROOT, health_command, stages
from imitated import NAMESPACES, build_script, run_script, why_not

from gfrnet import images
from gfrnet.demo import PORTRAIT

pytest.importorskip("fastapi")

TOKEN = "a long word that nobody guesses"
FILE = stages(DEPLOY / "Containerfile")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["gfrnet"]
LONGEST_STOP = 33
"""Seconds that a server takes at most: 10 for requests, 20 for jobs, 3 for workers that do not listen."""


def _prepared(folder: Path) -> tuple[str, Path, Path]:
    """Return the script that builds and tries the image, and the folders of the store and the album."""
    photos, album, store, token = (folder / name for name in ("photos", "album", "store", "token"))
    for each in (photos / ".gfrnet-album", album, store, folder / "place"):
        each.mkdir(parents=True)
    shutil.copy(PORTRAIT, photos / "one.jpg")
    token.write_text(f"{TOKEN}\n")
    for each in (token, album):
        os.chown(each, 10001, 10001)
        each.chmod(0o700)
    small = folder / "small.jpg"
    images.write(images.read(PORTRAIT), small)
    probe = [sys.executable, str(Path(__file__).with_name("probe.py")), TOKEN, str(small), str(PORTRAIT)]
    return build_script(FILE) + run_script(photos, album, token, store, probe), store, album


@pytest.fixture(scope="module")
def happened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what happened to a server in a container that was built, used and ended."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("container")
    script, store, album = _prepared(folder)
    environment = os.environ | {"PLACE": str(folder / "place")}
    words = [*NAMESPACES, "sh", "-c", script]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if "No matching distribution found for hatchling" in done.stderr:
        pytest.skip("no package index can be reached, which building the wheel needs")
    assert done.returncode == 0, done.stdout + done.stderr
    kept = {path.relative_to(folder).as_posix(): os.stat(path) for path in (store, *store.rglob("*"))}
    names = {path.name for path in folder.iterdir()}
    assert list((folder / "place").iterdir()) == []
    assert names == {"photos", "album", "store", "token", "place", "small.jpg"}
    assert [path.name for path in (folder / "photos").iterdir() if path.is_file()] == ["one.jpg"]
    return json.loads(done.stdout.splitlines()[-1]) | {"kept": kept, "album": list(album.iterdir())}


def test_its_health_is_told(happened: dict[str, Any]) -> None:
    assert happened["ill"] is False, "nothing listens yet"
    assert happened["well"] is True, happened["log"]


def test_it_restores_and_scans_without_a_network(happened: dict[str, Any]) -> None:
    assert happened["forbidden"] == 401
    assert (happened["restored"], happened["begins"]) == (200, "ffd8ff")
    assert happened["scan"]["state"] == "done", happened["scan"]
    assert happened["scan"]["result"]["people"] == 1
    assert happened["people"] == 200
    assert happened["album"]


def test_it_has_no_rights(happened: dict[str, Any]) -> None:
    status = happened["status"]
    assert status["Uid"].split() == ["10001"] * 4
    assert status["Groups"].strip() == ""
    assert status["NoNewPrivs"] == "1"
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}


def test_it_writes_into_its_store_only(happened: dict[str, Any]) -> None:
    assert happened["temporary"] == []
    assert happened["kept"]["store"].st_mode & 0o077 == 0
    assert len(happened["kept"]) > 3
    assert {found.st_uid for found in happened["kept"].values()} == {10001}


def test_it_ends_in_time_with_a_job_at_hand(happened: dict[str, Any]) -> None:
    assert happened["code"] == 0, happened["log"]
    assert happened["seconds"] < LONGEST_STOP
    assert happened["log"].splitlines()[-1] == "Ended. Jobs that were not done go on at the next start."
    assert "Traceback" not in happened["log"]
    assert TOKEN not in happened["log"]


def test_only_the_first_stage_holds_the_source() -> None:
    build, final = FILE
    assert all(re.fullmatch(r"python:\$\{PYTHON\}-slim-\w+", stage.image) for stage in FILE)
    assert not any(step.word in ("COPY", "ADD") for step in final.steps)
    shown = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [word for step in build.steps if step.word == "COPY" for word in step.words[:-1]]
    assert {f"!{name}" for name in copied} == {line for line in shown if line.startswith("!")}
    assert shown[0] == "*"
    assert all((ROOT / name).exists() for name in copied)


def test_compose_asks_for_what_is_tested() -> None:
    assert COMPOSE["read_only"] is True
    assert COMPOSE["cap_drop"] == ["ALL"]
    assert COMPOSE["security_opt"] == ["no-new-privileges:true"]
    assert any(volume.endswith(":/photos:ro") for volume in COMPOSE["volumes"])
    assert f"store:{FILE[-1].only('VOLUME').text}" in COMPOSE["volumes"]
    assert COMPOSE["command"][:2] == ["--root", "/photos"]
    assert COMPOSE["ports"] == ["127.0.0.1:8000:8000"], "only this machine may connect"
    assert int(COMPOSE["stop_grace_period"].removesuffix("s")) > LONGEST_STOP
    assert ROOT / "deploy" / COMPOSE["build"]["context"] / COMPOSE["build"]["dockerfile"] == (
        DEPLOY / ".." / "deploy/Containerfile"
    )


def test_the_secret_has_one_name() -> None:
    (name,) = COMPOSE["secrets"]
    words = FILE[-1].only("ENTRYPOINT").words
    assert words[words.index("--token-file") + 1] == f"/run/secrets/{name}"
    assert words[words.index("--port") + 1] == FILE[-1].only("EXPOSE").text
    assert words[words.index("--port") + 1] in health_command(FILE[-1])[-1]
