"""Creates a virtual environment of the checkout and installs pinned requirements. Needs only the standard library.

Arguments: the environment's folder, then the names of the requirements files in `local`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from longwire_local.checkout import Checkout
from longwire_local.errors import LocalError
from longwire_local.lock import exclusive
from longwire_local.progress import say

PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes")


def main(arguments: list[str]) -> int:
    checkout = Checkout.of(Path(__file__))
    venv, *names = arguments
    try:
        with exclusive(checkout):
            for name in names:
                _install(checkout, checkout.root / venv, name)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _install(checkout: Checkout, venv: Path, name: str) -> None:
    required, installed = checkout.local / name, venv / name
    _create(venv)
    if installed.exists() and installed.read_bytes() == required.read_bytes():
        return
    say(f"installing the Python packages of local/{name}")
    # A PYTHONPATH of the caller could hide packages from pip. pip's own settings, such as an index, stay in force.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [str(python(venv)), *PIP, "--requirement", str(required)]
    if subprocess.run(command, env=environment, check=False, stdout=sys.stderr).returncode != 0:
        raise LocalError(f"the packages of local/{name} could not be installed; pip says why above.")
    shutil.copyfile(required, installed)


def python(venv: Path) -> Path:
    return venv / "bin" / "python"


def _create(venv: Path) -> None:
    # An environment whose interpreter is gone, as after an upgrade of Python, is created again.
    if os.access(python(venv), os.X_OK):
        return
    say(f"making {venv.name} with Python {sys.version.split()[0]}")
    command = [sys.executable, "-m", "venv", "--clear", str(venv)]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0:
        shutil.rmtree(venv, ignore_errors=True)
        raise LocalError(
            "Python could not make a virtual environment; its venv module may be missing "
            "(on Debian and Ubuntu: apt install python3-venv)."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
