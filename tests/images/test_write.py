from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from gfrnet.errors import ConfigError, WriteError
from gfrnet.images import WRITABLE_SUFFIXES, Photo, check_output, read, write, write_text
from gfrnet.images import write as write_photo
from gfrnet.images.photo import PixelArray
from gfrnet.images.write import Inputs
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]
MakeExif = Callable[..., bytes]


@cache
def profile() -> bytes:
    """Made once: a profile holds the second of its making."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def grey_profile() -> bytes:
    """An RGB profile relabelled: enough for what looks at the label only."""
    return profile()[:16] + b"GRAY" + profile()[20:]


def same(a: PixelArray | None, b: PixelArray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())


@pytest.mark.parametrize("suffix", [".png", ".TIF"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("with_alpha", [False, True])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (37, 29)])
def test_lossless_formats_keep_every_bit(
    suffix: str, dtype: type, with_alpha: bool, grey: bool, size: tuple[int, int], tmp_path: Path, noise: Make
) -> None:
    pixels = np.repeat(noise(*size, 1, dtype=dtype), 3, axis=2) if grey else noise(*size, 3, dtype=dtype)
    photo = Photo(pixels, noise(*size, dtype=dtype) if with_alpha else None, grey=grey)
    path = write(photo, tmp_path / f"p{suffix}")
    back = read(path)
    assert same(back.pixels, photo.pixels)
    assert same(back.alpha, photo.alpha)
    assert back.grey == grey
    again = read(write(back, tmp_path / f"q{suffix}"))
    assert same(again.pixels, photo.pixels)


def test_a_tiff_of_many_strips_keeps_every_bit(tmp_path: Path, noise: Make) -> None:
    photo = Photo(noise(300, 401, 3, dtype=np.uint16))
    assert same(read(write(photo, tmp_path / "p.tif")).pixels, photo.pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pillow_reads_our_png_and_tiff_as_we_do(
    suffix: str, channels: int, tmp_path: Path, noise: Make
) -> None:
    samples = noise(70, 90, channels)
    grey, alpha = channels == 1, samples[..., 3] if channels == 4 else None
    photo = Photo(samples[..., [0, 0, 0]] if grey else samples[..., :3], alpha, grey=grey)
    with Image.open(write(photo, tmp_path / f"p{suffix}")) as image:
        assert image.mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        assert (np.asarray(image).reshape(samples.shape) == samples).all()


def test_lossless_webp_at_full_quality(tmp_path: Path, noise: Make) -> None:
    photo = Photo(noise(20, 30, 3), noise(20, 30))
    back = read(write(photo, tmp_path / "p.webp", quality=100))
    assert same(back.pixels, photo.pixels)
    assert same(back.alpha, photo.alpha)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp", ".avif"])
def test_lossy_formats_stay_close_and_obey_the_quality(suffix: str, tmp_path: Path, noise: Make) -> None:
    coarse = Image.fromarray(noise(12, 16, 3)).resize((160, 120), Image.Resampling.BICUBIC)
    photo = Photo(np.array(coarse))
    good, bad = tmp_path / f"good{suffix}", tmp_path / f"bad{suffix}"
    write(photo, good)
    write(photo, bad, quality=30)
    errors = [np.abs(read(p).pixels.astype(int) - photo.pixels).mean() for p in (good, bad)]
    assert errors[0] < 3
    assert errors[1] > 1.5 * errors[0]
    assert bad.stat().st_size < good.stat().st_size


def test_jpeg_keeps_full_chroma(tmp_path: Path, noise: Make) -> None:
    path = write(Photo(noise(32, 32, 3)), tmp_path / "p.jpg")
    with Image.open(path) as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_metadata_travel_through_every_format(
    suffix: str, tmp_path: Path, smooth: Make, camera_exif: MakeExif
) -> None:
    source = tmp_path / "source.jpg"
    Image.fromarray(smooth()).save(source, exif=camera_exif(6, maker="Zeiß"), icc_profile=profile())
    photo = read(source).enlarged(2)
    back = read(write(photo, tmp_path / f"p{suffix}"))
    assert back.icc == photo.icc == profile()
    assert back.pixels.shape == (120, 80, 3)
    tags = Image.Exif()
    tags.load(back.exif)
    assert tags[0x010F] == "Zei\xdf"
    assert tags.get(0x0112, 1) == 1
    details = tags.get_ifd(0x8769)
    assert (details[0xA002], details[0xA003]) == (80, 120)
    assert details[0x9003] == "2001:02:03 04:05:06"


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6" xmp:Rating="5"'
    b" exif:PixelXDimension='60'><tiff:ImageWidth>60</tiff:ImageWidth>Gro\xc3\x9fmutter</rdf:Description>"
    b"</rdf:RDF></x:xmpmeta>"
)


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF"])
def test_xmp_travels_through_every_format_without_what_is_true_no_more(
    file_format: str, suffix: str, tmp_path: Path, smooth: Make
) -> None:
    source, result = tmp_path / "source", tmp_path / f"result{suffix}"
    Image.fromarray(smooth()).save(source, file_format, xmp=XMP)
    assert read(source).pixels.shape[:2] == (60, 40)
    write(read(source), result)
    with Image.open(result) as image:
        kept = image.info["xmp"]
    assert b'xmp:Rating="5"' in kept
    assert "Großmutter".encode() in kept
    assert not any(stale in kept for stale in (b"Orientation", b"Dimension", b"ImageWidth"))
    back = read(result)
    assert (back.xmp, back.pixels.shape[:2]) == (kept, (60, 40))


def test_xmp_that_tells_of_lost_parts_or_is_too_long_is_left_out(tmp_path: Path, smooth: Make) -> None:
    path = tmp_path / "p.jpg"
    Image.fromarray(smooth()).save(path, xmp=XMP + b"http://ns.google.com/photos/1.0/container/")
    assert read(path).xmp is None
    long = Photo(smooth(), xmp=XMP + bytes(70000))
    assert read(write(long, path)).xmp is None
    assert read(write(long, tmp_path / "p.png")).xmp is not None


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("source", [".jpg", ".png", ".tif", ".bmp"])
def test_the_resolution_of_a_scan_is_kept(source: str, suffix: str, tmp_path: Path, smooth: Make) -> None:
    path, result = tmp_path / f"scan{source}", tmp_path / f"result{suffix}"
    Image.fromarray(smooth()).save(path, dpi=(600, 300))
    write(read(path).enlarged(2), result)
    with Image.open(result) as image:
        assert image.info["dpi"] == pytest.approx((600, 300), abs=0.02)
    again = read(write(read(result), tmp_path / "again.png"))
    assert again.dpi == pytest.approx((600, 300), abs=0.02)


def test_no_resolution_is_made_up(tmp_path: Path, smooth: Make, camera_exif: MakeExif) -> None:
    path = tmp_path / "camera.jpg"
    for suffix in (".jpg", ".png", ".tif"):
        for options in {"exif": camera_exif(1)}, {}:
            Image.fromarray(smooth()).save(path, **options)
            assert read(path).dpi is None
            assert read(write(read(path), tmp_path / f"result{suffix}")).dpi is None


def test_the_resolution_turns_with_the_picture(tmp_path: Path, smooth: Make, camera_exif: MakeExif) -> None:
    for orientation, dpi in (3, (600, 300)), (6, (300, 600)):
        Image.fromarray(smooth()).save(tmp_path / "p.jpg", dpi=(600, 300), exif=camera_exif(orientation))
        assert read(tmp_path / "p.jpg").dpi == dpi


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_grey_is_written_with_one_channel(suffix: str, tmp_path: Path, smooth: Make) -> None:
    path = write(Photo(smooth()[..., [0, 0, 0]], grey=True), tmp_path / f"p{suffix}")
    with Image.open(path) as image:
        assert image.mode == ("RGB" if suffix == ".webp" else "L")
    assert read(path).grey


def test_a_grey_photo_that_turned_coloured_is_written_grey(tmp_path: Path, smooth: Make) -> None:
    back = read(write(Photo(smooth(), grey=True), tmp_path / "p.png"))
    assert (back.pixels == back.pixels[..., :1]).all()


def test_grey_with_a_profile_for_rgb_keeps_both(tmp_path: Path, smooth: Make) -> None:
    photo = Photo(smooth()[..., [0, 0, 0]], grey=True, icc=profile())
    with Image.open(write(photo, tmp_path / "p.png")) as image:
        assert image.mode == "RGB"
    back = read(tmp_path / "p.png")
    assert (back.grey, back.icc) == (True, profile())


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_a_grey_profile_is_not_put_where_colour_is(
    suffix: str, with_alpha: bool, tmp_path: Path, smooth: Make
) -> None:
    grey = smooth()[..., [0, 0, 0]]
    photo = Photo(grey, grey[..., 0] if with_alpha else None, grey=True, icc=grey_profile())
    back = read(write(photo, tmp_path / f"p{suffix}"))
    assert back.icc is None
    assert (back.alpha is not None) == with_alpha
    assert np.abs(back.pixels.astype(int) - grey).mean() < 3


def test_16_bit_grey_with_alpha_and_profile_fits_png_but_no_tiff(tmp_path: Path, noise: Make) -> None:
    pixels = np.repeat(noise(4, 5, 1, dtype=np.uint16), 3, axis=2)
    photo = Photo(pixels, noise(4, 5, dtype=np.uint16), grey=True, icc=grey_profile())
    assert read(write(photo, tmp_path / "p.png")).icc == grey_profile()
    with pytest.raises(WriteError, match=r"Write a \.png instead"):
        write(photo, tmp_path / "p.tif")


def test_16_bit_is_rounded_where_the_format_has_8(tmp_path: Path, smooth: Make) -> None:
    photo = Photo(np.clip(smooth().astype(np.uint32) * 257 + 100, 0, 65535).astype(np.uint16))
    back = read(write(photo, tmp_path / "p.webp", quality=100))
    assert (back.pixels == smooth()).all()


def test_jpeg_takes_opaque_alpha_and_refuses_transparency(tmp_path: Path, smooth: Make) -> None:
    alpha = np.full(smooth().shape[:2], 255, np.uint8)
    assert read(write(Photo(smooth(), alpha), tmp_path / "p.jpg")).alpha is None
    alpha[3, 4] = 254
    with pytest.raises(WriteError, match=r"JPEG cannot hold transparency\. Write a \.png"):
        write(Photo(smooth(), alpha), tmp_path / "q.jpg")


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path, smooth: Make) -> None:
    panorama = Photo(np.zeros((2, 20000, 3), np.uint8))
    with pytest.raises(WriteError, match=r"16383 pixels a side, not 20000. Write a .png"):
        write(panorama, tmp_path / "p.webp")
    assert read(write(panorama, tmp_path / "p.jpg")).width == 20000
    with pytest.raises(WriteError, match="EXIF, not 70000"):
        write(Photo(smooth(), exif=b"Exif\0\0" + bytes(69994)), tmp_path / "p.jpg")
    assert not (tmp_path / "p.webp").exists()


@pytest.mark.parametrize("name", ["p", "p.txt", "p.bmp", ".png"])
def test_an_unknown_suffix_is_refused(name: str, tmp_path: Path, smooth: Make) -> None:
    with pytest.raises(WriteError, match=r"Use \.jpg, \.jpeg, \.jfif, \.png, \.webp, \.tif, \.tiff, \.avif"):
        write(Photo(smooth()), tmp_path / name)


def test_the_folder_is_made_and_names_may_be_of_any_language(tmp_path: Path, smooth: Make) -> None:
    path = tmp_path / "Ausgabe" / "家族" / ("ü" * 120 + ".png")
    assert write(Photo(smooth()), path) == path
    assert (read(path).pixels == smooth()).all()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_permissions_are_those_of_any_new_file(tmp_path: Path, smooth: Make) -> None:
    (tmp_path / "other").write_text("")
    path = write(Photo(smooth()), tmp_path / "p.png")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_an_input_is_never_overwritten(tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(Photo(smooth()), tmp_path / "p.png")
    before = source.read_bytes()
    (tmp_path / "folder").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "link.png").symlink_to(source)
    (tmp_path / "hard.png").hardlink_to(source)
    monkeypatch.chdir(tmp_path)
    for name in ("p.png", "./p.png", "folder/p.png", "none/../p.png", "link.png", "hard.png", str(source)):
        with pytest.raises(WriteError, match=r"is an input .* Choose another name"):
            write(Photo(smooth()), name, inputs=[source])
        with pytest.raises(WriteError, match="is an input"):
            write_text("report", name, inputs=[str(source)])
        with pytest.raises(WriteError, match="is an input"):
            write(read(source), name)
    assert source.read_bytes() == before


def test_an_input_is_recognised_in_another_case(
    tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a disk that does not tell cases apart, the system says that both names are one file.
    source = write(Photo(smooth()), tmp_path / "p.png")
    stat = os.stat

    def stat_in_any_case(path: Path | str, **options: bool) -> os.stat_result:
        return stat(source if str(path).lower() == str(source).lower() else path, **options)

    monkeypatch.setattr(os, "stat", stat_in_any_case)
    with pytest.raises(WriteError, match="is an input"):
        write(Photo(smooth()), tmp_path / "P.PNG", inputs=[source])


def test_inputs_are_looked_up_once(tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [write(Photo(smooth()), tmp_path / f"{number}.png") for number in range(50)]
    inputs = Inputs(sources)
    looked_up: list[str] = []
    for name in ("stat", "lstat"):
        look = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda path, look=look, **o: (looked_up.append(str(path)), look(path, **o))[1]
        )
    check_output(Photo(smooth()), tmp_path / "new.png", inputs)
    assert not {str(source) for source in sources} & set(looked_up)
    with pytest.raises(WriteError, match=r"is an input .*7\.png"):
        check_output(Photo(smooth()), tmp_path / "7.png", inputs)


def test_another_file_with_the_number_of_a_lost_input_is_no_input(tmp_path: Path, smooth: Make) -> None:
    source = write(Photo(smooth()), tmp_path / "p.png")
    inputs = Inputs([source])
    source.rename(tmp_path / "q.png")
    assert inputs.find(tmp_path / "q.png") is None
    assert inputs.find(source) == source


def test_a_missing_folder_or_a_folder_in_place_of_the_file_is_told_before_the_work(
    tmp_path: Path, smooth: Make
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    check_output(Photo(smooth()), tmp_path / "new" / "folder" / "p.png")
    with pytest.raises(WriteError, match="is a folder"):
        check_output(Photo(smooth()), tmp_path / "folder.png")
    with pytest.raises(WriteError, match="file is a file"):
        check_output(Photo(smooth()), tmp_path / "file" / "new" / "p.png")


def test_an_input_that_is_gone_is_still_recognised(tmp_path: Path, smooth: Make) -> None:
    with pytest.raises(WriteError, match="is an input"):
        write(Photo(smooth()), tmp_path / "p.png", inputs=[tmp_path / "x" / ".." / "p.png"])


@pytest.mark.parametrize("quality", [0, 101, 1000, -1, 9.5, "95"])
@pytest.mark.parametrize("name", ["p.jpg", "p.webp", "p.png"])
def test_a_quality_out_of_range_is_refused(name: str, quality: object, tmp_path: Path, smooth: Make) -> None:
    with pytest.raises(ConfigError, match="quality"):
        write(Photo(smooth()), tmp_path / name, quality=quality)  # type: ignore[arg-type]
    assert not (tmp_path / name).exists()


def test_an_older_result_is_replaced(tmp_path: Path, smooth: Make) -> None:
    write(Photo(smooth()), tmp_path / "p.png")
    write(Photo(255 - smooth()), tmp_path / "p.png", inputs=[tmp_path / "other.png"])
    assert (read(tmp_path / "p.png").pixels == 255 - smooth()).all()


def test_check_output_says_it_before_the_work(tmp_path: Path, smooth: Make) -> None:
    photo = Photo(smooth(), path=tmp_path / "p.png")
    check_output(photo, tmp_path / "q.png", [tmp_path / "guide.png"])
    for name in ("p.png", "guide.png", "q.docx"):
        with pytest.raises(WriteError):
            check_output(photo, tmp_path / name, [tmp_path / "guide.png"])
    assert list(tmp_path.iterdir()) == []


def test_write_text(tmp_path: Path) -> None:
    path = write_text('{"name": "Zoë"}', tmp_path / "new" / "report.json")
    assert path.read_text(encoding="utf-8") == '{"name": "Zoë"}'
    assert len(list(path.parent.iterdir())) == 1


def test_a_folder_that_is_a_file_and_a_file_that_is_a_folder(tmp_path: Path, smooth: Make) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(WriteError, match=r"cannot be written"):
        write(Photo(smooth()), tmp_path / "file" / "p.png")
    with pytest.raises(WriteError, match=r"is a folder. Give the name of a file"):
        write(Photo(smooth()), tmp_path / "folder.png")
    assert (tmp_path / "file").read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small disk in memory; the test is skipped where the user may not mount one."""
    folder.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        pytest.skip("mounting needs Linux and the superuser")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tmp_path: Path, noise: Make) -> None:
    with mounted(tmp_path / "disk", "size=64k") as disk:
        write(Photo(noise(20, 20, 3)), disk / "p.png")
        before = (disk / "p.png").read_bytes()
        for name in ("p.png", "q.png"):
            with pytest.raises(WriteError, match=r"does not fit on the disk. Free some space"):
                write(Photo(noise(200, 200, 3)), disk / name)
        assert (disk / "p.png").read_bytes() == before
        assert [p.name for p in disk.iterdir()] == ["p.png"]


