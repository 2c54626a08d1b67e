"""Keeps Streamlit's garbage collection short. No st calls."""

import gc
import sys

_seen = 0  # modules that were loaded when it was last done


def settle() -> None:
    """Leave all that is loaded by now out of later collections, where modules have come since the last time.

    After each run of a script or fragment Streamlit collects garbage among all objects, before the page's last
    messages are sent: some 65 ms with the libraries loaded here, a few once they are set aside. Set aside are modules
    and what lives beside them at that moment; it is done a few times in a server's life, as pages are first opened.
    """
    global _seen
    if len(sys.modules) > _seen:
        gc.collect()
        gc.freeze()
        _seen = len(sys.modules)
