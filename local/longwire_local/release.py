"""`scripts/build`: builds the functions' release packages. Needs only the standard library."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from .checkout import Checkout
from .errors import LocalError
from .facts import FUNCTIONS
from .package import write_zip
from .progress import say
from .toolchain import cargo, need_build_tools

# Lambda's arm64 is cheaper than its x86_64.
DEFAULT_TARGET = "aarch64-unknown-linux-gnu"

# The version of glibc in provided.al2023. A binary that is linked against a newer one, as most machines have, does
# not start in Lambda. So each target is linked with zig against this version, also the machine's own.
GLIBC = (2, 34)


def main(arguments: list[str]) -> int:
    """Builds and packs the functions; returns the exit status."""
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
    say(f"building {', '.join(FUNCTIONS)} for {target} (many minutes the first time)")
    built = subprocess.run(_command(target), check=False, cwd=checkout.root, env=_environment(checkout))
    if built.returncode != 0:
        raise LocalError("the build failed; cargo says why above.")
    for name in FUNCTIONS:
        _pack(checkout, name)


def _command(target: str) -> list[str]:
    version = f".{GLIBC[0]}.{GLIBC[1]}" if target.endswith("-linux-gnu") else ""
    packages = [argument for name in FUNCTIONS for argument in ("--package", name)]
    return [str(cargo()), "lambda", "build", "--release", "--locked", "--target", f"{target}{version}", *packages]


def _environment(checkout: Checkout) -> dict[str, str]:
    return os.environ | {
        # Has cargo-lambda, and the Python with the package of zig, which cargo-lambda looks for.
        "PATH": f"{checkout.root / '.venv-build' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        # `_pack` reads the results from this folder, so the caller's setting must not apply.
        "CARGO_TARGET_DIR": str(checkout.root / "target"),
    }


def glibc_needed(binary: bytes) -> tuple[int, int]:
    """The newest version of glibc that an ELF file requires, as major and minor; (0, 0) when it names none."""
    found = re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)", binary)
    return max(((int(major), int(minor)) for major, minor in found), default=(0, 0))


def _pack(checkout: Checkout, name: str) -> None:
    binary = checkout.root / "target" / "lambda" / name / "bootstrap"
    needed = glibc_needed(binary.read_bytes())
    if needed > GLIBC:
        raise LocalError(
            f"{name} needs glibc {needed[0]}.{needed[1]}, and provided.al2023 has {GLIBC[0]}.{GLIBC[1]}: "
            "it would not start in Lambda."
        )
    package = checkout.root / "target" / "lambda" / f"{name}.zip"
    write_zip(binary, package)
    binary_mb, package_mb = (path.stat().st_size / 1e6 for path in (binary, package))
    print(f"{package.relative_to(checkout.root)}  {package_mb:.1f} MB  (bootstrap {binary_mb:.1f} MB)")
