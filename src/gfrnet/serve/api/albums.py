"""Show the folders of the server and the albums in them: people, faces, questions, decisions."""

from __future__ import annotations

from fastapi import APIRouter

from gfrnet.serve.api.parts import FolderId, Serving, View
from gfrnet.serve.problems import documented

router = APIRouter(tags=["albums"], responses=documented(404))


class FolderView(View):
    """Tell about a folder.

    Attributes:
        id: Its name for programs.
        name: Its name for people.
        album: Whether it was scanned as an album.
        pictures: Number of pictures directly in it.
    """

    id: str
    name: str
    album: bool
    pictures: int


@router.get("/folders")
def list_roots(service: Serving) -> list[FolderView]:
    """List the folders below which albums may lie."""
    return [FolderView.model_validate(folder) for folder in service.folders.roots()]


@router.get("/folders/{folder}")
def list_folder(folder: FolderId, service: Serving) -> list[FolderView]:
    """List the folders in a folder."""
    return [FolderView.model_validate(each) for each in service.folders.inside(folder)]
