"""The policy of matching as YAML (include/policies/matching.yaml), checked by a schema before any rule runs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.currencies import exponents
from csp_receivables.domain.matching.ladder import RULES, MatchingPolicy, Mode, Tolerance
from csp_receivables.domain.money import NotMoney, to_minor

_RULE_NAMES = tuple(rule.name for rule in RULES)
_ONLY_SUGGESTS = tuple(rule.name for rule in RULES if rule.only_suggests)


class PolicyRefused(ValueError):
    """The policy can't be used; the message names file, line, key, and what to do."""


class _ToleranceForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fixed: str = "0"  # decimal text in the currency's unit
    per_mille: Annotated[int, Field(ge=0, le=1000)] = 0


class _PolicyForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: dict[str, Mode] = {}
    tolerances: dict[str, _ToleranceForm] = {}
    exchange_per_mille: Annotated[int, Field(ge=0, le=1000)] = 0

    @model_validator(mode="before")
    @classmethod
    def _empty_parts(cls, data: object) -> object:
        """A key whose entries are all commented out is an empty part."""
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value or key not in cls.model_fields}


@read_once
def read_matching_policy(path: Path | None) -> MatchingPolicy:
    """The policy in `path`; with None, or when the file is absent, the default: what may book does, no tolerance.

    Raises PolicyRefused.
    """
    if path is None or not path.is_file():
        return MatchingPolicy(modes=_modes({}))
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        # BaseLoader keeps every scalar as text: `off` stays a word, 0.50 an exact amount and NO a code.
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or {}  # noqa: S506 - text only
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyRefused(
            f"{path}: this is no YAML: {error}. Compare it with include/policies/matching.yaml"
        ) from None
    try:
        form = _PolicyForm.model_validate(data)
    except ValidationError as error:
        raise PolicyRefused(_first_error(path, root, error)) from None
    return _policy(path, root, form)


def _policy(path: Path, root: yaml.Node | None, form: _PolicyForm) -> MatchingPolicy:
    for rule in form.rules:
        if rule not in _RULE_NAMES:
            raise PolicyRefused(_unknown(path, root, ("rules", rule), _RULE_NAMES))
        if rule in _ONLY_SUGGESTS and form.rules[rule] is Mode.AUTO:
            raise PolicyRefused(
                f"{_place(path, root, ('rules', rule))}: 'auto': this rule is never sure enough to book. "
                "Write suggest or off"
            )
    tolerances = {}
    for currency, tolerance in form.tolerances.items():
        if currency not in exponents():
            raise PolicyRefused(_unknown(path, root, ("tolerances", currency), tuple(exponents())))
        tolerances[currency] = Tolerance(
            fixed=_fixed(path, root, currency, tolerance.fixed), per_mille=tolerance.per_mille
        )
    return MatchingPolicy(
        modes=_modes(form.rules),
        tolerances=MappingProxyType(tolerances),
        exchange_per_mille=form.exchange_per_mille,
    )


def _modes(said: Mapping[str, Mode]) -> Mapping[str, Mode]:
    """What the policy says, and `suggest` for the rules that can do no more."""
    return MappingProxyType(dict.fromkeys(_ONLY_SUGGESTS, Mode.SUGGEST) | dict(said))


def _fixed(path: Path, root: yaml.Node | None, currency: str, text: str) -> int:
    where = ("tolerances", currency, "fixed")
    try:
        fixed = to_minor(text, currency)
    except NotMoney as error:
        raise PolicyRefused(
            f"{_place(path, root, where)}: {error}. Write an amount of {currency}, such as 1.00"
        ) from None
    if fixed < 0:
        raise PolicyRefused(
            f"{_place(path, root, where)}: {text} is negative. Write how much may be missing, such as 1.00"
        )
    return fixed


def _first_error(path: Path, root: yaml.Node | None, error: ValidationError) -> str:
    first = error.errors()[0]
    where = tuple(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        form = _PolicyForm if len(where) == 1 else _ToleranceForm
        return _unknown(path, root, where, tuple(form.model_fields))
    found = f"{first['input']!r}: " if not isinstance(first["input"], dict) else ""
    return f"{_place(path, root, where)}: {found}{first['msg']}. Compare it with include/policies/matching.yaml"


def _unknown(path: Path, root: yaml.Node | None, where: Sequence[str], known: Sequence[str]) -> str:
    near = difflib.get_close_matches(where[-1], known, n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known[:10])}"
    return f"{_place(path, root, where)}: unknown key {where[-1]!r}. {remedy}"


def _place(path: Path, root: yaml.Node | None, where: Sequence[str]) -> str:
    """`matching.yaml:7:tolerances.SEK.fixed`: the line on which the innermost known key stands."""
    line, node = 1, root
    for part in where:
        if not isinstance(node, yaml.MappingNode):
            break
        pair = next(((key, value) for key, value in node.value if key.value == part), None)
        if pair is None:
            break
        line, node = pair[0].start_mark.line + 1, pair[1]
    return f"{path.name}:{line}:{'.'.join(where)}"
