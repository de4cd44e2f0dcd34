"""Damage files: the same number always gives the same damage."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_WORDS = (
    b"nan",
    b"-1",
    b"1e999",
    b"../../x",
    b"null",
    b"[[[[",
    b"\xed\xa0\x80",
    b"\x00",
    b"\x1b[31m",
    b"9" * 40,
)


def mutated(data: bytes, others: Sequence[bytes], number: int) -> bytes:
    """Return a damaged copy of a file.

    Args:
        data: The file.
        others: Other files of its kind, from which pieces are taken.
        number: Seed of the damage.
    """
    rng = np.random.default_rng(number)
    damaged = bytearray(data)
    for _ in range(int(rng.choice([1, 1, 1, 2, 4]))):
        _DAMAGES[rng.integers(len(_DAMAGES))](damaged, others, rng)
    return bytes(damaged)


def _flip(data: bytearray, _: Sequence[bytes], rng: np.random.Generator) -> None:
    if data:
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _extreme(data: bytearray, _: Sequence[bytes], rng: np.random.Generator) -> None:
    """Set a number of 1, 2 or 4 bytes, as sizes and offsets are, to an extreme one."""
    width, order = int(rng.choice([1, 2, 4])), str(rng.choice(["little", "big"]))
    value = _EXTREMES[rng.integers(len(_EXTREMES))] % 256**width
    place = _place(data, rng)
    data[place : place + width] = value.to_bytes(width, order)  # type: ignore[arg-type]


def _word(data: bytearray, _: Sequence[bytes], rng: np.random.Generator) -> None:
    place = _place(data, rng)
    data[place:place] = _WORDS[rng.integers(len(_WORDS))]


def _cut(data: bytearray, _: Sequence[bytes], rng: np.random.Generator) -> None:
    del data[_place(data, rng) :]


def _delete(data: bytearray, _: Sequence[bytes], rng: np.random.Generator) -> None:
    place = _place(data, rng)
    del data[place : place + int(rng.integers(1, 64))]


def _repeat(data: bytearray, _: Sequence[bytes], rng: np.random.Generator) -> None:
    place = _place(data, rng)
    piece = bytes(data[place : place + int(rng.integers(1, 64))])
    data[place:place] = piece * int(rng.choice([1, 2, 1000]))


def _splice(data: bytearray, others: Sequence[bytes], rng: np.random.Generator) -> None:
    other = others[rng.integers(len(others))]
    start = int(rng.integers(max(1, len(other))))
    piece = other[start : start + int(rng.integers(1, 512))]
    place = _place(data, rng)
    data[place : place + len(piece)] = piece


def _place(data: bytearray, rng: np.random.Generator) -> int:
    """Choose a place, half of the time near the start, where the headers are."""
    end = min(len(data), 64) if rng.random() < 0.5 else len(data)
    return int(rng.integers(max(1, end)))


_DAMAGES: tuple[Callable[[bytearray, Sequence[bytes], np.random.Generator], None], ...] = (
    *(_flip, _flip, _extreme, _extreme, _word, _cut, _delete, _repeat, _splice),
)
