"""What a component runs in the browser: its files as one script."""

from pathlib import Path

_MOUNTED = Path(__file__).with_name("mounted.js")


def script(folder: Path, *names: str) -> str:
    """Return files of a folder as one script, in this order: each builds on the ones before, and
    all on ``mounted.js``."""
    files = [_MOUNTED, *(folder / name for name in names)]
    return "\n".join(file.read_text("utf-8") for file in files)
