"""Tools that a build requires. Needs only the standard library."""

from __future__ import annotations

import os
import shutil

from .errors import LocalError


def need_build_tools() -> None:
    """Raises LocalError unless cargo and a C compiler, which links programs and compiles aws-lc, are installed."""
    if cargo() is None:
        raise LocalError(
            "cargo was not found: install a Rust toolchain with rustup (https://rustup.rs); "
            "rust-toolchain.toml then picks the version."
        )
    if not any(shutil.which(name) for name in ("cc", "gcc", "clang")):
        raise LocalError("no C compiler was found: install gcc or clang (on Debian: apt install build-essential).")


def cargo() -> str | None:
    """The path of cargo. rustup's folder counts even when it is not in PATH, as before the next login."""
    return shutil.which("cargo") or shutil.which(os.path.expanduser("~/.cargo/bin/cargo"))
