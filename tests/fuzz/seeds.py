"""Make small whole files of every kind that gfrnet reads."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from gfrnet import images
from gfrnet.data import pack_dataset, read_card, read_rows, write_manifest
from gfrnet.data.synthetic import write_synthetic
from gfrnet.demo import PORTRAIT
from gfrnet.images.encode import encoded
from gfrnet.images.png import encode_png
from gfrnet.images.tiff import encode_tiff
from gfrnet.restore import Restorer
from gfrnet.types import AnyArray, Box
from tiffs import tiff
from tiny_model import build_tiny_model
from xmps import Region, as_digikam, as_microsoft, document

CONFIGS = Path(__file__).parents[2] / "configs"

_XMP = b"<x:xmpmeta><rdf:Description tiff:Orientation='6' exif:PixelXDimension='96'/></x:xmpmeta>"

_REGIONS = (
    b"<x:xmpmeta><rdf:Description tiff:Orientation='6' hdrgm:Version='1'><mwg-rs:AppliedToDimensions"
    b" stDim:w='96' stDim:h='96'/><mwg-rs:Area stArea:x='0.5' stArea:y='0.25' stArea:w='1' stArea:h='0.5'/>"
    b"<Container:Directory><rdf:li/></Container:Directory><x MPReg:Rectangle='0.1, 0.2, 0.3, 0.4'/>"
    b"</rdf:Description></x:xmpmeta>"
)
_TEXTS = (images.Text("Comment", "from Berlin"), images.Text("Title", "Oma " * 400, "de", "Titel"))

_SPECIAL: dict[str, dict[str, dict[str, Any]]] = {
    "JPEG": {"RGB": {"progressive": True}, "L": {}, "CMYK": {}},
    "PNG": {"RGBA": {}, "P": {"transparency": 3}, "1": {}, "L": {"bits": 4}},
    "WEBP": {"RGB": {"lossless": True}, "RGBA": {"quality": 60}},
    "TIFF": {"RGB": {"compression": "tiff_lzw"}, "L": {"compression": "tiff_adobe_deflate"}, "1": {}},
    "AVIF": {"RGB": {}, "RGBA": {}},
    "BMP": {"RGB": {}, "P": {}},
    "GIF": {"P": {}},
}
"""Modes of each format, and how each is saved."""


def sidecars(folder: Path) -> list[bytes]:
    """Return sidecars of gfrnet and of other programs."""
    regions: list[Region] = [("Opa", 0.3, 0.4, 0.2, 0.3), ("Oma", 0.7, 0.4, 0.2, 0.3)]
    words = "<dc:subject><rdf:Bag><rdf:li>garden</rdf:li></rdf:Bag></dc:subject>"
    theirs = document(as_digikam(regions, (40, 60)) + as_microsoft(regions) + words)
    person = images.PersonRegion(Box(2, 3, 9, 12), "Oma &amp; <Opa>")
    ours = images.write_sidecar(folder / "seed.jpg", [person], images.Frame(60, 40, 6)).path
    return [theirs.encode(), theirs.encode("utf-16"), ours.read_bytes()]


def pictures() -> list[bytes]:
    """Return 30 pictures of a face, in every format and sample type that is read, with metadata."""
    face = Image.fromarray(images.read(PORTRAIT).rgb8).resize((96, 96))
    found = [
        _saved(face.convert(mode), kind, **how) for kind, m in _SPECIAL.items() for mode, how in m.items()
    ]
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = 6, "Kamera"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    text.add_text("exif", "text")
    found.append(_saved(face, "JPEG", exif=tags, xmp=_XMP, icc_profile=icc, dpi=(300, 300)))
    found.append(_saved(face, "PNG", exif=tags, pnginfo=text, icc_profile=icc))
    found.append(_saved(face, "GIF", save_all=True, append_images=[face.rotate(9)]))
    deep = np.asarray(face).astype(np.uint16) * 257
    found += [encode_png(part, None, icc, None, None) for part in (deep, deep[..., :1])]
    found += [encode_tiff(deep, None, icc, None, None), _tiff_grey(deep[..., 0])]
    return [*found, *_of_rarer_kinds(face, deep)]


def _of_rarer_kinds(face: Image.Image, deep: AnyArray) -> list[bytes]:
    """Return pictures in planes, with alpha beside 16-bit grey, with all kinds of metadata, and a HEIC."""
    import pillow_heif

    photo = images.Photo(np.asarray(face), xmp=_REGIONS, iptc=b"\x1c\x02\x78\0\3Oma", text=_TEXTS)
    film = {"save_all": True, "append_images": [face.rotate(9)], "lossless": True}
    heic = BytesIO()
    pillow_heif.from_pillow(face).save(heic, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", xmp=_REGIONS)
    return [
        tiff(deep, packing=5, predictor=2, separate=True, tile=(32, 32)),
        tiff(deep[..., :2], packing=8, predictor=2, order=">"),
        encoded(photo, "JPEG", 90),
        encoded(replace(photo, png_colour=((b"cICP", b"\x01\x0d\0\x01"),)), "PNG", 90),
        _saved(face, "WEBP", xmp=_REGIONS, **film),
        heic.getvalue(),
    ]


def _saved(image: Image.Image, file_format: str, **how: object) -> bytes:
    file = BytesIO()
    image.save(file, file_format, **how)
    return file.getvalue()


def _tiff_grey(samples: AnyArray) -> bytes:
    return _saved(Image.fromarray(samples), "TIFF")


def guide_sets(folder: Path) -> list[bytes]:
    """Return a prepared guide set."""
    return [Restorer.load().guides(PORTRAIT).save(folder / "set.npz").read_bytes()]


def models(folder: Path) -> list[bytes]:
    """Return an ONNX model with the interface of gfrnet."""
    return [build_tiny_model(folder / "model.onnx").read_bytes()]


def dataset(folder: Path) -> Path:
    """Write a data set, its manifest as Parquet in ``parquet``, and its shards in ``shards``."""
    root = folder / "set"
    write_synthetic(root, people=2, photos=2)
    rows, card = read_rows(root), read_card(root)
    for name in ("parquet", "shards"):
        (folder / name).mkdir()
    write_manifest(root, rows, type(card)("parquet", card.size, card.settings, card.notes))
    for name in ("manifest.parquet", "dataset.json"):
        (root / name).rename(folder / "parquet" / name)
    write_manifest(root, rows, card)
    pack_dataset(root, folder / "shards")
    return root


def report() -> bytes:
    """Return the report of a batch."""
    photo = {"photo": "a.jpg", "status": "failed", "reason": "It is empty.", "seconds": 0.1}
    return json.dumps({"gfrnet": "0", "model": "m", "photos": [photo]}).encode()


def configs() -> list[bytes]:
    """Return the shipped configs that extend no other."""
    found = [path.read_bytes() for path in sorted(CONFIGS.glob("*.yaml"))]
    return [config for config in found if b"extends:" not in config]


def safetensors(folder: Path) -> list[bytes]:
    """Return the weights of a tiny network."""
    from gfrnet.nets import GFRNet, GFRNetConfig

    shape = GFRNetConfig(
        warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4, recnet_depth=1
    )
    GFRNet(shape).save_pretrained(folder / "pretrained")
    return [(folder / "pretrained" / "model.safetensors").read_bytes()]
