"""terraform on the folder `terraform`, without an AWS account and without a trace in the checkout.

The provider comes from Terraform's registry or, where that cannot be reached, from a stand-in beside the checkout
that knows the provider's schema and invents what AWS would answer. Each command gets a copy of the folder, because
a lock file written with the stand-in would be refused by the registry's provider.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .checkout import Checkout
from .errors import LocalError
from .facts import FUNCTIONS, MODEL_ID, REGION
from .package import write_zip

REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"
REGISTRY_S = 5.0
LEFT_OUT = shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf")
# A plan asks who it is; whoever answers here, it is not AWS.
NOBODY = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class Missing(LocalError):
    """terraform cannot run here; the message is the reason."""


@dataclass(frozen=True)
class Provider:
    """Where the provider comes from."""

    real: bool
    environment: Mapping[str, str]


def provider(checkout: Checkout) -> Provider:
    """The registry's provider or the stand-in; raises Missing when there is neither."""
    if shutil.which("terraform") is None:
        raise Missing("terraform is not installed")
    quiet = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    if _registry_answers():
        plugins = checkout.root / ".longwire" / "plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        # Without the second one a copy that has no lock file would download the provider again.
        cache = {"TF_PLUGIN_CACHE_DIR": str(plugins), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}
        return Provider(True, quiet | cache)
    stand_in = checkout.root.parent / "shared" / "terraform" / "offline"
    if not stand_in.exists():
        raise Missing("the Terraform registry cannot be reached, and there is no stand-in for it")
    found = subprocess.run([str(stand_in), "--config"], check=False, stdout=subprocess.PIPE, text=True)
    if found.returncode != 0:
        raise Missing("the Terraform registry cannot be reached, and its stand-in cannot be built")
    return Provider(False, quiet | {"TF_CLI_CONFIG_FILE": found.stdout.strip()})


@dataclass(frozen=True)
class Copy:
    """A throwaway copy of the checkout's `terraform`; what lies beside it is linked, so relative paths hold."""

    folder: Path
    environment: Mapping[str, str]

    def terraform(self, root: str, *arguments: str, capture: bool = False, progress: bool = False) -> str:
        """Runs terraform in a root module, a path such as `terraform/bootstrap`. Its output, if captured.

        `progress` sends what it says to stderr, for a command whose own output is something else.
        """
        command = ["terraform", f"-chdir={self.folder / root}", *arguments]
        environment = os.environ | self.environment
        output = subprocess.PIPE if capture else sys.stderr if progress else None
        result = subprocess.run(command, env=environment, check=False, stdout=output, text=True)
        if result.returncode != 0:
            raise LocalError(f"terraform {arguments[0]} failed in {root}; it says why above.")
        return result.stdout or ""

    def init(self, root: str) -> None:
        """Gets the provider and the modules. Without the state's backend: its state stays here."""
        self.terraform(root, "init", "-backend=false", capture=True)


@contextmanager
def copied(checkout: Checkout, source: Provider, environment: Mapping[str, str]) -> Iterator[Copy]:
    """A copy, for as long as the context lasts. `environment` is added to terraform's."""
    with tempfile.TemporaryDirectory(prefix="longwire-terraform-") as name:
        folder = Path(name)
        for entry in checkout.root.iterdir():
            if entry.name not in ("terraform", ".git"):
                (folder / entry.name).symlink_to(entry)
        left_out = LEFT_OUT if source.real else _with_lock_files
        shutil.copytree(checkout.root / "terraform", folder / "terraform", ignore=left_out)
        # What a deployment must be given and what the checks do not depend on.
        given = {
            "TF_VAR_packages": str(_placeholders(folder / "packages")),
            "TF_VAR_model_id": MODEL_ID,
            "TF_VAR_region": REGION,
        }
        yield Copy(folder, {**source.environment, **NOBODY, **given, **environment})


def _placeholders(folder: Path) -> Path:
    """Zips where the functions' would be: a plan only wants their checksums."""
    program = folder / "bootstrap"
    folder.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    for name in FUNCTIONS:
        write_zip(program, folder / f"{name}.zip")
    return folder


def _with_lock_files(folder: str, names: list[str]) -> set[str]:
    return LEFT_OUT(folder, names) | {name for name in names if name == ".terraform.lock.hcl"}


def tested_roots(checkout: Checkout) -> list[str]:
    """The modules that have tests of their own, as paths from the checkout."""
    files = (checkout.root / "terraform").glob("**/tests/*.tftest.hcl")
    folders = {file.parent.parent.relative_to(checkout.root) for file in files}
    return sorted(str(folder) for folder in folders if ".terraform" not in folder.parts)


def _registry_answers() -> bool:
    try:
        with urllib.request.urlopen(REGISTRY, timeout=REGISTRY_S) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
