"""Name the results of an album: the layout of its folders is kept, and no photo is ever overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gfrnet import images
from gfrnet.album.walk import RESULTS
from gfrnet.batch.naming import distinct_stems, written_suffix
from gfrnet.errors import Advice, PlanError, WriteError

_MARK = """Results of gfrnet lie in this folder and below it.
A scan of an album leaves out every folder with this file.
"""


def check_output(folder: Path, roots: Iterable[Path], photos: Iterable[Path], argument: str) -> None:
    """Refuse a folder for results that holds photos of the album.

    A scan leaves out folders of results, and so those photos would vanish from the album.

    Args:
        folder: The folder for results.
        roots: Folders that were scanned.
        photos: All photos of the album.
        argument: Name of the parameter, for the error.

    Raises:
        PlanError: It is a file, or holds a scanned folder or a photo of the album.
    """
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise PlanError(f"{folder} is a file. Name a folder for the results.", argument)
    real = os.path.realpath(folder)
    held = next((root for root in roots if _is_below(os.path.realpath(root), real)), None)
    if held is None:
        # Resolving the folders of photos costs less than resolving each photo.
        places = {photo.parent: photo for photo in photos}
        held = next((photo for at, photo in places.items() if _is_below(os.path.realpath(at), real)), None)
    if held is not None:
        raise PlanError(
            f"{folder} holds photos of the album ({held}), and results stay apart from photos. Name another "
            "folder, for example a new one beside them.",
            argument,
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )


def _is_below(path: str, folder: str) -> bool:
    return os.path.join(path, "").startswith(os.path.join(folder, ""))


def check_apart(folder: Path, album: Path, argument: str) -> None:
    """Refuse a folder for results that is an album's own, or that holds pictures which are no results.

    Args:
        folder: The folder for results.
        album: The folder of the album.
        argument: Name of the parameter, for the error.

    Raises:
        PlanError: It is the album's folder, lies below it, or holds pictures and no mark.
    """
    if _is_below(os.path.realpath(folder), os.path.realpath(album)):
        raise PlanError(
            f"{folder} belongs to the album itself. Name another folder.",
            argument,
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )
    if is_marked(folder):
        return
    held = _picture_below(folder)
    # Another process may have begun to write results there meanwhile.
    if held is not None and not is_marked(folder):
        raise PlanError(
            f"{folder} holds pictures that may be no results ({held}). A scan would leave them out from then "
            f"on. Name a new or empty folder. If all are results, put an empty file {RESULTS} there.",
            argument,
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )


def is_marked(folder: Path) -> bool:
    """Return whether a folder, or one above it, has the mark of results. Links are followed first."""
    real = Path(os.path.realpath(folder))
    return any(os.path.exists(each / RESULTS) for each in (real, *real.parents))


def _picture_below(folder: Path) -> Path | None:
    """Return a picture in a folder or below it, folders with the mark left out; None where there is none."""
    for here, folders, files in os.walk(folder):
        if RESULTS in files:
            folders.clear()
            continue
        found = next(
            (name for name in sorted(files) if name.lower().endswith(images.READABLE_SUFFIXES)), None
        )
        if found is not None:
            return Path(here, found)
    return None


def check_result(file: Path) -> None:
    """Refuse a file of a result that a link leads out of the folders of results, and that exists there.

    Raises:
        WriteError: The file exists, and no folder above it has the mark.
    """
    if os.path.lexists(file) and not is_marked(Path(os.path.realpath(file)).parent):
        raise WriteError(
            f"{file} lies in no folder of results, because a link leads elsewhere. It stays. Name another "
            "folder for the results.",
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )


def check_drawn(file: Path, argument: str) -> None:
    """Refuse to replace a picture that gfrnet did not draw.

    Args:
        file: File of a sheet.
        argument: Name of the parameter, for the error.

    Raises:
        PlanError: The file exists, and is no sheet.
    """
    if os.path.lexists(file) and not images.is_sheet(file):
        raise PlanError(
            f"{file} exists, and is no sheet that gfrnet drew. It stays. Choose another name or folder.",
            argument,
        )


def mark_results(folder: Path) -> None:
    """Put a mark into a folder of results, so that no scan takes them. The folder may be missing.

    Raises:
        WriteError: The folder cannot be written to.
    """
    mark = folder / RESULTS
    if not os.path.exists(mark):
        images.write_text(_MARK, mark)


def result_names(
    wanted: Sequence[Path], photos: Iterable[Path], roots: Sequence[Path], output: Path
) -> Mapping[Path, Path]:
    """Return the file of each photo's result.

    A result lies below ``output`` as its photo lies below the folder that was scanned, and has its name. With
    several such folders, the name of each comes before. Formats that are only read become others. The names
    depend on all photos in a folder, and not on those that are restored.

    Args:
        wanted: Photos to restore.
        photos: All photos of the album.
        roots: Folders that were scanned.
        output: Folder of the results.
    """
    places = _places(outermost(roots), output)
    folders = {photo.parent for photo in wanted}
    beside: dict[Path, list[Path]] = {folder: [] for folder in folders}
    for photo in {*photos, *wanted}:
        if photo.parent in folders:
            beside[photo.parent].append(photo)
    names: dict[Path, Path] = {}
    for folder, inside in beside.items():
        names |= _names_in(sorted(inside), _place_of(folder, places, output))
    return {photo: names[photo] for photo in wanted}


def _names_in(photos: Sequence[Path], place: Path) -> dict[Path, Path]:
    suffixes = {photo: written_suffix(photo) for photo in photos}

    def files_of(photo: Path, stem: str) -> tuple[Path, None]:
        return place / (stem + suffixes[photo]), None

    stems = distinct_stems(photos, files_of)
    return {photo: files_of(photo, stems[photo])[0] for photo in photos}


def outermost(roots: Iterable[Path]) -> tuple[Path, ...]:
    """Return the folders that lie in none of the others, in their order."""
    given = tuple(dict.fromkeys(Path(os.path.abspath(root)) for root in roots))
    return tuple(root for root in given if not any(other in root.parents for other in given))


def _places(roots: Sequence[Path], output: Path) -> dict[Path, Path]:
    """Return where the results of each scanned folder go."""
    if len(roots) == 1:
        return {roots[0]: output}
    places: dict[Path, Path] = {}
    for root in roots:
        name, number = root.name or "photos", 2
        while output / name in places.values():
            name, number = f"{root.name}_{number}", number + 1
        places[root] = output / name
    return places


def _place_of(folder: Path, places: Mapping[Path, Path], output: Path) -> Path:
    for root in (folder, *folder.parents):
        if root in places:
            return places[root] / folder.relative_to(root)
    return output / folder.name
