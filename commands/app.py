"""Start the web app on this machine."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path

from commands.terminal.options import UsageError

HELP = "start the web app"
REPOSITORY = Path(__file__).resolve().parents[1]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add where to listen."""
    parser.add_argument("--port", type=int, default=8501, help="default 8501")
    parser.add_argument(
        "--address", default="127.0.0.1", help="default 127.0.0.1: only this machine"
    )


def run(options: argparse.Namespace) -> int:
    """Become Streamlit's server, whatever the working directory.

    Raises:
        UsageError: an address or port that cannot be listened on.
    """
    check_free(options.address, options.port)
    # Streamlit reads .streamlit/config.toml from the working directory.
    os.chdir(REPOSITORY)
    print(
        f"Lamella starts at http://{options.address}:{options.port} (Ctrl-C stops it)", flush=True
    )
    server = [sys.executable, "-m", "streamlit", "run", "app.py"]
    server += [f"--server.address={options.address}", f"--server.port={options.port}"]
    server += ["--server.showEmailPrompt=false", "--browser.gatherUsageStats=false"]
    os.execv(sys.executable, server)


def check_free(address: str, port: int) -> None:
    """Refuse an address or port that cannot be listened on, before Streamlit takes seconds to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            raise UsageError(
                f"{address}:{port} cannot be listened on ({reason}); choose another port, for "
                "example `make run PORT=8502` or `lamella app --port 8502`."
            ) from error
