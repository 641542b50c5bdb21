"""What is written down about the running stack, and read back by the next command."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .checkout import Checkout
from .processes import Started


@dataclass
class Record:
    """Our own memory of the stack, complete enough to end it after any crash of ours."""

    processes: dict[str, Started] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)  # what `up` passed on to the functions
    stack: str = ""  # fingerprint of what a running stack cannot change
    sources: str = ""  # fingerprint of the Rust sources that are deployed
    terraform: str = ""  # fingerprint of what Terraform deployed; empty for a stack deployed without it
    binaries: dict[str, str] = field(default_factory=dict)  # sha256 by package

    @classmethod
    def load(cls, checkout: Checkout) -> Record:
        """The record, or an empty one. A broken file says nothing that could be relied on."""
        data = _read(checkout.record)
        try:
            processes = {name: Started(**raw) for name, raw in data.pop("processes", {}).items()}
            return cls(processes=processes, **data)
        except TypeError:
            return cls()

    def save(self, checkout: Checkout) -> None:
        _write(checkout.record, asdict(self))


@dataclass(frozen=True)
class Description:
    """`.longwire/local.json`, the contract with other programs."""

    websocket: str
    management: str
    region: str
    ministack: str
    simulator: str
    queue_url: str
    dead_letter_url: str
    tables: dict[str, str]
    functions: dict[str, str]  # folder name -> deployed name
    pids: dict[str, int]

    @classmethod
    def load(cls, checkout: Checkout) -> Description | None:
        try:
            return cls(**_read(checkout.description))
        except TypeError:
            return None

    def save(self, checkout: Checkout) -> None:
        _write(checkout.description, asdict(self))


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _write(path: Path, data: dict[str, Any]) -> None:
    # Replaced as a whole: a reader sees the old file or the new one.
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(data, indent=2) + "\n")
    os.replace(draft, path)
