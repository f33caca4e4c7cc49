"""Once a process has loaded its modules: memory back to the system, and no more looking through what will stay."""

import ctypes
import gc
import sys
import threading

AGAIN = (3.0, 8.0, 30.0, 75.0)  # seconds until what threads, first pages and a demo’s past ask for has been read


def give_back() -> None:
    """Reading some 1,200 modules leaves holes that the C library keeps: 13 of 100 MB measured in the web process.

    And 140,000 objects that stay for good, which each full collection would look through: 60 ms, in which nobody is
    answered. Frozen, they are looked at no more.
    """
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl does not
        if trim is not None:
            trim(0)


def give_back_again() -> None:
    """Do it now, and a few times more: much is read only when threads or pages first need it."""
    give_back()
    for seconds in AGAIN:
        later = threading.Timer(seconds, give_back)
        later.daemon = True
        later.start()
