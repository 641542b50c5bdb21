"""List prices: of services from terraform/prices.toml, of models from prices.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .errors import LocalError

# Prices in US dollars by table and name.
Prices = dict[str, dict[str, float]]

TABLE = re.compile(r'\[(?:"([^"]+)"|([\w-]+))\]')
PRICE = re.compile(r"(\w+) = (\d+(?:\.\d+)?)")


def read_prices(file: Path) -> Prices:
    """The tables of a TOML file that has only tables of numbers. Python has a reader of TOML since 3.11 only."""
    return dict(_tables(file))


def _tables(file: Path) -> Iterator[tuple[str, dict[str, float]]]:
    table: dict[str, float] | None = None
    for number, line in enumerate(file.read_text().splitlines(), 1):
        text = line.partition("#")[0].strip()
        if header := TABLE.fullmatch(text):
            table = {}
            yield header[1] or header[2], table
        elif (pair := PRICE.fullmatch(text)) and table is not None:
            table[pair[1]] = float(pair[2])
        elif text:
            raise LocalError(f"{file.name}, line {number}, is not of a table of prices: {text}")


def model_price(name: str, prices: Prices) -> dict[str, float]:
    """The prices of a model: of the longest beginning of its id, without the geography of a profile."""
    plain = name.rpartition("/")[2]
    names = (plain, plain.partition(".")[2])
    fitting = [key for key in prices if any(each.startswith(key) for each in names)]
    if not fitting:
        raise LocalError(f"prices.toml has no price of {name}; --model names another model.")
    return prices[max(fitting, key=len)]
