"""What must be on the machine, said before something fails half way."""

from __future__ import annotations

import os
import shutil

import psutil

from .errors import LocalError

MIN_MEMORY_BYTES = 1_000_000_000


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


def need_memory() -> None:
    """The stack takes about 300 MB, a compiler more; short of that it would be killed without a word."""
    available = psutil.virtual_memory().available
    if available < MIN_MEMORY_BYTES:
        raise LocalError(
            f"only {available // 1_000_000} MB of memory are available; "
            f"the stack needs {MIN_MEMORY_BYTES // 1_000_000} MB. Close something and try again."
        )
