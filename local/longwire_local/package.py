"""Deployment package of a function. Needs only the standard library, as scripts/build uses it."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

# The earliest time that a zip can contain. A fixed time makes the zips of equal binaries equal.
EPOCH = (1980, 1, 1, 0, 0, 0)
EXECUTABLE = 0o100755 << 16


def write_zip(binary: Path, target: Path, level: int = 9) -> None:
    """Writes a zip with `binary` as its only member, `bootstrap`, as Lambda's provided.al2023 requires."""
    member = zipfile.ZipInfo("bootstrap", EPOCH)
    member.external_attr = EXECUTABLE
    member.create_system = 3  # Unix; with other systems the mode above is ignored
    member.compress_type = zipfile.ZIP_DEFLATED
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".new")
    with zipfile.ZipFile(draft, "w") as archive:
        archive.writestr(member, binary.read_bytes(), compresslevel=level)
    draft.replace(target)


def stripped(binary: Path, target: Path) -> Path:
    """Copies a binary without its symbols, to a third of a development build's size; as it is without `strip`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(binary, target)
    if tool := shutil.which("strip"):
        # The copy also runs unstripped, so a failure does not matter.
        subprocess.run([tool, str(target)], check=False, capture_output=True)
    return target
