"""Read and write pictures, and convert between 8 or 16 bit and [-1, 1] in this one place."""

from gfrnet.images.chunks import Text
from gfrnet.images.convert import from_signed, to_eight_bit, to_signed, to_uint8
from gfrnet.images.date_evidence import DateSource
from gfrnet.images.dates import Taken, taken
from gfrnet.images.encode import losses
from gfrnet.images.frame import Frame
from gfrnet.images.heic import HEIC_SUFFIXES
from gfrnet.images.people_regions import PersonRegion, PhotoPeople, RegionSource, people_beside, people_in
from gfrnet.images.photo import Photo, PixelArray
from gfrnet.images.profile import ColourSpace, colour_space
from gfrnet.images.raw import RAW_SUFFIXES
from gfrnet.images.read import MAX_MEGABYTES, READABLE_SUFFIXES, decode, opened, read
from gfrnet.images.sheet import Tile, contact_sheet, draw_flow, longest_step, shortened
from gfrnet.images.sheet_mark import as_sheet, is_sheet
from gfrnet.images.sidecar_write import WrittenSidecar, write_sidecar
from gfrnet.images.sidecars import Sidecar, read_sidecar, read_sidecars, sidecar_path, sidecar_paths
from gfrnet.images.write import (
    WRITABLE_SUFFIXES,
    Inputs,
    as_file,
    check_free,
    check_output,
    check_place,
    check_quality,
    clear_parts,
    put_in_place,
    whole,
    write,
    write_bytes,
    write_text,
)

__all__ = [
    "HEIC_SUFFIXES",
    "MAX_MEGABYTES",
    "RAW_SUFFIXES",
    "READABLE_SUFFIXES",
    "WRITABLE_SUFFIXES",
    "ColourSpace",
    "DateSource",
    "Frame",
    "Inputs",
    "PersonRegion",
    "Photo",
    "PhotoPeople",
    "PixelArray",
    "RegionSource",
    "Sidecar",
    "Taken",
    "Text",
    "Tile",
    "WrittenSidecar",
    "as_file",
    "as_sheet",
    "check_free",
    "check_output",
    "check_place",
    "check_quality",
    "clear_parts",
    "colour_space",
    "contact_sheet",
    "decode",
    "draw_flow",
    "from_signed",
    "is_sheet",
    "longest_step",
    "losses",
    "opened",
    "people_beside",
    "people_in",
    "put_in_place",
    "read",
    "read_sidecar",
    "read_sidecars",
    "shortened",
    "sidecar_path",
    "sidecar_paths",
    "taken",
    "to_eight_bit",
    "to_signed",
    "to_uint8",
    "whole",
    "write",
    "write_bytes",
    "write_sidecar",
    "write_text",
]
