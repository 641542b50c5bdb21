import shutil
import subprocess
from pathlib import Path

import pytest

from longwire_local.release import GLIBC, glibc_needed


def test_versions_are_compared_as_numbers() -> None:
    assert glibc_needed(b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.2.5\0") == (2, 34)


def test_texts_with_a_version_are_ignored() -> None:
    assert glibc_needed(b"needs GLIBC_2.39 or newer\0XGLIBC_2.40\0") == (0, 0)


def test_the_limit_is_the_version_in_lambda() -> None:
    assert glibc_needed(b"\0GLIBC_2.34\0") <= GLIBC < glibc_needed(b"\0GLIBC_2.35\0")


def test_a_real_binary_has_the_version_that_objdump_prints() -> None:
    program, objdump = shutil.which("ls"), shutil.which("objdump")
    if not (program and objdump):
        pytest.skip("needs ls and objdump (binutils)")
    lines = subprocess.run([objdump, "-T", program], capture_output=True, text=True, check=True).stdout
    versions = {word.strip("()") for word in lines.split() if word.strip("()").startswith("GLIBC_")}
    if not versions:
        pytest.skip(f"{Path(program)} is not linked against glibc")
    numbers = (tuple(int(number) for number in version[6:].split(".")[:2]) for version in versions)
    assert glibc_needed(Path(program).read_bytes()) == max(numbers)
