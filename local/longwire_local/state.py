"""Files about the running stack, which later commands read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .auth import Mode
from .checkout import Checkout
from .options import Options
from .processes import Started


@dataclass
class Record:
    """Record of the stack for this package. It is saved after each step, so that `down` works after a crash."""

    processes: dict[str, Started] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)  # settings that `up` passed on to the functions
    stack: str = ""  # fingerprint of the files whose change requires a restart
    sources: str = ""  # fingerprint of the Rust sources that are deployed
    auth: Mode = "none"
    terraform: str = ""  # fingerprint of Terraform's sources; empty without Terraform
    binaries: dict[str, str] = field(default_factory=dict)  # sha256 by package

    @property
    def options(self) -> Options:
        """Options of the stack."""
        return Options(self.settings, bool(self.terraform), self.auth)

    @classmethod
    def load(cls, checkout: Checkout) -> Record:
        """Reads the record; returns an empty one when there is none or it cannot be read."""
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
    """Description of a running stack, the file `.longwire/local.json`. Other programs rely on its form."""

    websocket: str
    management: str
    region: str
    ministack: str
    simulator: str
    queue_url: str
    dead_letter_url: str
    replay_queue_url: str
    replay_dead_letter_url: str
    push_queue_url: str
    push_dead_letter_url: str
    push_topic_arn: str
    event_bus: str
    tables: dict[str, str]
    functions: dict[str, str]  # folder name -> deployed name
    pids: dict[str, int]
    auth: dict[str, str]  # mode of authentication, and where credentials come from

    @classmethod
    def load(cls, checkout: Checkout) -> Description | None:
        """Reads the description; returns None when there is none or it cannot be read."""
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
    # The file is replaced as a whole, so a reader sees either the old content or the new one.
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(data, indent=2) + "\n")
    os.replace(draft, path)
