"""Test that ``gfrnet serve`` starts, says where it is, and ends when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from gfrnet.cli import documents, main
from gfrnet.cli.serve import cache_folder

SRC = Path(__file__).parents[2] / "src"


def started(place: Path, *words: object) -> tuple[subprocess.Popen[str], dict]:
    """Start a server in an empty home, and return it with the document that it prints."""
    environment = os.environ | {"HOME": str(place), "TMPDIR": str(place), "PYTHONPATH": str(SRC)}
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-m", "gfrnet", "serve", "--port", "0", "--json", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = subprocess.Popen(command, env=environment, cwd=place, text=True, **pipes)
    assert running.stdout is not None
    lines = iter(running.stdout.readline, "")
    text = ""
    for line in lines:
        text += line
        if line == "}\n":
            break
    return running, json.loads(text)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_end(tmp_path: Path, tiny_model: Path, number: int) -> None:
    running, found = started(tmp_path, "--model", tiny_model)
    with running:
        documents.Serving.model_validate(found)
        assert httpx2.get(f"{found['address']}healthz", trust_env=False).json() == {"status": "ok"}
        assert Path(found["data"]) == tmp_path / ".cache" / "gfrnet" / "served"
        assert os.stat(found["data"]).st_mode & 0o077 == 0
        running.send_signal(number)
        _, messages = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "Traceback" not in messages
    assert messages.splitlines()[-1] == "Ended. Jobs that were not done go on at the next start."
    assert [path.name for path in tmp_path.iterdir()] == [".cache"]


def test_other_machines_need_the_token_that_is_printed(tmp_path: Path, tiny_model: Path) -> None:
    words = ("--host", "0.0.0.0", "--no-page", "--data", tmp_path / "data", "--model", tiny_model)
    running, found = started(tmp_path, *words)
    with running:
        address = found["address"].replace("0.0.0.0", "127.0.0.1")
        headers = {"Authorization": f"Bearer {found['token']}"}
        assert httpx2.get(f"{address}api/v1/jobs", trust_env=False).status_code == 401
        assert httpx2.get(f"{address}api/v1/jobs", headers=headers, trust_env=False).status_code == 200
        assert httpx2.get(address, trust_env=False).status_code == 404
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0


def test_wrong_use_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "short").write_text("short\n")
    data = ["--data", str(tmp_path / "data")]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for words, code, message in (
            (["--keep", "soon"], 2, "for example 24h"),
            (["--port", port], 2, "Choose another port"),
            (["--token-file", str(tmp_path / "missing")], 2, "cannot be read"),
            (["--token-file", str(tmp_path / "short")], 1, "16 letters"),
            (["--root", str(tmp_path / "missing")], 1, "is no folder"),
            (["--port", "0", "--model", "nonsense"], 1, "There is no model"),
        ):
            assert main(["serve", *data, *words]) == code
            assert message in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [
        name for name in sys.modules if name.startswith(("gfrnet.serve.app", "gfrnet.serve.server"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve", "--port", "0"]) == 1
    assert 'install -e ".[serve]"' in capsys.readouterr().err


def test_files_lie_among_the_caches_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/gfrnet/served")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == Path.home() / ".cache/gfrnet/served"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == Path.home() / "Library/Caches/gfrnet/served"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache_folder() == Path("/local/gfrnet/served")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/#token=1"),
        ("::", "http://[::1]:80/#token=1"),
    ],
)
def test_the_page_opens_where_a_browser_finds_it(
    host: str,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("fastapi")
    from gfrnet.cli.serve import _Telling
    from gfrnet.serve import Settings

    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    token = "1" if "#" in address else None
    settings = Settings(data=tmp_path, host=host, token=token and token * 16)
    _Telling(token, "24h", open_page=True, json=False).tell(settings, 80)
    assert opened == [address]
    said = capsys.readouterr()
    assert "0.0.0.0" not in said.out + said.err
    assert ("sees and deletes all photos" in said.out + said.err) is (token is not None)
    assert "Open the address yourself" in said.err
