"""A limit on wrong tries at the doors: too many from one address, and it has to wait."""

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

__all__ = ["Attempts"]


class Attempts:
    """Counts wrong tries by address.

    A token has 32 random bytes and cannot be guessed; the limit keeps those who try from costing anything.
    Who was let in before is not asked here and goes on.

    Parameters
    ----------
    clock : callable
        Seconds that never go back.
    """

    MOST = 10  # wrong tries
    SECONDS = 60  # within so many seconds, and so long one waits at most
    ADDRESSES = 4096  # remembered; the oldest are forgotten

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._lock = clock, threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def wrong(self, address: str | None) -> None:
        """One more wrong try from there."""
        with self._lock:
            tries = self._wrong.setdefault(_place(address), deque(maxlen=self.MOST))
            tries.append(self._clock())
            self._wrong.move_to_end(_place(address))
            while len(self._wrong) > self.ADDRESSES:
                self._wrong.popitem(last=False)

    def too_many(self, address: str | None) -> bool:
        """Whether this address has to wait."""
        with self._lock:
            tries = self._wrong.get(_place(address), ())
            return len(tries) == self.MOST and self._clock() - tries[0] < self.SECONDS


def _place(address: str | None) -> str:
    """An address; of IPv6 the network of 64 bits, which is what one household or office gets."""
    try:
        read = ipaddress.ip_address(address or "")
    except ValueError:
        return "?"
    if read.version == 4:
        return str(read)
    return str(ipaddress.ip_network((int(read) >> 64 << 64, 64)))
