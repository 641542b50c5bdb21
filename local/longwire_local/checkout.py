"""Where things lie in a checkout. All state of the stack is under `.longwire`, so two checkouts never meet."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Checkout:
    """One clone of the repository."""

    root: Path

    @classmethod
    def of(cls, file: Path) -> Checkout:
        """The checkout that a file of the folder `local` belongs to."""
        return cls(next(folder.parent for folder in file.resolve().parents if folder.name == "local"))

    @property
    def local(self) -> Path:
        return self.root / "local"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def state(self) -> Path:
        """`LONGWIRE_STATE` names another folder: a second stack of this checkout, such as the tests'."""
        return self.root / (os.environ.get("LONGWIRE_STATE") or ".longwire")

    @property
    def logs(self) -> Path:
        """One file per function and server; kept after `down` until the next start."""
        return self.state / "logs"

    @property
    def scratch(self) -> Path:
        """HOME and TMPDIR of what the stack runs; removed by `down`."""
        return self.state / "tmp"

    @property
    def description(self) -> Path:
        """The running stack for other programs (a contract)."""
        return self.state / "local.json"

    @property
    def record(self) -> Path:
        """What this package remembers about the stack it started."""
        return self.state / "stack.json"

    @property
    def lock(self) -> Path:
        return self.state / "lock"
