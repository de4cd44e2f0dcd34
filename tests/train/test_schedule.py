import pytest

from gfrnet.train.config import Cosine, Linear, Plateau, Steps
from gfrnet.train.schedule import PlateauSchedule, ShareSchedule, make_schedule


def falling_then_flat(schedule: PlateauSchedule, steps: int) -> list[float]:
    rates = []
    for step in range(steps):
        rates.append(schedule.rate)
        schedule.advance(10, max(1.0 - 0.1 * step, 0.5))
    return rates


def test_plateau_waits_until_the_loss_stops_falling() -> None:
    schedule = PlateauSchedule(Plateau(rates=(1.0, 0.1), window=10, patience=2))
    # The loss falls in the windows 0 to 5; 6 and 7 bring nothing new.
    assert falling_then_flat(schedule, 9) == [1.0] * 8 + [0.1]
    assert not schedule.finished
    schedule.advance(10, 0.5)
    schedule.advance(10, 0.5)
    assert schedule.finished
    assert schedule.rate == 0.1


def test_plateau_compares_means_of_whole_windows() -> None:
    schedule = PlateauSchedule(Plateau(rates=(1.0, 0.1), window=40, patience=1))
    for loss in (1, 9, 1, 9, 2, 2, 2, 2):  # means 5 and 2: falling, though single steps rise
        schedule.advance(10, loss)
    assert schedule.rate == 1.0


def test_a_loaded_state_goes_on_in_the_middle_of_a_window() -> None:
    config = Plateau(rates=(1.0, 0.1), window=30, patience=1)
    whole, first, second = (PlateauSchedule(config) for _ in range(3))
    losses = [3.0, 1.0, 2.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0]
    for loss in losses[:4]:
        first.advance(10, loss)
    second.load_state_dict(first.state_dict())
    for loss in losses[4:]:
        second.advance(10, loss)
    for loss in losses:
        whole.advance(10, loss)
    assert whole.state_dict() == second.state_dict()


def test_cosine_goes_from_first_to_last() -> None:
    schedule = make_schedule(Cosine(first=1.0, last=0.2), 100)
    assert isinstance(schedule, ShareSchedule)
    rates = []
    schedule.advance(50, None)  # WarpNet alone
    for _ in range(11):
        rates.append(schedule.rate)
        schedule.advance(10, 0.0)
    assert rates[0] == 1.0
    assert rates[5] == pytest.approx(0.6)
    assert rates[10] == pytest.approx(0.2)
    assert not schedule.finished


def test_steps_share_the_run_out_equally() -> None:
    schedule, rates = make_schedule(Steps(rates=(1.0, 0.1, 0.01)), 90), []
    for _ in range(10):
        rates.append(schedule.rate)
        schedule.advance(10, 0.0)
    assert rates == [1.0] * 3 + [0.1] * 3 + [0.01] * 4


def test_a_line_falls_to_0_from_its_begin_on() -> None:
    schedule, rates = make_schedule(Linear(first=2.0, begin=0.5), 100), []
    for _ in range(5):
        rates.append(schedule.rate)
        schedule.advance(25, 0.0)
    assert rates == [2.0, 2.0, 2.0, 1.0, 0.0]


def test_steps_without_a_reconstruction_do_not_count() -> None:
    schedule = PlateauSchedule(Plateau(rates=(1.0, 0.1), window=10, patience=1))
    for _ in range(5):
        schedule.advance(10, None)
    assert falling_then_flat(schedule, 7) == [1.0] * 7
