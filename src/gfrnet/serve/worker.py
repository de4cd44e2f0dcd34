"""Do jobs in a process of its own, which may die without harm to the server."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event as Flag
from pathlib import Path
from typing import Any

import numpy as np

from gfrnet import faces, images, weights
from gfrnet.demo import PORTRAIT
from gfrnet.errors import DataError, GfrnetError
from gfrnet.files import keep_within
from gfrnet.runtime import is_algorithm, open_runtime
from gfrnet.serve import blending
from gfrnet.serve.desk import Desk
from gfrnet.serve.film_orders import FilmScanOrder
from gfrnet.serve.filming import preview_film, restore_film, scan_film
from gfrnet.serve.keeping import KeepingRestorer
from gfrnet.serve.order_parts import Picture
from gfrnet.serve.orders import (
    AlbumRestoreOrder,
    BlendOrder,
    PreviewOrder,
    RestoreOrder,
    ScanOrder,
    display_names,
    parsed,
)
from gfrnet.serve.previewing import preview
from gfrnet.serve.problems import Problem
from gfrnet.serve.restoring import Cancelled, Outcome, restore
from gfrnet.serve.restoring_albums import restore_album
from gfrnet.serve.room import is_full, nothing_stored
from gfrnet.serve.scanning import scan
from gfrnet.work import start_worker

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bench:
    """Say what a worker works with.

    Attributes:
        model: Name or path of the model.
        threads: Number of threads for the network.
        files: Folder of uploaded files.
        jobs: Folder of jobs.
        roots: Folders below which albums lie.
        max_megabytes: Largest decoded size of a picture.
    """

    model: str
    threads: int
    files: Path
    jobs: Path
    roots: tuple[Path, ...]
    max_megabytes: float


def work(bench: Bench, pipe: Connection, stop: Flag) -> None:
    """Do the jobs that come through a pipe, until it is closed.

    Messages are JSON in both directions. So a worker that a hostile picture has taken over can tell lies, but
    cannot run anything in the server.

    Args:
        bench: What to work with.
        pipe: Brings jobs, and takes what happens.
        stop: Set where the job at hand is to end.
    """
    start_worker()
    os.umask(0o077)
    try:
        restorer = KeepingRestorer(open_runtime(bench.model, threads=bench.threads))
        _warm_up()
    except GfrnetError as error:
        _send(pipe, {"broken": str(error)})
        return
    # A link in an album may lead anywhere. What the server shows lies below its folders, after all links.
    keep_within((*bench.roots, bench.files, bench.jobs, Path(__file__).parent.parent, *_model_files(bench)))
    _send(pipe, {"ready": True})
    while True:
        try:
            given = json.loads(pipe.recv_bytes())
        except EOFError:
            return
        _send(pipe, {"end": _done(bench, restorer, given, pipe, stop)})


def _model_files(bench: Bench) -> tuple[Path, ...]:
    """Return the file or folder of the model, which films read once more."""
    return () if is_algorithm(bench.model) else (weights.find(bench.model),)


def _warm_up() -> None:
    """Load the models that find and compare faces, so that the first photo does not wait for them."""
    face = np.asarray(images.read(PORTRAIT).rgb8)
    for found in faces.find_faces(face):
        faces.portray(faces.cut(face, faces.CropPlace.around(found.box, found.turn)).pixels, found.box.width)


def _send(pipe: Connection, message: Mapping[str, Any]) -> None:
    pipe.send_bytes(json.dumps(message).encode())


def _done(
    bench: Bench, restorer: KeepingRestorer, given: Mapping[str, Any], pipe: Connection, stop: Flag
) -> dict[str, Any]:
    """Do a job, and return how it ended."""

    def tell(kind: str, data: Mapping[str, Any]) -> None:
        # Only a photo or a shot that is done counts at once. The end of the job counts all.
        size = _size(desk.out / str(data["photo"])) if kind == "photo" else int(data.get("bytes", 0))
        _send(pipe, {"event": kind, "data": _without_paths(bench, data), "size": size})

    order = parsed(json.dumps(given["order"]))
    names = display_names((*order.pictures(), *_lent(given)))
    earlier = tuple((kind, data) for kind, data in given["earlier"])
    name = Path(bench.model).name
    desk = Desk(
        given["job"],
        bench.jobs,
        bench.roots,
        names,
        restorer,
        name,
        bench.max_megabytes,
        tell,
        stop.is_set,
        earlier,
    )
    try:
        _lay_out(bench, desk)
        outcome = KINDS[order.kind](desk, order, given)
    except Cancelled:
        return {"state": "cancelled", "size": _size(desk.out)}
    except GfrnetError as error:
        outcome = Outcome(None, Problem.of(error))
    except Exception as error:
        if is_full(error):
            outcome = Outcome(None, nothing_stored())
        else:
            _LOG.exception("A job of kind %s met a fault", order.kind)
            outcome = Outcome(None, Problem.fault(type(error).__name__))
    finally:
        restorer.on_result = restorer.begun = None
    problem = None if outcome.problem is None else outcome.problem.model_dump(mode="json")
    told = {"state": "failed" if problem else "done", "problem": problem, "result": outcome.result}
    return _without_paths(bench, told) | {"size": _size(desk.out)}


def _lent(given: Mapping[str, Any]) -> tuple[Picture, ...]:
    """Return the film of another job that a job needs, where a client sent it."""
    return FilmScanOrder.model_validate(given["scan"]).pictures() if "scan" in given else ()


def _lay_out(bench: Bench, desk: Desk) -> None:
    """Make the folder of the input files by their names, and go there.

    So every message names a file as the client does, and no folder of the server.
    """
    folder = desk.out.parent / "in"
    folder.mkdir(parents=True, exist_ok=True)
    desk.out.mkdir(exist_ok=True)
    for sha256, name in desk.names.items():
        path, file = folder / name, bench.files / sha256[:2] / sha256
        if not path.exists():
            try:
                os.link(file, path)
            except FileNotFoundError as error:
                raise DataError(f"{name} is not here any more. Send it again.") from error
            except OSError:
                shutil.copyfile(file, path)
    os.chdir(folder)


def _without_paths(bench: Bench, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return data without folders of the server, which a message about a full disk would name."""
    text = json.dumps(data)
    for folder in (bench.jobs, bench.files, *bench.roots):
        for spelling in {os.path.join(folder, ""), os.path.join(os.path.realpath(folder), "")}:
            text = text.replace(json.dumps(spelling)[1:-1], "")
    return dict(json.loads(text))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _restore(desk: Desk, order: RestoreOrder, _: Mapping[str, Any]) -> Outcome:
    return restore(desk, order)


