"""What a worker owes to the system: its limits, its end with its parent, and
what it uses."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import resource
import signal
import threading
import time

_PR_SET_PDEATHSIG = 1
_HEARTBEAT_SECONDS = 15
# How long some library may hold the interpreter's lock: longer is a hang that
# no Python code could notice.
_STUCK_SECONDS = 120


def die() -> None:
    """Ends this process at once, with all that it has started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def follow_parent(parent: int) -> None:
    """Ends this process when its parent ends, whatever it is doing then.

    The end of the socket tells first. The signal is for a worker that does not
    read it just then; it comes when the parent's *thread* ends, and the node
    keeps the one that starts workers for as long as it has workers. A stopped
    worker gets it from the system, and what is stuck in a library ends some
    time later."""
    signal.signal(signal.SIGHUP, lambda *_: die())
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGHUP, 0, 0, 0)
    except (OSError, AttributeError):
        pass
    if os.getppid() != parent:
        die()

    def watch() -> None:
        while True:
            faulthandler.dump_traceback_later(_STUCK_SECONDS, exit=True)
            time.sleep(_HEARTBEAT_SECONDS)
            if os.getppid() != parent:
                die()

    threading.Thread(target=watch, name="parent", daemon=True).start()


def limit_memory(limit: int) -> None:
    """Bounds the address space, in bytes; 0 does not."""
    if limit > 0:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def no_core_files() -> None:
    """A worker's memory holds keys and prompts."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def thread_count() -> int:
    return len(os.listdir("/proc/self/task"))
