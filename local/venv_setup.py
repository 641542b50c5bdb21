"""Makes an environment of the checkout and installs pinned requirements into it. Needs only the standard library.

Its arguments are the environment's folder and the names of the requirements' files, as they stand in `local`.
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
    wanted, installed = checkout.local / name, venv / name
    _create(venv)
    if installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return
    say(f"installing the Python packages of local/{name}")
    # The caller's PYTHONPATH or PIP_TARGET-like settings could install elsewhere; indexes are left to pip.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [str(python(venv)), *PIP, "--requirement", str(wanted)]
    if subprocess.run(command, env=environment, check=False, stdout=sys.stderr).returncode != 0:
        raise LocalError(f"the packages of local/{name} could not be installed; pip says why above.")
    shutil.copyfile(wanted, installed)


def python(venv: Path) -> Path:
    return venv / "bin" / "python"


def _create(venv: Path) -> None:
    # One whose interpreter is gone (an upgraded Python) is made anew; nothing in it is ours to keep.
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
