"""Starts a worker; see `--help`."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import socket
import sys
from typing import Any

from . import process
from .protocol import ProtocolError
from .server import Server


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dspex_worker", description="Runs DSPy programs for a dspex node.")
    parser.add_argument("--fd", type=int, required=True,
                        help="descriptor of the socket to the node")
    parser.add_argument("--parent", type=int, required=True,
                        help="process id of the node")
    parser.add_argument("--threads", type=int, default=1,
                        help="requests that run at the same time")
    parser.add_argument("--max-frame-bytes", type=int, default=64_000_000)
    parser.add_argument("--memory-limit-bytes", type=int, default=0,
                        help="bounds the address space; 0 does not")
    parser.add_argument("--allow", action="append", default=[],
                        metavar="MODULE",
                        help="Python module, with what is inside it, that "
                             "programs may name")
    parser.add_argument("--backend", default="dspex_worker.dspy_backend",
                        metavar="MODULE",
                        help="Python module whose make_backend(allowed) makes "
                             "what runs the programs")
    return parser.parse_args()


def make_backend(module: str, allowed: list[str]) -> Any:
    return importlib.import_module(module).make_backend(allowed)


def main() -> None:
    args = read_arguments()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.follow_parent(args.parent)
    process.no_core_files()
    process.limit_memory(args.memory_limit_bytes)
    # What a program starts must not hold the socket open.
    os.set_inheritable(args.fd, False)
    sock = socket.socket(fileno=args.fd)
    backend = make_backend(args.backend, args.allow)
    try:
        Server(sock, backend, args.threads, args.max_frame_bytes).serve()
    except (ProtocolError, ValueError, KeyError, TypeError) as e:
        print(f"the node does not keep to the protocol: {e!r}",
              file=sys.stderr, flush=True)
    except OSError:
        pass  # The node has gone.
    sys.stdout.flush()
    process.die()


if __name__ == "__main__":
    main()
