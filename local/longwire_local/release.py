"""`scripts/build`: the functions' release packages. Needs only the standard library."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from .checkout import Checkout
from .errors import LocalError
from .facts import FUNCTIONS
from .package import write_zip
from .progress import say
from .toolchain import cargo, need_build_tools, need_cross_tools

# Lambda's arm64 is cheaper than its x86_64.
DEFAULT_TARGET = "aarch64-unknown-linux-gnu"


def main(arguments: list[str]) -> int:
    """Builds and packs; returns the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/build", description="Release zips in target/lambda.")
    parser.add_argument("--target", default=DEFAULT_TARGET, help="a Rust target (default: %(default)s)")
    chosen = parser.parse_args(arguments)
    try:
        _release(Checkout.of(Path(__file__)), chosen.target)
    except LocalError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _release(checkout: Checkout, target: str) -> None:
    need_build_tools()
    native = target == host()
    if not native:
        need_cross_tools()
    say(f"building {', '.join(FUNCTIONS)} for {target} (many minutes the first time)")
    # The caller's target directory would hide the results from what follows.
    environment = os.environ | {"CARGO_TARGET_DIR": str(checkout.root / "target")}
    command = build_command(target, native)
    if subprocess.run(command, check=False, cwd=checkout.root, env=environment).returncode != 0:
        raise LocalError("the build failed; cargo says why above.")
    for name in FUNCTIONS:
        _pack(checkout, name, binary_path(checkout.root, name, target, native))


def build_command(target: str, native: bool) -> list[str]:
    """Plain cargo for this machine's own target; for any other cargo-lambda, which links with zig."""
    verb = ["build"] if native else ["lambda", "build"]
    packages = [argument for name in FUNCTIONS for argument in ("--package", name)]
    return [str(cargo()), *verb, "--release", "--locked", "--target", target, *packages]


def binary_path(root: Path, name: str, target: str, native: bool) -> Path:
    """Where the build leaves a function's binary; cargo-lambda moves it out of cargo's folders."""
    if native:
        return root / "target" / target / "release" / name
    return root / "target" / "lambda" / name / "bootstrap"


def host() -> str:
    """This machine's Rust target."""
    command = [str(cargo()), "-vV"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return next(line.removeprefix("host: ") for line in output.splitlines() if line.startswith("host: "))


def _pack(checkout: Checkout, name: str, binary: Path) -> None:
    package = checkout.root / "target" / "lambda" / f"{name}.zip"
    write_zip(binary, package)
    binary_mb, package_mb = (path.stat().st_size / 1e6 for path in (binary, package))
    print(f"{package.relative_to(checkout.root)}  {package_mb:.1f} MB  (bootstrap {binary_mb:.1f} MB)")
