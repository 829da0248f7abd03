import os
import signal
import threading

import pytest

from simplecell.train.callbacks import Halted, Interrupted, stop_on_interrupt


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_interrupt_asks_and_the_second_interrupts() -> None:
    with pytest.raises(KeyboardInterrupt), stop_on_interrupt() as stop:
        assert not stop.asked
        interrupt()
        assert stop.asked
        interrupt()


def test_the_signal_is_given_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_on_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_process_told_to_ignore_interrupts_ignores_them() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_on_interrupt() as stop:
            interrupt()
            assert not stop.asked
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_may_train_too() -> None:
    seen = []

    def train() -> None:
        with stop_on_interrupt() as stop:
            seen.append(stop.asked)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert seen == [False]


def test_within_work_that_may_be_given_up_a_wish_does_not_wait() -> None:
    with stop_on_interrupt() as stop:
        with pytest.raises(Halted), stop.giving_up():
            interrupt()
        assert stop.asked
        with pytest.raises(Halted), stop.giving_up():
            raise AssertionError("work begins after a wish to stop")


def test_what_sigterm_ends_ends_by_sigterm_once_it_is_saved() -> None:
    ended = []
    before = signal.signal(signal.SIGTERM, lambda *told: ended.append(told[0]))
    try:
        with pytest.raises(Interrupted) as stopped, stop_on_interrupt() as stop:
            os.kill(os.getpid(), signal.SIGTERM)
            assert stop.asked and not ended
            raise Interrupted("saved", stop.signum)
        # Whoever handles the signal is not called: the exception says it.
        assert stopped.value.signum == signal.SIGTERM and not ended
    finally:
        signal.signal(signal.SIGTERM, before)
