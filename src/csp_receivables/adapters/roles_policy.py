"""Roles and people as YAML (include/policies/roles.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, Fault, FileFaults, build_checked
from csp_receivables.domain.support.roles import Member, Right, Role, Roles

DESCRIBED_IN = "docs/SUPPORT.md"

Name = Annotated[str, Field(min_length=1, max_length=100)]


class RolesRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Member(_Form):
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    customers: frozenset[Name] = frozenset()


class _Roles(_Form):
    roles: dict[Role, frozenset[Right]]
    people: dict[Name, _Member] = {}


def read_roles(path: Path) -> Roles:
    """The roles in `path`. Raises RolesRefused with all that is wrong: without a file nobody may do anything."""
    if not path.is_file():
        remedy = (
            "Copy include/policies/roles.yaml of the distribution; without people in it nobody is kept from anything"
        )
        raise RolesRefused([Fault(file=path.name, line=1, place="", found="there is no such file", remedy=remedy)])
    return build_checked(path, DESCRIBED_IN, _Roles, _roles, RolesRefused)


def _roles(file: CheckedFile, form: _Roles) -> Roles:
    people: dict[str, Member] = {}
    for name, each in form.people.items():
        shown = " ".join(name.split())
        if shown.casefold() in people:
            file.fault(("people", name), f"{shown} is named twice", "Name everybody once")
        people[shown.casefold()] = Member(name=shown, roles=each.roles, customers=each.customers)
    return Roles(rights=form.roles, people=people)
