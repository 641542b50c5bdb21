"""Paths in a checkout. The state of a stack is under `.longwire`, so stacks of two checkouts are independent."""

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
        """The checkout that contains a file of the folder `local`."""
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
        """The folder with the stack's state. `LONGWIRE_STATE` names another one, for a second stack."""
        return self.root / (os.environ.get("LONGWIRE_STATE") or ".longwire")

    @property
    def logs(self) -> Path:
        """Logs, one file for each function and server. They stay after `down` until the next start."""
        return self.state / "logs"

    @property
    def scratch(self) -> Path:
        """HOME and TMPDIR of the stack's processes. `down` removes the folder."""
        return self.state / "tmp"

    @property
    def description(self) -> Path:
        """The description of the running stack, a contract with other programs."""
        return self.state / "local.json"

    @property
    def record(self) -> Path:
        """The record of the stack that this package started."""
        return self.state / "stack.json"

    @property
    def lock(self) -> Path:
        return self.state / "lock"
