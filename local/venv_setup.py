"""Makes the checkout's .venv and installs pinned requirements into it. Needs only the standard library."""

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


def main(names: list[str]) -> int:
    checkout = Checkout.of(Path(__file__))
    try:
        with exclusive(checkout):
            for name in names:
                _install(checkout, name)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _install(checkout: Checkout, name: str) -> None:
    wanted, installed = checkout.local / name, checkout.venv / name
    _create(checkout)
    if installed.exists() and installed.read_bytes() == wanted.read_bytes():
        return
    say(f"installing the Python packages of local/{name}")
    # The caller's PYTHONPATH or PIP_TARGET-like settings could install elsewhere; indexes are left to pip.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [str(checkout.python), *PIP, "--requirement", str(wanted)]
    if subprocess.run(command, env=environment, check=False, stdout=sys.stderr).returncode != 0:
        raise LocalError(f"the packages of local/{name} could not be installed; pip says why above.")
    shutil.copyfile(wanted, installed)


def _create(checkout: Checkout) -> None:
    # A .venv whose interpreter is gone (an upgraded Python) is made anew; nothing in it is ours to keep.
    if os.access(checkout.python, os.X_OK):
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    command = [sys.executable, "-m", "venv", "--clear", str(checkout.venv)]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode != 0:
        shutil.rmtree(checkout.venv, ignore_errors=True)
        raise LocalError(
            "Python could not make a virtual environment; its venv module may be missing "
            "(on Debian and Ubuntu: apt install python3-venv)."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
