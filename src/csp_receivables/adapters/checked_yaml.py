"""YAML that people write, checked against a pydantic model: what is wrong is told with file, line and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class BadYaml(ValueError):
    """The file can't be used; the message names its file and line and what to do."""


def read_checked(path: Path, model: type[Model], described_in: str) -> Model:
    """The file as `model`. `described_in`: where its keys are described. Raises BadYaml."""
    return parse_checked(path.name, _text(path), model, described_in)


def parse_checked(name: str, text: str, model: type[Model], described_in: str) -> Model:
    """YAML text as `model`; `name` is what the messages call it. Raises BadYaml."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BadYaml(f"{name}: this is no YAML: {error}. Write it as {described_in} shows") from None
    if not isinstance(tree, yaml.MappingNode):
        raise BadYaml(f"{name}:1: no keys. Write it as {described_in} shows")
    _refuse_doubled_keys(name, tree)
    try:
        return model.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise BadYaml("; ".join(_explain(name, tree, problem, described_in) for problem in problems)) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadYaml(f"{path.name}: the text is not UTF-8. Save it as UTF-8") from None


def _explain(name: str, tree: yaml.Node, problem: Any, described_in: str) -> str:
    remedies = {
        "extra_forbidden": f"Unknown key: remove it, or spell it as {described_in} does",
        "missing": f"Add the key; {described_in} lists them",
    }
    place = ".".join(str(part) for part in problem["loc"] if part != "[key]")
    message = str(problem["msg"]).removeprefix("Value error, ")
    remedy = remedies.get(problem["type"], f"Correct it as {described_in} shows")
    return f"{name}:{_line_of(tree, problem['loc'])}: {place + ': ' if place else ''}{message}. {remedy}"


def _line_of(node: yaml.Node, place: Sequence[int | str]) -> int:
    """The 1-based line of what `place` leads to, as far as the file has it."""
    line = int(node.start_mark.line) + 1
    for part in place:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = int(node.start_mark.line) + 1
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        entry = next(((key, value) for key, value in pairs if key.value == part), None)
        if entry is None:
            break
        line, node = int(entry[0].start_mark.line) + 1, entry[1]
    return line


def _refuse_doubled_keys(name: str, node: yaml.Node) -> None:
    """YAML readers take the last of two equal keys without a word; a column would silently change its meaning."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = int(key.start_mark.line) + 1
        if str(key.value) in seen:
            raise BadYaml(f"{name}:{line}: {key.value} stands on line {seen[str(key.value)]} already. Keep one")
        seen[str(key.value)] = line
        _refuse_doubled_keys(name, value)
