"""Read films that are broken, hostile or change, and fill the disk."""

from __future__ import annotations

import os
import socket
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from filmfiles import Recipe, make_film, stream_hashes
from gfrnet.errors import ConfigError, FilmChangedError, FilmError, FilmWriteError, UnreadableFilmError
from gfrnet.film import FilmSink, FilmSource, join
from gfrnet.film.media import bytes_needed, check_space, choose_coding, fitting_suffix, outfile
from gfrnet.work import Noted

SOUND = ("ac3", "stereo", 48000)


def written(source: FilmSource, path: Path, codec: str = "ffv1") -> Path:
    with FilmSink(path, like=source, codec=codec, threads=1) as sink:
        for frame in source.frames():
            sink.write(frame)
    return path


@pytest.fixture
def film(tmp_path: Path) -> FilmSource:
    return FilmSource.open(make_film(tmp_path / "film.mkv", Recipe(sound=SOUND)), threads=1)


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    text, empty, sound = tmp_path / "a.mkv", tmp_path / "b.mkv", tmp_path / "c.wav"
    text.write_text("not a film")
    empty.touch()
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    for path in (text, empty, sound, tmp_path, tmp_path / "missing.mkv"):
        with pytest.raises(UnreadableFilmError, match=path.name):
            FilmSource.open(path)
    with pytest.raises(ConfigError):
        FilmSource.open(text, deinterlace="maybe")


def test_a_sound_without_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    with pytest.raises(UnreadableFilmError, match="no video"):
        FilmSource.open(path)


