"""Items of runs in the table of users, by the source of what writes them: shared/store/src/users/usage.rs."""

import re
from hashlib import sha256
from pathlib import Path

SOURCE = (Path(__file__).resolve().parents[2] / "shared" / "store" / "src" / "users" / "usage.rs").read_text()

# Types of attributes in DynamoDB, by the Rust types of their fields.
TYPES = {"String": "S", "UserId": "S", "RunId": "S", "u32": "N", "u64": "N", "bool": "BOOL"}


def _source(pattern: str) -> str:
    found = re.findall(pattern, SOURCE, re.DOTALL)
    assert len(found) == 1, f"usage.rs has {len(found)} times {pattern}"
    return str(found[0])


def _attributes() -> dict[str, str]:
    struct = _source(r'#\[serde\(rename_all = "camelCase"\)\]\nstruct Row \{\n(.*?)\n\}')
    # An attribute of serde that changes a name would make this list wrong.
    assert "rename" not in struct
    fields = re.findall(r"^ +(\w+): (?:Option<)?(\w+)>?,$", struct, re.MULTILINE)
    assert len(fields) == len(re.findall(r"^ +\w+:", struct, re.MULTILINE))
    return {re.sub("_(.)", lambda match: match[1].upper(), name): TYPES[kind] for name, kind in fields}


# Types of the attributes of a run's item, by name.
ATTRIBUTES = _attributes()

# The formats of the keys. Rust's are Python's, too.
_PARTITION = _source(r'format!\("(usage#[^"]+)"\)')
_ITEM = _source(r'item: format!\("([^"]+)", day % 100\)')
_PARTS = int(_source(r"const PARTS: u8 = (\d+);"))


def partition(user: str, month: int) -> str:
    return _PARTITION.format(month=month, part=sha256(user.encode()).digest()[0] % _PARTS)


def sort_key(user: str, day: int, thread: str, run: str) -> str:
    return _ITEM.format(day % 100, user=user, thread=thread, run_id=run)
