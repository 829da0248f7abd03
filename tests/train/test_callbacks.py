import os
import signal
import threading

import pytest

from simplecell.train.callbacks import stop_on_interrupt


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