def _preview(desk: Desk, order: PreviewOrder, _: Mapping[str, Any]) -> Outcome:
    return preview(desk, order)


def _scan(desk: Desk, _: ScanOrder, given: Mapping[str, Any]) -> Outcome:
    return scan(desk, Path(given["folder"]))


def _restore_album(desk: Desk, order: AlbumRestoreOrder, given: Mapping[str, Any]) -> Outcome:
    return restore_album(desk, order, Path(given["folder"]))


def _blend(desk: Desk, order: BlendOrder, given: Mapping[str, Any]) -> Outcome:
    """Blend a photo of another job anew."""
    source = parsed(json.dumps(given["source"]))
    assert isinstance(source, RestoreOrder), "the server checked it"
    stored = blending.stored_faces(desk.jobs / order.job / "out", order.photo)
    picture, names = source.photos[order.photo], display_names(source.pictures())
    os.chdir(desk.jobs / order.job / "in")
    path = Path(names[picture.file])
    options = source.options.options(desk.max_megabytes)
    photo = images.read(path, desk.max_megabytes).enlarged(options.scale)
    result = blending.blended(desk.restorer, photo, stored, blending.chosen(order, stored, options))
    folder = desk.clear(0)
    images.write(result, folder / "after" / blending.result_name(path))
    return Outcome({"faces": len(stored), "photo": {"file": picture.file, "name": picture.name}})


KINDS: dict[str, Callable[[Desk, Any, Mapping[str, Any]], Outcome]] = {
    "restore": _restore,
    "preview": _preview,
    "blend": _blend,
    "album-scan": _scan,
    "album-restore": _restore_album,
    "film-scan": scan_film,
    "film-preview": preview_film,
    "film-restore": restore_film,
}
