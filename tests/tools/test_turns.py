"""How many callers go on at once, and that nobody waits for ever."""

import threading
import time

from cistron.tools.turns import Turns


def test_two_go_on_at_once_and_the_others_after_them() -> None:
    turns, lock = Turns(2, 10.0), threading.Lock()
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with turns.taken():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.01)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, inside) == (2, 0)


def test_who_has_waited_long_enough_goes_on_and_takes_no_turn_away() -> None:
    turns = Turns(1, 0.5)
    with turns.taken(), turns.taken():
        pass
    begun = time.monotonic()
    with turns.taken():
        assert time.monotonic() - begun < 0.4
