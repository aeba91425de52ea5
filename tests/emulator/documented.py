"""Microsoft's documented exchanges: requests as they are printed, and the shape of an answer to compare by."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parents[3] / "shared" / "data" / "microsoft"
HERE = pytest.mark.skipif(
    not DATA.is_dir(), reason="NOT TESTED: Microsoft's documented exchanges are not on this machine"
)
_HOST = re.compile(r"https://[\w.]+(/[^\s\])]*)")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `path` with its query."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] | None


def request(name: str, **placeholders: str) -> Request:
    """The request of an example; `<customer-tenant-id>` and the like are replaced by what is given."""
    text = (DATA / "rest" / f"{name}.request.http").read_text("utf-8-sig")
    for placeholder, value in placeholders.items():
        text = text.replace(f"<{placeholder.replace('_', '-')}>", value)
    head, _, body = text.partition("\n\n")
    found = _HOST.search(head)
    assert found, name
    lines = dict(re.findall(r"^([\w-]+): (.+)$", head, re.M))
    sent = {key: value for key, value in lines.items() if key.startswith("MS-") or key in ("If-Match", "X-Locale")}
    json_file = DATA / "rest" / f"{name}.request.json"
    told = (
        json.loads(json_file.read_text("utf-8-sig").replace("<etag>", placeholders.get("etag", "")))
        if json_file.exists()
        else None
    )
    return Request(head.split()[0], found[1], sent, told if body.strip() else None)


def response(name: str, folder: str = "rest") -> Any:
    """The parsed body of an example's answer."""
    file = f"{name}.response.json" if folder == "rest" else f"{name}.json"
    text = (DATA / folder / file).read_text("utf-8-sig")
    return json.loads(re.sub(r"T(\d\d): (\d\d): (\d\d)Z", r"T\1:\2:\3Z", text))  # one page prints its times so


def shape(value: Any) -> Any:
    """Names in lower case with kinds of values; all elements of a list are taken together."""
    if isinstance(value, dict):
        return {name.lower(): shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_merged([shape(each) for each in value])]
    if value is None or isinstance(value, bool):
        return {"nothing" if value is None else "truth"}
    return {"number" if isinstance(value, int | float) else "text"}


def missing(documented: Any, answered: Any, where: str = "") -> list[str]:
    """What the documentation shows and the answer hasn't, or has as another kind."""
    if isinstance(documented, dict) and isinstance(answered, dict):
        gone = [f"{where}/{name} is missing" for name in documented.keys() - answered.keys()]
        return gone + [line for name in documented.keys() & answered.keys()
                       for line in missing(documented[name], answered[name], f"{where}/{name}")]  # fmt: skip
    if isinstance(documented, list) and isinstance(answered, list):
        return missing(documented[0], answered[0], f"{where}[]") if documented and documented[0] is not None else []
    if isinstance(documented, set) and isinstance(answered, set) and documented & answered:
        return []  # a field that comes as number and as text may come as either
    return [f"{where} is {answered}, documented as {documented}"]


def _merged(shapes: list[Any]) -> Any:
    if shapes and all(isinstance(each, dict) for each in shapes):
        names = {name for each in shapes for name in each}
        return {name: _merged([each[name] for each in shapes if name in each]) for name in names}
    if shapes and all(isinstance(each, set) for each in shapes):
        return set().union(*shapes)
    return shapes[0] if shapes else None
