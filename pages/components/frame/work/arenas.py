"""How much memory the threads of a server leave unused.

Streamlit runs every page in a thread of its own. The GNU C library gives threads up to eight arenas
a core to allocate from; what a run frees in one of them, a run in another cannot have, nor can the
system.
"""

from __future__ import annotations

import os
import sys

ARENAS = 2
_M_ARENA_MAX = -8
"""As in malloc.h."""


def share_arenas() -> None:
    """Let all threads of this process allocate from :data:`ARENAS` arenas, unless the environment
    says how many; call it before there are threads. Without the GNU C library it does nothing."""
    if sys.platform != "linux" or "MALLOC_ARENA_MAX" in os.environ:
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)
