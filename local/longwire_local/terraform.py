"""Runs Terraform or OpenTofu on the folder `terraform`, without an AWS account and without writing to the
checkout.

The provider comes from the program's registry or, where that cannot be reached, from a stand-in beside the
checkout that has the provider's schema and makes up AWS's answers. Each command works on a copy of the folder,
because the program refuses the registry's provider after a lock file was written with the stand-in.
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

# The registry of each program that can run the modules.
REGISTRIES = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
REGISTRY_TIMEOUT_S = 5.0
EXCLUDED = shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf")
# A plan needs credentials; no request made with these reaches AWS.
FAKE_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class TerraformUnavailable(LocalError):
    """The program cannot run on this machine; the message is the reason."""


@dataclass(frozen=True)
class Provider:
    """Source of the provider, and the program that it is for.

    `real` is False for the stand-in; `environment` makes the program use it.
    """

    real: bool
    environment: Mapping[str, str]
    program: str = "terraform"


def provider(checkout: Checkout, program: str = "terraform") -> Provider:
    """Finds the registry's provider or the stand-in. Raises TerraformUnavailable when there is neither."""
    if shutil.which(program) is None:
        raise TerraformUnavailable(f"{program} is not installed")
    registry = REGISTRIES[program]
    settings = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}
    if _registry_answers(registry):
        plugins = checkout.root / ".longwire" / "plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        # Without the second variable terraform ignores the cache for a copy that has no lock file.
        cache = {"TF_PLUGIN_CACHE_DIR": str(plugins), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "1"}
        return Provider(True, settings | cache, program)
    stand_in = checkout.root.parent / "shared" / "terraform" / "offline"
    if not stand_in.exists():
        raise TerraformUnavailable(f"{registry} cannot be reached, and there is no stand-in for it")
    found = subprocess.run([str(stand_in), "--config"], check=False, stdout=subprocess.PIPE, text=True)
    if found.returncode != 0:
        raise TerraformUnavailable(f"{registry} cannot be reached, and its stand-in cannot be built")
    return Provider(False, settings | {"TF_CLI_CONFIG_FILE": found.stdout.strip()}, program)


@dataclass(frozen=True)
class Copy:
    """A temporary copy of the folder `terraform`, beside links to the checkout's other files."""

    folder: Path
    environment: Mapping[str, str]
    program: str = "terraform"

    def terraform(self, root: str, *arguments: str, capture: bool = False, progress: bool = False) -> str:
        """Runs the program in a root module, a path such as `terraform/bootstrap`.

        `capture` returns the output, `progress` sends it to stderr. Raises LocalError when the program fails.
        """
        command = [self.program, f"-chdir={self.folder / root}", *arguments]
        environment = os.environ | self.environment
        output = subprocess.PIPE if capture else sys.stderr if progress else None
        result = subprocess.run(command, env=environment, check=False, stdout=output, text=True)
        if result.returncode != 0:
            raise LocalError(f"{self.program} {arguments[0]} failed in {root}; it says why above.")
        return result.stdout or ""

    def init(self, root: str) -> None:
        """Initialises a root module, without its backend: the state stays in the copy."""
        self.terraform(root, "init", "-backend=false", capture=True)


@contextmanager
def copied(checkout: Checkout, source: Provider, environment: Mapping[str, str]) -> Iterator[Copy]:
    """Creates a copy and removes it at the end of the context. `environment` is added to the program's."""
    with tempfile.TemporaryDirectory(prefix="longwire-terraform-") as name:
        folder = Path(name)
        for entry in checkout.root.iterdir():
            if entry.name not in ("terraform", ".git"):
                (folder / entry.name).symlink_to(entry)
        excluded = EXCLUDED if source.real else _excluded_with_lock_files
        shutil.copytree(checkout.root / "terraform", folder / "terraform", ignore=excluded)
        # Required variables on whose values the checks do not depend.
        required = {
            "TF_VAR_packages": str(_placeholders(folder / "packages")),
            "TF_VAR_model_id": MODEL_ID,
            "TF_VAR_auth_token": "placeholder-for-the-shared-token",
            "TF_VAR_region": REGION,
        }
        yield Copy(folder, {**source.environment, **FAKE_CREDENTIALS, **required, **environment}, source.program)


def _placeholders(folder: Path) -> Path:
    """Creates a small zip for each function; a plan reads only the checksums."""
    program = folder / "bootstrap"
    folder.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    for name in FUNCTIONS:
        write_zip(program, folder / f"{name}.zip")
    return folder


def _excluded_with_lock_files(folder: str, names: list[str]) -> set[str]:
    return EXCLUDED(folder, names) | {name for name in names if name == ".terraform.lock.hcl"}


def modules_with_tests(checkout: Checkout) -> list[str]:
    """Modules that have tests, as paths from the checkout's root."""
    files = (checkout.root / "terraform").glob("**/tests/*.tftest.hcl")
    folders = {file.parent.parent.relative_to(checkout.root) for file in files}
    return sorted(str(folder) for folder in folders if ".terraform" not in folder.parts)


def _registry_answers(registry: str) -> bool:
    try:
        url = f"https://{registry}/.well-known/terraform.json"
        with urllib.request.urlopen(url, timeout=REGISTRY_TIMEOUT_S) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
