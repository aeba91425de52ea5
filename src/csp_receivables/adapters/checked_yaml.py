"""YAML that people write, checked against a pydantic model: what is wrong is told with file, line and remedy."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")
Place = tuple[str | int, ...]  # the keys and list positions that lead to something: ("stages", 2, "when")


class BadYaml(ValueError):
    """The file can't be used; the message names its file and line and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a file, and what to do about it. `line` begins at 1."""

    file: str
    line: int
    place: str  # "stages.2.when", or "" for the file as a whole
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.place + ': ' if self.place else ''}{self.found}. {self.remedy}"


class FileFaults(ValueError):
    """Everything that is wrong in one file, in the order of its lines."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.line, fault.place, fault.found)))
        super().__init__("\n".join(map(str, self.faults)))


def read_checked(path: Path, model: type[Model], described_in: str) -> Model:
    """The file as `model`. `described_in`: where its keys are described. Raises BadYaml."""
    return parse_checked(path.name, read_text(path), model, described_in)


def build_checked(
    path: Path,
    described_in: str,
    model: type[Model],
    build: Callable[[CheckedFile, Model], Value],
    refused: type[FileFaults],
) -> Value:
    """What `build` makes of the file's form, which may find more faults. Raises `refused` with all that is wrong."""
    try:
        file = CheckedFile.parse(path.name, read_text(path), described_in)
        form = file.read((), file.data, model)
        built = [build(file, form)] if form else []
        file.raise_faults()
    except BadYaml as error:
        raise refused([Fault(file=path.name, line=1, place="", found=str(error), remedy="")]) from None
    except FileFaults as found:
        raise refused(found.faults) from None
    return built[0]  # a form that can't be read is a fault


def parse_checked(name: str, text: str, model: type[Model], described_in: str) -> Model:
    """YAML text as `model`; `name` is what the messages call it. Raises BadYaml."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BadYaml(f"{name}: this is no YAML: {error}. Write it as {described_in} shows") from None
    if not isinstance(tree, yaml.MappingNode):
        raise BadYaml(f"{name}:1: no keys. Write it as {described_in} shows")
    for key, line, first in _doubled_keys(tree):
        raise BadYaml(f"{name}:{line}: {key} stands on line {first} already. Keep one")
    try:
        return model.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise BadYaml("; ".join(_explain(name, tree, problem, described_in) for problem in problems)) from None


def read_text(path: Path) -> str:
    """The text of a file that people write. Raises BadYaml when it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadYaml(f"{path.name}: the text is not UTF-8. Save it as UTF-8") from None


# What pydantic says of these in words of Python.
_IN_WORDS = {
    "model_type": "here a group of keys is needed",
    "dict_type": "here a group of keys is needed",
    "list_type": "here a list is needed",
    "tuple_type": "here a list is needed",
    "string_type": "here one text is needed",
    "int_parsing": "this is no whole number",
    "int_type": "here a whole number is needed",
    "bool_parsing": "write true or false",
    "date_from_datetime_parsing": "this is no day such as 2026-11-01",
    "date_parsing": "this is no day such as 2026-11-01",
    "time_parsing": "this is no time such as 18:00",
}


class _TextLoader(yaml.BaseLoader):
    """Every scalar stays text, so NO is a country, 0.50 an exact amount and 18:00 a time; only null is none."""


_TextLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_TextLoader.add_constructor("tag:yaml.org,2002:null", lambda _loader, _node: None)


