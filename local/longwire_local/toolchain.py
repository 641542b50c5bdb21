"""The tools that building needs, said before something fails half way. Needs only the standard library."""

from __future__ import annotations

import os
import shutil

from .errors import LocalError


def need_build_tools() -> None:
    """cargo, and the C compiler that links Rust programs and compiles aws-lc."""
    if cargo() is None:
        raise LocalError(
            "cargo was not found: install a Rust toolchain with rustup (https://rustup.rs); "
            "rust-toolchain.toml then picks the version."
        )
    if not any(shutil.which(name) for name in ("cc", "gcc", "clang")):
        raise LocalError("no C compiler was found: install gcc or clang (on Debian: apt install build-essential).")


def cargo() -> str | None:
    """The path of cargo, also where rustup puts it before a new login has the PATH."""
    return shutil.which("cargo") or shutil.which(os.path.expanduser("~/.cargo/bin/cargo"))