@pytest.mark.parametrize("kind", ["m3u8", "concat", "sdp", "dash", "image list"])
def test_a_file_opens_no_other_file_and_no_network(kind: str, tmp_path: Path) -> None:
    secret = make_film(tmp_path / "secret.ts", Recipe(".ts", time_base=Fraction(1, 90000)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        texts = {
            "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n"
            f"#EXTINF:1,\n{secret}\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n",
            "concat": f"ffconcat version 1.0\nfile '{secret}'\nfile '{address}'\n",
            "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\n"
            "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
            "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet>'
            f'<Representation id="1"><BaseURL>{address}</BaseURL></Representation>'
            "</AdaptationSet></Period></MPD>",
            "image list": f"{secret}\n",
        }
        for suffix in (".mkv", ".m3u8", ".mp4", ".sdp", ".mpd"):
            path = tmp_path / f"evil{suffix}"
            path.write_text(texts[kind])
            with pytest.raises(UnreadableFilmError):
                FilmSource.open(path)
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_name_is_no_address(tmp_path: Path) -> None:
    for name in ("http://127.0.0.1:9/a.mkv", "concat:a.ts|b.ts", "pipe:0", "lavfi:testsrc"):
        with pytest.raises(UnreadableFilmError):
            FilmSource.open(name)


def test_a_giant_is_refused_before_it_is_decoded(film: FilmSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gfrnet.film.media.opening.MOST_PIXELS", 1000)
    with pytest.raises(UnreadableFilmError, match="96 x 64"):
        FilmSource.open(film.path)


def test_too_many_frames_are_refused(film: FilmSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gfrnet.film.media.index._MOST_FRAMES", 5)
    with pytest.raises(UnreadableFilmError, match="over 5 frames"):
        FilmSource.open(film.path)


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_a_truncated_film_gives_its_frames(suffix: str, tmp_path: Path) -> None:
    recipe = Recipe(
        suffix, frames=40, time_base=Fraction(1, 90000), options={"x264-params": "keyint=5:bframes=0"}
    )
    whole = make_film(tmp_path / f"film{suffix}", recipe).read_bytes()
    path = tmp_path / f"half{suffix}"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    source = FilmSource.open(path, threads=1)
    assert 12 <= len(list(source.frames())) == len(source.index) < 40


def test_broken_packets_are_stood_in_for_and_told(tmp_path: Path) -> None:
    recipe = Recipe(
        codec="mjpeg", pixel_format="yuvj420p", suffix=".avi", frames=12, time_base=Fraction(1, 25)
    )
    path = make_film(tmp_path / "film.avi", recipe)
    data = bytearray(path.read_bytes())
    starts = [place for place in range(len(data)) if data[place : place + 3] == b"\xff\xd8\xff"]
    data[starts[5] : starts[5] + 400] = bytes(400)
    path.write_bytes(data)
    source, told = FilmSource.open(path, threads=1), []
    frames = list(source.frames(on_event=told.append))
    assert [frame.index for frame in frames] == list(range(12))
    assert any(isinstance(event, Noted) and "cannot be decoded" in event.text for event in told)


def test_damage_at_random_never_raises_anything_else(tmp_path: Path) -> None:
    whole = make_film(tmp_path / "film.mkv", Recipe(frames=10, sound=SOUND)).read_bytes()
    rng = np.random.default_rng(0)
    for number in range(25):
        data = np.frombuffer(whole, np.uint8).copy()
        places = rng.integers(0, len(data), 30)
        data[places] = rng.integers(0, 256, 30)
        path = tmp_path / f"damaged-{number}.mkv"
        path.write_bytes(data.tobytes())
        try:
            source = FilmSource.open(path, threads=1)
            assert len(list(source.frames())) == len(source.index)
        except FilmError:
            continue


def test_a_film_that_changes_is_noticed(film: FilmSource, tmp_path: Path) -> None:
    frames = film.frames()
    next(frames)
    os.utime(film.path, ns=(1, 1))
    with pytest.raises(FilmChangedError, match="changed"):
        list(frames)
    with pytest.raises(FilmChangedError):
        next(film.frames())
    film.path.unlink()
    with pytest.raises(FilmChangedError, match="gone"):
        next(film.frames())


class Full:
    """Stand for a file on a disk that fills up."""

    def __init__(self, file: object, room: int) -> None:
        self._file, self._room = file, room

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(28, "No space left on device")
        return self._file.write(data)  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("room", [0, 20_000])
def test_a_full_disk_leaves_nothing_half_written(
    room: int, film: FilmSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, folder = outfile.av.open, tmp_path / "full"
    monkeypatch.setattr(
        outfile.av, "open", lambda file, *a, **k: real(Full(file, room) if a else file, *a, **k)
    )
    with pytest.raises(FilmWriteError, match="No space left"):
        written(film, folder / "out.mkv")
    assert list(folder.iterdir()) == []


def test_an_interrupted_film_leaves_nothing(film: FilmSource, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    frame = next(film.frames())
    with FilmSink(folder / "out.mkv", like=film, threads=1) as sink:
        sink.write(frame)
        with pytest.raises(FilmError, match="follow"):
            sink.write(frame)
    (folder / "out.mkv").unlink()
    with pytest.raises(ZeroDivisionError), FilmSink(folder / "out.mkv", like=film, threads=1):
        _ = 1 / 0
    assert list(folder.iterdir()) == []


def test_segments_must_fit(film: FilmSource, tmp_path: Path) -> None:
    one = written(film, tmp_path / "one.mkv")
    other = written(film, tmp_path / "two.mkv", "x264")
    for segments, told in (([], "no segments"), ([one, one], "more frames"), ([one, other], "differently")):
        with pytest.raises(FilmError, match=told):
            join(segments, film, tmp_path / "out.mkv")
    with pytest.raises(FilmError, match="hold 12 frames"):
        join(
            [one],
            FilmSource.open(make_film(tmp_path / "b.mkv", Recipe(frames=14)), threads=1),
            tmp_path / "out.mkv",
        )
    assert not (tmp_path / "out.mkv").exists()
    with pytest.raises(FilmWriteError, match="ending"):
        join([one], film, tmp_path / "out.wmv")


def test_a_part_takes_its_part_of_the_sound(tmp_path: Path) -> None:
    film = FilmSource.open(
        make_film(tmp_path / "f.mkv", Recipe(frames=12, sound=SOUND, chapters=2)), threads=1
    )
    with FilmSink(tmp_path / "s.mkv", like=film, threads=1) as sink:
        for frame in film.frames(4, 10):
            sink.write(frame)
    part = FilmSource.open(
        join([tmp_path / "s.mkv"], film, tmp_path / "p.mkv", start=4, stop=10).path, threads=1
    )
    assert list(part.index.places) == list(film.index.places)[:6]
    assert part.facts.chapters == 2
    assert [kind for kind, _ in stream_hashes(part.path)] == ["audio"]


def test_what_a_container_does_not_hold_is_told(tmp_path: Path) -> None:
    recipe = Recipe(subtitles="ass", attachment=b"font" * 99, sound=SOUND)
    film = FilmSource.open(make_film(tmp_path / "film.mkv", recipe), threads=1)
    lost = join([written(film, tmp_path / "one.mkv", "x264")], film, tmp_path / "out.mp4").lost
    assert len(lost) == 2
    assert "subtitle" in lost[0]


def test_the_container_is_that_of_the_film_where_it_holds_all(tmp_path: Path) -> None:
    mp4 = FilmSource.open(make_film(tmp_path / "film.mp4", Recipe(".mp4")), threads=1)
    x264 = choose_coding(mp4.facts, "same", None, False)
    assert fitting_suffix(mp4, x264).suffix == ".mp4"
    prores = fitting_suffix(mp4, choose_coding(mp4.facts, "prores", None, False))
    assert prores.suffix == ".mkv"
    assert "prores" in prores.words[0]
    avi = FilmSource.open(
        make_film(tmp_path / "film.avi", Recipe(".avi", codec="mpeg4", time_base=Fraction(1, 25))), threads=1
    )
    coding = choose_coding(avi.facts, "same", None, False)
    assert (coding.codec, fitting_suffix(avi, coding).suffix) == ("x264", ".mkv")
    assert coding.words
    assert fitting_suffix(avi, coding).words


def test_codings_say_what_they_lose(tmp_path: Path) -> None:
    odd = FilmSource.open(make_film(tmp_path / "odd.mkv", Recipe(codec="ffv1", size=(95, 63))), threads=1)
    coding = choose_coding(odd.facts, "x264", 20, False)
    assert coding.pixel_format == "yuv444p"
    assert "yuv444p" in coding.words[0]
    assert len(FilmSource.open(written(odd, tmp_path / "out.mkv", "x264"), threads=1).index) == 12
    for codec, crf in (("theora", None), ("ffv1", 20), ("x264", 99)):
        with pytest.raises(ConfigError):
            choose_coding(odd.facts, codec, crf, False)


def test_room_is_looked_for(film: FilmSource, tmp_path: Path) -> None:
    needed = bytes_needed(film, choose_coding(film.facts, "ffv1", None, False))
    assert needed > film.stamp.size
    check_space(tmp_path, needed)
    with pytest.raises(FilmWriteError, match="GB free"):
        check_space(tmp_path, 10**18)


def test_films_without_times_are_counted(tmp_path: Path) -> None:
    source = FilmSource.open(make_film(tmp_path / "film.h264", Recipe(".h264", container="h264")), threads=1)
    assert not source.index.seekable
    assert [frame.index for frame in source.frames(3, 9)] == [3, 4, 5, 6, 7, 8]
    assert len(source.index) == 12
