"""Start the web app on this machine."""

from __future__ import annotations

import argparse
import math
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from commands.terminal.options import UsageError
from core.settings import Limits

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
    upload_megabytes = math.ceil(Limits.from_environment().file_bytes / 2**20)
    if samples := os.environ.get("LAMELLA_SAMPLES"):
        os.environ["LAMELLA_SAMPLES"] = str(Path(samples).absolute())
    # Streamlit reads .streamlit/config.toml from the working directory.
    os.chdir(REPOSITORY)
    host = "localhost" if options.address in ("0.0.0.0", "::") else options.address
    print(f"Lamella starts at http://{host}:{options.port} (Ctrl-C stops it)", flush=True)
    server = [sys.executable, "-m", "streamlit", "run", "app.py"]
    server += [f"--server.address={options.address}", f"--server.port={options.port}"]
    server += [f"--server.maxUploadSize={upload_megabytes}"]
    server += ["--server.showEmailPrompt=false", "--browser.gatherUsageStats=false"]
    # Streamlit's own welcome asks a server on the internet for this machine's address.
    server += ["--logger.hideWelcomeMessage=true"]
    if has_screen(os.environ, sys.platform, sys.stdout.isatty()):
        server += ["--server.headless=false"]
    os.execv(sys.executable, server)


def has_screen(environment: Mapping[str, str], platform: str, terminal: bool) -> bool:
    """Return whether a browser should open by itself: somebody sits at this very machine."""
    if not terminal or "SSH_CONNECTION" in environment:
        return False
    if environment.get("STREAMLIT_SERVER_HEADLESS"):
        return False
    return platform in ("darwin", "win32") or any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


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
