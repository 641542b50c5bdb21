"""A function's deployment package. Needs only the standard library: scripts/build uses it, too."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

# The earliest time a zip can hold: the same binary gives the same zip, whenever it was made.
EPOCH = (1980, 1, 1, 0, 0, 0)
EXECUTABLE = 0o100755 << 16


def write_zip(binary: Path, target: Path, level: int = 9) -> None:
    """Writes a zip with `binary` as its only member, `bootstrap`, as Lambda's provided.al2023 wants it."""
    member = zipfile.ZipInfo("bootstrap", EPOCH)
    member.external_attr = EXECUTABLE
    member.create_system = 3  # Unix, or the mode above means nothing
    member.compress_type = zipfile.ZIP_DEFLATED
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".new")
    with zipfile.ZipFile(draft, "w") as archive:
        archive.writestr(member, binary.read_bytes(), compresslevel=level)
    draft.replace(target)


def stripped(binary: Path, target: Path) -> Path:
    """A copy without symbols, a third of a development build, when `strip` is there to make it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(binary, target)
    if tool := shutil.which("strip"):
        # A failure leaves the copy as it is, which runs just as well.
        subprocess.run([tool, str(target)], check=False, capture_output=True)
    return target
