"""Work that is shared out on this machine: two calls at a time, told as one, and stopped together."""

import threading

import pytest

from core.base.errors import AnalysisError, Cancelled
from core.base.threads import side_by_side


def test_two_calls_run_at_a_time_in_their_order():
    begun: list[int] = []
    both = threading.Barrier(2)

    def task(number: int, report):
        begun.append(number)
        both.wait(60)  # fails unless another call runs too

    side_by_side(task, [(number,) for number in range(6)], [1] * 6, "Working", lambda *_: None)
    assert sorted(begun) == [*range(6)] and {*begun[:2]} == {0, 1}


def test_progress_is_that_of_the_whole_and_ends_with_it():
    told: list[tuple[int, int, str]] = []

    def task(size: int, report):
        for done in range(size + 1):
            report(done, size, "own words")

    side_by_side(task, [(10,), (30,), (60,)], [10, 30, 60], "Working", lambda *entries: told.append(entries))
    assert told[0] == (0, 100, "Working") and told[-1] == (100, 100, "Working, 3 of 3")
    assert all(total == 100 and 0 <= done <= 100 for done, total, _ in told)


def test_one_call_is_told_as_it_goes():
    told = []
    side_by_side(lambda report: report(5, 10, ""), [()], [200], "Working", lambda *entries: told.append(entries))
    assert told == [(0, 200, "Working"), (100, 200, "Working, 1 of 1"), (200, 200, "Working, 1 of 1")]


def test_the_first_failure_stops_what_runs_and_begins_nothing_more():
    begun: list[int] = []
    running = threading.Event()

    def task(number: int, report):
        begun.append(number)
        if number == 0:
            running.wait(60)
            raise AnalysisError("damaged")
        running.set()
        while True:  # until it is stopped
            report(0, 1, "")

    with pytest.raises(AnalysisError, match="damaged"):
        side_by_side(task, [(number,) for number in range(5)], [1] * 5, "Working", lambda *_: None)
    assert sorted(begun) == [0, 1]


def test_a_wish_to_stop_reaches_all_calls():
    stopped: list[int] = []
    running = threading.Barrier(3)

    def task(number: int, report):
        running.wait(60)
        try:
            while True:
                report(0, 1, "")
        except Cancelled:
            stopped.append(number)
            raise

    def report(_done: int, _total: int, message: str):
        if message == "Working, 1 of 2":
            running.wait(60)
            raise Cancelled(message)

    with pytest.raises(Cancelled):
        side_by_side(task, [(0,), (1,)], [1, 1], "Working", report)
    assert sorted(stopped) == [0, 1]


def test_a_call_that_stops_by_itself_stops_the_whole():
    def task(number: int, report):
        if number == 1:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        side_by_side(task, [(number,) for number in range(4)], [1] * 4, "Working", lambda *_: None)


def test_as_many_calls_run_as_there_is_room_for_just_then():
    room, gates, begun = 1, [threading.Event() for _ in range(5)], [threading.Event() for _ in range(5)]

    def task(number: int, report):
        begun[number].set()
        assert gates[number].wait(60)

    def told(done: int, _total: int, _message: str) -> None:
        nonlocal room
        if begun[0].is_set() and not gates[0].is_set():
            assert not begun[1].is_set()
            room = 3
            gates[0].set()
        if all(event.is_set() for event in begun[1:4]) and not gates[1].is_set():
            assert not begun[4].is_set()
            for gate in gates:
                gate.set()

    side_by_side(task, [(number,) for number in range(5)], [1] * 5, "Working", told, room=lambda: room)
    assert begun[4].is_set()
