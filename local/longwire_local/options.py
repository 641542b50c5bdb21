"""Options of a stack, which `up` chooses and a running stack keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from .auth import Mode


@dataclass(frozen=True)
class Options:
    """Options of one stack; the defaults are those of a new one."""

    settings: dict[str, str] = field(default_factory=dict)  # settings of the functions
    terraform: bool = False  # deploys the folder `terraform` instead of facts.py
    auth: Mode = "none"


@dataclass(frozen=True)
class Requested:
    """Options that a command asks for. None accepts those that there are."""

    settings: dict[str, str] | None = None
    terraform: bool | None = None
    auth: Mode | None = None

    def over(self, options: Options) -> Options:
        """The requested options, completed with others."""
        return Options(
            settings=options.settings if self.settings is None else self.settings,
            terraform=options.terraform if self.terraform is None else self.terraform,
            auth=self.auth or options.auth,
        )
