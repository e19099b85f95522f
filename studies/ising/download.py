"""Data that are not ours to ship, brought by pip or uv with a pinned hash."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core.errors import DataError
from core.settings import data_folder
from core.synthesis.ising.data import SIDES, file_names

ISING_PACKAGE = "mdsdata==0.1.5"
ISING_SHA256 = "09239226f28d7c6dfe1327229f3bba659252a61f05a8be965a3870714f43d9fb"
"""Of the wheel: 65 MB, MIT, Sandfeld and Bompas 2023."""
SECONDS = 600


def ising_folder() -> Path:
    """Return where the lecture's Ising images lie, or would lie."""
    return data_folder() / "ising"


def has_ising(folder: Path | None = None) -> bool:
    """Return whether the lecture's Ising images are there, all of them."""
    place = folder or ising_folder()
    return all((place / name).is_file() for side in SIDES for name in file_names(side))


def fetch_ising(folder: Path) -> None:
    """Bring the lecture's Ising images into ``folder`` with pip or uv, whichever there is.

    Raises:
        DataError: nothing could be downloaded, the download is not the one pinned here, or the
            folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            _install(Path(place), folder)
            # Another data set of the package has files of the same names.
            wanted = [f"*Ising*/{name}" for side in SIDES for name in file_names(side)]
            for pattern in (*wanted, "LICENSE"):
                name = Path(pattern).name
                found = next(Path(place).rglob(pattern), None)
                if found is None:
                    raise DataError(f"There is no {name} in {ISING_PACKAGE}; report it.")
                shutil.copyfile(found, folder / name)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written ({error.strerror}); name another folder with --to."
        ) from error


def _install(place: Path, folder: Path) -> None:
    """Unpack the package into ``place``; nothing of it is run, and nothing it depends on comes."""
    asked = place / "asked.txt"
    asked.write_text(f"{ISING_PACKAGE} --hash=sha256:{ISING_SHA256}\n", "utf-8")
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command = [*package_manager(), "install", *options, "--target", str(place / "out")]
    try:
        ran = subprocess.run(
            [*command, "-r", str(asked)], capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(_unreached(folder, f"nothing came within {SECONDS} s")) from error
    if ran.returncode == 0:
        return
    said = [line.strip() for line in (ran.stderr + ran.stdout).splitlines() if line.strip()]
    if any("hash" in line.lower() and "match" in line.lower() for line in said):
        raise DataError(
            f"What was downloaded as {ISING_PACKAGE} is not the file that Lamella knows; nothing "
            "was kept. Ask whoever runs your package registry."
        )
    raise DataError(_unreached(folder, said[-1] if said else "without a word"))


def _unreached(folder: Path, why: str) -> str:
    files = ", ".join(name for side in SIDES for name in file_names(side))
    return (
        f"{ISING_PACKAGE} could not be downloaded ({why}); connect to a package registry and try "
        f"again, or copy {files} into {folder}. Without them the app makes quenches of its own."
    )


def package_manager() -> list[str]:
    """Return the start of a pip or uv command.

    Raises:
        DataError: there is neither.
    """
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    if uv := shutil.which("uv"):
        return [uv, "pip"]
    raise DataError("There is neither pip nor uv to download with; install one of them.")
