"""Build of the functions and the simulator with cargo's development profile."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from .checkout import Checkout
from .errors import LocalError
from .facts import FUNCTIONS
from .toolchain import cargo, need_build_tools

SIMULATOR = "simulator"
PACKAGES = (*FUNCTIONS, SIMULATOR)


def build(checkout: Checkout) -> dict[str, Path]:
    """Builds the packages that are not up to date; returns the executable of each package.

    cargo prints its progress on stderr. Raises LocalError when the build fails or a build tool is missing.
    """
    need_build_tools()
    command = [str(cargo()), "build", "--message-format=json-render-diagnostics"]
    command += [argument for package in PACKAGES for argument in ("--package", package)]
    result = subprocess.run(command, cwd=checkout.root, check=False, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise LocalError("the build failed; cargo says why above. A stack that was running was left as it is.")
    found = executables(result.stdout)
    missing = [package for package in PACKAGES if package not in found]
    if missing:
        raise LocalError(f"cargo built no executable named {', '.join(missing)}.")
    return {package: found[package] for package in PACKAGES}


def executables(messages: str) -> dict[str, Path]:
    """Reads the paths of executables by target name from cargo's JSON messages."""
    found = {}
    for line in messages.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            found[message["target"]["name"]] = Path(message["executable"])
    return found
