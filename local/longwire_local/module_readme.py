"""Tables of the inputs and outputs of a Terraform module, in its README.md."""

from __future__ import annotations

import re
from pathlib import Path

DESCRIPTION = re.compile(r'^  description += "(.*)"$', re.MULTILINE)
DEFAULT = re.compile(r"^  default += (.+)$", re.MULTILINE)


def blocks(kind: str, text: str) -> dict[str, str]:
    """The top-level blocks of a kind with one label, as terraform fmt formats them: label and body."""
    return dict(re.findall(rf'^{kind} "(\w+)" \{{\n(.*?)^\}}', text, re.MULTILINE | re.DOTALL))


def with_tables(module: Path) -> str:
    """The README of a module with the tables of today. Everything else of it stays."""
    inputs = blocks("variable", (module / "variables.tf").read_text())
    outputs = blocks("output", (module / "outputs.tf").read_text())
    rows_of = {
        "Inputs": ["| name | default | is |", "| --- | --- | --- |", *map(_input, inputs.items())],
        "Outputs": ["| name | is |", "| --- | --- |", *map(_output, outputs.items())],
    }
    text = (module / "README.md").read_text()
    for heading, rows in rows_of.items():
        table = "\n".join([f"## {heading}", "", *rows, "", ""])
        before, _, rest = text.partition(f"## {heading}\n")
        _, following, after = rest.partition("\n## ")
        text = f"{before}{table}{following.lstrip()}{after}"
    return text.rstrip() + "\n"


def _input(block: tuple[str, str]) -> str:
    name, body = block
    default = DEFAULT.search(body)
    return f"| `{name}` | {f'`{default.group(1)}`' if default else 'required'} | {_first(_description(body))} |"


def _output(block: tuple[str, str]) -> str:
    name, body = block
    return f"| `{name}` | {_description(body)} |"


def _description(body: str) -> str:
    found = DESCRIPTION.search(body)
    return found.group(1).replace('\\"', '"') if found else ""


def _first(text: str) -> str:
    """The first sentence, or what is before its colon."""
    return re.split(r"(?<=[a-z`)])[.:] ", text)[0].rstrip(".") + "."
