"""Reading Terraform's sources with regular expressions."""

import re


def captured(pattern: re.Pattern[str], text: str) -> str:
    """The first group of the pattern's first match in the text; fails when there is no match."""
    found = pattern.search(text)
    assert found, f"the text has nothing like {pattern.pattern}"
    return found.group(1)