def test_a_read_only_folder(tmp_path: Path, smooth: Make) -> None:
    with mounted(tmp_path / "disk", "ro") as disk:
        for path in (disk / "p.png", disk / "new" / "p.png"):
            with pytest.raises(WriteError, match=r"may not be written to. Choose another folder"):
                write(Photo(smooth()), path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_folder_without_permission(tmp_path: Path, smooth: Make) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WriteError, match="may not be written to"):
        write(Photo(smooth()), tmp_path / "p.png")


LIMITED = """
import resource, sys, numpy as np
from pathlib import Path
from gfrnet.errors import WriteError
from gfrnet.images import Photo, write
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
try:
    write(Photo(pixels), Path(sys.argv[1]) / "p.png")
except WriteError as error:
    print(error)
"""

LOOP = """
import sys, numpy as np
from gfrnet.images import Photo, write
rng = np.random.default_rng(0)
photos = [Photo(rng.integers(0, 256, (150, 150, 3)).astype(np.uint8)) for _ in range(2)]
while True:
    for photo in photos:
        write(photo, sys.argv[1])
        print("written", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_a_quota(tmp_path: Path) -> None:
    run = [sys.executable, "-c", LIMITED, str(tmp_path)]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "does not fit on the disk" in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wait", [0.0, 0.003, 0.011])
def test_a_killed_run_leaves_the_target_whole(wait: float, tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    run = [sys.executable, "-c", LOOP, str(path)]
    with subprocess.Popen(run, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(wait)
        process.kill()
    assert read(path).pixels.shape == (150, 150, 3)
    assert len(list(tmp_path.iterdir())) <= 2


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process")
def test_an_interrupted_run_leaves_nothing_but_the_target(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    run = [sys.executable, "-c", LOOP, str(path)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
    assert read(path).pixels.shape == (150, 150, 3)
    assert [p.name for p in tmp_path.iterdir()] == ["p.png"]


def test_an_encoder_that_refuses_is_explained(
    tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("encoder error -2")

    monkeypatch.setattr(Image.Image, "save", refuse)
    with pytest.raises(WriteError, match=r"p\.jpg cannot be encoded \(encoder error -2\)"):
        write_photo(Photo(smooth()), tmp_path / "p.jpg")
