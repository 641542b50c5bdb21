import os
import zipfile
from pathlib import Path

import pytest

from longwire_local import fingerprint
from longwire_local.build import executables
from longwire_local.checkout import Checkout
from longwire_local.package import write_zip
from longwire_local.processes import Started
from longwire_local.stack import changed_packages
from longwire_local.state import Description, Record


def test_the_fingerprint_changes_with_content_names_and_settings(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = checkout.root / "lambdas" / "ingest" / "src" / "main.rs"
    source.parent.mkdir(parents=True)
    source.write_text("fn main() {}")
    seen = {fingerprint.of_sources(checkout)}
    source.write_text("fn main() { }")
    seen.add(fingerprint.of_sources(checkout))
    source.rename(source.with_name("lib.rs"))
    seen.add(fingerprint.of_sources(checkout))
    monkeypatch.setenv("RUSTFLAGS", "-C opt-level=1")
    seen.add(fingerprint.of_sources(checkout))
    assert len(seen) == 4


def test_the_fingerprint_ignores_state_logs_and_build_output(checkout: Checkout) -> None:
    before = fingerprint.of_sources(checkout)
    for folder in ("target", ".longwire", ".venv"):
        (checkout.root / folder).mkdir(exist_ok=True)
        (checkout.root / folder / "file").write_text("x")
    assert fingerprint.of_sources(checkout) == before


def test_only_packages_with_a_changed_binary_are_deployed() -> None:
    before = {"connect": "a", "ingest": "b"}
    assert changed_packages(before, {"connect": "a", "ingest": "c", "worker": "d"}) == {"ingest", "worker"}
    assert changed_packages(before, before) == set()


def test_executables_are_read_from_cargos_messages() -> None:
    messages = "\n".join(
        [
            '{"reason":"compiler-artifact","target":{"name":"shared"},"executable":null}',
            '{"reason":"compiler-artifact","target":{"name":"ingest"},"executable":"/t/debug/ingest"}',
            "warning: something that is not JSON",
            '{"reason":"build-finished","success":true}',
        ]
    )
    assert {name: str(path) for name, path in executables(messages).items()} == {"ingest": "/t/debug/ingest"}


def test_equal_binaries_give_equal_zips_regardless_of_time(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\x7fELF" * 1000)
    write_zip(binary, tmp_path / "first.zip")
    os.utime(binary, (0, 0))
    write_zip(binary, tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        (member,) = archive.infolist()
        assert (member.filename, member.external_attr >> 16) == ("bootstrap", 0o100755)


def test_a_saved_record_is_loaded(checkout: Checkout) -> None:
    record = Record(
        {"simulator": Started(1, 2.5, "/x")}, {"MAX_STEPS": "3"}, "s", "r", "oidc", "t", {"ingest": "h"}
    )
    record.save(checkout)
    assert Record.load(checkout) == record


def test_a_broken_or_older_record_is_ignored(checkout: Checkout) -> None:
    for text in ("", "{", "[]", '{"processes":{"ministack":{"pid":1}}}', '{"unknown":1}'):
        checkout.record.write_text(text)
        assert Record.load(checkout) == Record()
        checkout.description.write_text(text)
        assert Description.load(checkout) is None
