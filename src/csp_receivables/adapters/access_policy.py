"""The rules of access as YAML (include/policies/access.yaml), checked before anything is proposed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, FileFaults, build_checked
from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.access.policy import AccessPolicy, Protected

DESCRIBED_IN = "docs/SUSPENSION.md"
_SHORTEST_PART = 3  # of an offer's name: less would protect nearly everything

Name = Annotated[str, Field(min_length=1, max_length=200)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")]
PerMille = Annotated[int, Field(ge=1, le=1000)]


class AccessPolicyRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Protected(_Form):
    subscriptions: tuple[Id, ...] = ()
    offers: tuple[Name, ...] = ()
    tags: tuple[Name, ...] = ()


class _Access(_Form):
    only_unpaid: bool = True
    protected: _Protected = _Protected()
    azure: tuple[Id, ...] = ()
    questions_max: Annotated[int, Field(ge=1, le=500)] = 20
    approval_days: Annotated[int, Field(ge=1, le=14)] = 3
    renewal_hours: Annotated[int, Field(ge=24, le=168)] = 24
    hours_before_days_off: Annotated[int, Field(ge=0, le=48)] = 4
    value_per_mille_max: PerMille = 100
    matched_drop_per_mille_max: PerMille = 150
    settle_minutes: Annotated[int, Field(ge=2, le=240)] = 10
    tries_max: Annotated[int, Field(ge=1, le=20)] = 5
    restore_tries_max: Annotated[int, Field(ge=5, le=100)] = 20
    deadline_days: Annotated[int, Field(ge=2, le=90)] = 14


@read_once
def read_access_policy(path: Path) -> AccessPolicy:
    """The rules of access in `path`; without a file the defaults. Raises AccessPolicyRefused."""
    if not path.is_file():
        return AccessPolicy()
    return build_checked(path, DESCRIBED_IN, _Access, _policy, AccessPolicyRefused)


def _policy(file: CheckedFile, form: _Access) -> AccessPolicy:
    for place, part in enumerate(form.protected.offers):
        if len(part.strip()) < _SHORTEST_PART:
            where = ("protected", "offers", place)
            file.fault(where, f"{part!r} is part of nearly every offer", "Write more of the name, such as Entra ID P2")
    told = form.model_dump(exclude={"protected", "azure"})
    protected = Protected(
        subscriptions=frozenset(each.casefold() for each in form.protected.subscriptions),
        offers=tuple(each.strip() for each in form.protected.offers),
        tags=frozenset(form.protected.tags),
    )
    version = hashlib.sha256(form.model_dump_json().encode()).hexdigest()
    azure = frozenset(each.casefold() for each in form.azure)
    return AccessPolicy(version=version, protected=protected, azure=azure, **told)
