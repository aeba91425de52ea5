"""Rules of the price book as rows of a CSV, for whoever keeps prices in a spreadsheet.

A row is a rule with the keys of the YAML as columns, so that both are checked alike. Separated by comma or semicolon;
several values of a cell by `|`; an empty cell says nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from csp_receivables.adapters.checked_yaml import CheckedFile, did_you_mean, read_text

LISTS = ("customer", "product", "family", "charge_type")
WHEN = (*LISTS, "from", "until")
COLUMNS = ("name", *WHEN, "margin", "price", "currency")
SEVERAL = "|"


def read_rows(path: Path, described_in: str) -> CheckedFile:
    """The rows as the YAML's `rules`, each on its line; what is wrong with the header or a row's length is a fault.

    Raises BadYaml for what is no text.
    """
    records = list(_records(read_text(path)))
    header = [name.strip().casefold() for name in records[0][1]] if records else []
    rows = [(line, dict(zip(header, cells, strict=False))) for line, cells in records[1:]]
    file = CheckedFile(
        name=path.name,
        described_in=described_in,
        data={"rules": [_rule(cells) for _, cells in rows]},
        tree=_tree(path.name, [line for line, _ in rows]),
    )
    _check_header(file, header)
    for place, (_, cells) in enumerate(records[1:]):
        if any(cell.strip() for cell in cells[len(header) :]):
            found = f"the row has {len(cells)} cells, the header {len(header)}"
            file.fault(("rules", place), found, "Quote cells that hold a separator, or give the header its column")
    return file


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records that hold anything, each with the line on which it begins."""
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=";" if ";" in first and "," not in first else ",")
    line = 1
    for record in reader:
        if any(cell.strip() for cell in record):
            yield line, record
        line = reader.line_num + 1


def _check_header(file: CheckedFile, header: Sequence[str]) -> None:
    for place, name in enumerate(header):
        if name not in COLUMNS:
            file.fault((name or "(no name)",), f"unknown column {name!r}", did_you_mean(name, COLUMNS))
        elif name in header[:place]:
            file.fault((name,), f"another column is named {name}", "Keep one")
    if "name" not in header:
        file.fault(("name",), "there is no column name", f"The columns are {', '.join(COLUMNS)}")


def _rule(cells: dict[str, str]) -> dict[str, Any]:
    said = {name: cell.strip() for name, cell in cells.items() if name in COLUMNS and cell.strip()}
    when: dict[str, Any] = {name: said.pop(name) for name in WHEN if name in said}
    for name in LISTS:
        if name in when:
            when[name] = [each.strip() for each in when[name].split(SEVERAL)]
    return {"name": said.pop("name", ""), **said, **({"when": when} if when else {})}


def _tree(name: str, lines: Sequence[int]) -> yaml.Node:
    """Where each rule stands, as the YAML reader would tell it."""

    def mark(line: int) -> yaml.Mark:
        return yaml.Mark(name, 0, line - 1, 0, None, 0)

    rules = [yaml.MappingNode("", [], mark(line), mark(line)) for line in lines]
    key = yaml.ScalarNode("", "rules", mark(1), mark(1))
    return yaml.MappingNode("", [(key, yaml.SequenceNode("", rules, mark(1), mark(1)))], mark(1), mark(1))
