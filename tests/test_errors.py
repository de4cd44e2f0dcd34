from __future__ import annotations

import pickle

import pytest

from gfrnet import errors


def below(kind: type[errors.GfrnetError]) -> list[type[errors.GfrnetError]]:
    return [kind, *(lower for child in kind.__subclasses__() for lower in below(child))]


@pytest.mark.parametrize("kind", below(errors.GfrnetError))
def test_every_error_comes_whole_out_of_a_worker_process(kind: type[errors.GfrnetError]) -> None:
    more = (0.1, 0.4) if kind is errors.WrongPersonError else ()
    error = kind("a message", *more)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert str(back) == "a message"
    assert vars(back) == vars(error)