@lru_cache(maxsize=32)
def _composed(text: str) -> yaml.Node | None:
    """Composing is what costs, and each step of a day reads its policies again. Nobody changes a tree."""
    return yaml.compose(text, Loader=_TextLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """A file that is being checked: all its faults are collected, so a person mends them in one go.

    `damaged` are places with a fault: what is said of them by checks that look at more than one place may not be true.
    """

    name: str
    described_in: str
    data: dict[str, Any]
    tree: yaml.Node
    faults: list[Fault] = field(default_factory=list)
    damaged: set[Place] = field(default_factory=set)

    @classmethod
    def parse(cls, name: str, text: str, described_in: str) -> CheckedFile:
        """YAML text whose scalars stay text. Raises FileFaults when it is no mapping at all."""
        as_shown = f"Write it as {described_in} shows"
        try:
            tree = _composed(text)
            data: dict[str, Any] = _TextLoader("").construct_document(tree) if tree else {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = int(mark.line) + 1 if mark else 1
            said = " ".join(str(error).split())
            fault = Fault(file=name, line=line, place="", found=f"this is no YAML: {said}", remedy=as_shown)
            raise FileFaults([fault]) from None
        if not isinstance(tree, yaml.MappingNode):
            raise FileFaults([Fault(file=name, line=1, place="", found="no keys", remedy=as_shown)])
        file = cls(name=name, described_in=described_in, data=data, tree=tree)
        for key, line, first in _doubled_keys(tree):
            found = f"{key} stands on line {first} already"
            file.faults.append(Fault(file=name, line=line, place=key, found=found, remedy="Keep one"))
        return file

    def fault(self, place: Place, found: str, remedy: str) -> None:
        """Note that something is wrong at `place`."""
        self.damaged.add(place)
        line = _line_of(self.tree, place)
        named = ".".join(map(str, place))
        self.faults.append(Fault(file=self.name, line=line, place=named, found=found, remedy=remedy))

    def is_damaged(self, place: Place) -> bool:
        """Has `place`, something in it, or something that it lies in, a fault?"""
        return any(each[: len(place)] == place or place[: len(each)] == each for each in self.damaged)

    def read(self, place: Place, data: Any, model: type[Model]) -> Model | None:
        """`data`, which lies at `place`, as `model`: without what is wrong in it; None when too little is left."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            problems = [each for each in error.errors(include_url=False) if not _follows(each, error)]
        kept = copy.deepcopy(data)
        for problem in problems:
            inner = tuple(part for part in problem["loc"] if part != "[key]")
            found, remedy = self._said(problem, inner, model)
            self.fault((*place, *inner), found, remedy)
            if problem["type"] == "extra_forbidden":  # so the key that was meant is not called missing as well
                meant = nearest(str(inner[-1]), _fields_at(model, inner[:-1]))
                self.damaged.update({(*place, *inner[:-1], each) for each in meant})
            kept = _without(kept, inner)
        try:
            return model.model_validate(kept)
        except ValidationError:
            return None

    def _said(self, problem: Any, inner: Place, model: type[BaseModel]) -> tuple[str, str]:
        message = str(problem["msg"]).removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            known = _fields_at(model, inner[:-1])
            return f"unknown key {str(inner[-1])!r}", did_you_mean(str(inner[-1]), known)
        if problem["type"] == "missing":
            return "the key is missing", f"Add it; {self.described_in} lists the keys"
        given = problem["input"]
        message = _IN_WORDS.get(str(problem["type"]), message)
        found = f"{given!r}: {message}" if isinstance(given, str) else message
        return found, f"Correct it as {self.described_in} shows"

    def raise_faults(self) -> None:
        """Raises FileFaults when anything is wrong."""
        if self.faults:
            raise FileFaults(self.faults)


def _follows(problem: Any, error: ValidationError) -> bool:
    """Is a list only too short because something in it is wrong?"""
    place = problem["loc"]
    deeper = (each["loc"] for each in error.errors(include_url=False) if len(each["loc"]) > len(place))
    return problem["type"] == "too_short" and any(each[: len(place)] == place for each in deeper)


def nearest(word: str, known: Sequence[str]) -> list[str]:
    """The one of `known` that is most like `word`, if any is."""
    if word in known:
        return [word]
    turned = [each for each in known if sorted(each) == sorted(word)]  # SKE is rather SEK than KES or SLE
    turned.sort(key=lambda each: each[:1] != word[:1])
    return (
        turned[:1] or difflib.get_close_matches(word, known, n=1) or difflib.get_close_matches(word.upper(), known, n=1)
    )


def did_you_mean(word: str, known: Sequence[str], shown_max: int = 12) -> str:
    """The nearest of what is known, or all of it when that is little."""
    if near := nearest(word, known):
        return f"Did you mean {near[0]}?"
    listed = ", ".join(known[:shown_max]) + (" …" if len(known) > shown_max else "")
    return f"Remove it, or write one of {listed}"


def _without(data: Any, inner: Place) -> Any:
    """`data` without the innermost key that leads to `inner`; items of lists stay, so positions keep their sense."""
    node, holder, key = data, None, None
    for part in inner:
        if isinstance(node, dict):
            holder, key = node, part
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
    if holder is not None:
        holder.pop(key, None)
    return data


def _fields_at(model: type[BaseModel], inner: Place) -> list[str]:
    """The keys that the part of `model` at `inner` knows."""
    for part in inner:
        if part in model.model_fields:
            model = _model_in(model.model_fields[str(part)].annotation) or model
    return [known.alias or name for name, known in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)


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


def _doubled_keys(node: yaml.Node, above: frozenset[int] = frozenset()) -> Iterator[tuple[str, int, int]]:
    """Keys that stand twice in one mapping, with their line and the first one's.

    YAML readers take the last of two equal keys without a word; a setting would silently change its meaning.
    """
    if id(node) in above:  # an alias that leads back to itself
        return
    above = above | {id(node)}
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _doubled_keys(item, above)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = int(key.start_mark.line) + 1
        if str(key.value) in seen:
            yield str(key.value), line, seen[str(key.value)]
        seen[str(key.value)] = line
        yield from _doubled_keys(value, above)
