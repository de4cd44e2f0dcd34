"""Look at the planes of a picture as arrays, and lay every pixel format out in planes."""

from __future__ import annotations

import av
import numpy as np
from av.video.frame import VideoFrame

from gfrnet.types import AnyArray

_LAID_OUT = {
    "nv12": "yuv420p",
    "nv21": "yuv420p",
    "nv16": "yuv422p",
    "nv24": "yuv444p",
    "p010le": "yuv420p10le",
    "p210le": "yuv422p10le",
    "yuyv422": "yuv422p",
    "uyvy422": "yuv422p",
    "yvyu422": "yuv422p",
    "rgb24": "gbrp",
    "bgr24": "gbrp",
    "rgb0": "gbrp",
    "0rgb": "gbrp",
    "bgr0": "gbrp",
    "0bgr": "gbrp",
    "rgba": "gbrap",
    "argb": "gbrap",
    "bgra": "gbrap",
    "abgr": "gbrap",
    "pal8": "gbrap",
    "rgb48le": "gbrp16le",
    "rgba64le": "gbrap16le",
    "gray8a": "gbrap",
    "ya8": "gbrap",
    "monow": "gray",
    "monob": "gray",
    "monowhite": "gray",
    "monoblack": "gray",
}
"""Formats of interleaved samples, with the format of planes that holds the same samples without loss."""


def planar_format(name: str) -> str:
    """Return the pixel format in planes, of little-endian samples, that holds the samples of another.

    Formats that no film has in practice, such as RGB of 5 bits, become planes of 8 bits.
    """
    found = _LAID_OUT.get(name, name)
    if found.endswith("be"):
        found = found[:-2] + "le"
    if found.startswith("yuvj"):
        return f"yuv{found[4:]}"
    planar = (
        found.startswith(("yuv", "yuva", "gbrp", "gbrap", "gray"))
        and "float" not in found
        and "f32" not in found
    )
    return found if planar and not found.startswith("yuyv") else "gbrp"


def laid_out(frame: VideoFrame) -> VideoFrame:
    """Return a frame whose samples lie in planes; the frame itself where they do."""
    wanted = planar_format(frame.format.name)
    if frame.format.name.startswith("yuvj"):
        return _renamed(frame, wanted)
    if wanted == frame.format.name:
        return frame
    changed = frame.reformat(format=wanted)
    changed.pts, changed.time_base, changed.duration = frame.pts, frame.time_base, frame.duration
    return changed


def _renamed(frame: VideoFrame, name: str) -> VideoFrame:
    """Return a frame whose full range is told by a tag, as encoders want it, instead of by its format."""
    renamed = VideoFrame(frame.width, frame.height, name)
    for plane in range(len(frame.planes)):
        plane_array(renamed, plane)[...] = plane_array(frame, plane)
    renamed.pts, renamed.time_base, renamed.duration = frame.pts, frame.time_base, frame.duration
    renamed.colorspace, renamed.color_range = frame.colorspace, 2
    renamed.color_primaries, renamed.color_trc = frame.color_primaries, frame.color_trc
    return renamed


def plane_array(frame: VideoFrame, index: int) -> AnyArray:
    """Return one plane (H, W) of uint8 or uint16. It shares the memory of the frame."""
    plane = frame.planes[index]
    wide = frame.format.components[0].bits > 8
    rows: AnyArray = np.frombuffer(memoryview(plane), np.uint16 if wide else np.uint8)
    line = plane.line_size // (2 if wide else 1)
    return rows[: line * plane.height].reshape(plane.height, line)[:, : plane.width]


def copy_of(frame: VideoFrame) -> VideoFrame:
    """Return a frame with memory of its own and all that the other says of itself.

    A decoder still needs the samples that it delivered, so they must not be changed in place.
    """
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add(
        "buffer",
        video_size=f"{frame.width}x{frame.height}",
        pix_fmt=frame.format.name,
        time_base=str(frame.time_base),
        colorspace=str(int(frame.colorspace)),
        range=str(int(frame.color_range)),
    )
    sink = graph.add("buffersink")
    source.link_to(sink)
    graph.configure()
    source.push(frame)
    copied = sink.pull()
    assert isinstance(copied, VideoFrame)
    copied.make_writable()
    return copied
