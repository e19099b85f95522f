"""What a rerun of each page costs the server: python -m benchmarks.server.reruns [PAGE ...]

Each page is opened by a client without a browser and run again with nothing changed, on a server
that collects garbage as the app does and on one that does so after every run, as Streamlit would.
Printed are the medians in ms: on the clock, and of the server's processor time over all reruns.

--memory RUNS runs all pages in turn so often instead, and prints the server's memory: 360 runs are
half an hour of a user who clicks every five seconds, 3,600 of ten users.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.server.app_server import AppServer, app_server
from benchmarks.server.streamlit_client import StreamlitClient

RERUNS, SAMPLE = 20, "gold-tem"
WITH_COLLECTION = ("--runner.postScriptGC=true",)
PAGES = Path(__file__).resolve().parents[2] / "pages"


def cost(server: AppServer, client: StreamlitClient, page: str) -> tuple[float, float]:
    """Return seconds on the clock and of the processor that a rerun of a page takes."""
    client.open(page, sample=SAMPLE)
    # The first runs import what the page needs, and begin what is done beside them.
    client.rerun()
    wait_until_idle(server)
    begun = server.processor_seconds()
    seconds = [client.rerun().seconds for _ in range(RERUNS)]
    return statistics.median(seconds), (server.processor_seconds() - begun) / RERUNS


def wait_until_idle(server: AppServer) -> None:
    """Wait until the server has used less than a twentieth of a processor for a second, a minute at
    most."""
    for _ in range(60):
        begun = server.processor_seconds()
        time.sleep(1)
        if server.processor_seconds() - begun < 0.05:
            return


def costs(pages: Sequence[str], options: tuple[str, ...]) -> dict[str, tuple[float, float]]:
    """Return the cost of a rerun of each page on a server with these options."""
    with app_server(options) as server, StreamlitClient(server.address) as client:
        return {page: cost(server, client, page) for page in pages}


def print_memory(pages: Sequence[str], runs: int) -> None:
    """Run all pages in turn and print the server's resident memory after each tenth of ``runs``."""
    with app_server() as server, StreamlitClient(server.address) as client:
        begun = time.monotonic()
        for run in range(1, runs + 1):
            client.open(pages[run % len(pages)], sample=SAMPLE)
            if run % max(1, runs // 10) == 0:
                passed = time.monotonic() - begun
                memory = server.memory_bytes() / 1e6
                print(f"{passed:6.0f} s{run:8} runs{memory:8.0f} MB", flush=True)


def main() -> None:
    """Measure the pages named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="by its address")
    parser.add_argument("--memory", type=int, metavar="RUNS")
    options = parser.parse_args()
    every = sorted(path.stem.replace("_", "-") for path in PAGES.glob("*.py"))
    pages = options.pages or every
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} at the start")
    if options.memory:
        print_memory(pages, options.memory)
        return
    ours, theirs = costs(pages, ()), costs(pages, WITH_COLLECTION)
    print(f"{'':20}{'clock':>8}{'processor':>11}{'collecting after every run':>28}")
    for page in pages:
        (seconds, processor), (_, collecting) = ours[page], theirs[page]
        print(f"{page:20}{1e3 * seconds:8.0f}{1e3 * processor:11.1f}{1e3 * collecting:28.1f}")


if __name__ == "__main__":
    main()
