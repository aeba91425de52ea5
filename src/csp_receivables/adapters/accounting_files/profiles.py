"""Column profiles: other accounting exports described in YAML, in `include/accounting/*.yaml`.

A profile is chosen by the header it describes. A profile that is wrong refuses to load, with its line and the remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS, ISO_DAY, Form
from csp_receivables.adapters.checked_yaml import BadYaml, read_checked
from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.accounting import (
    CUSTOMER_FIELDS,
    HEADER_FIELDS,
    LINE_FIELDS,
    OPEN_FIELDS,
    SELLER_FIELDS,
    Purpose,
)

_KNOWN = {
    Purpose.CUSTOMERS: CUSTOMER_FIELDS,
    Purpose.RECEIVABLES: (*SELLER_FIELDS, *HEADER_FIELDS, *OPEN_FIELDS, *LINE_FIELDS),
}
_NEEDED = {
    Purpose.CUSTOMERS: ("customer_id", "name", "country"),
    Purpose.RECEIVABLES: ("number", "kind", "customer_id", "issued_on", "due_on", "currency", "net", "tax", "gross"),
}
DESCRIBED_IN = "docs/FILES.md"


class BadProfile(ValueError):
    """A column profile can't be used; the message names its file and line and what to do."""


class Profile(BaseModel):
    """One accounting export's columns, as written in YAML."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    reads: Purpose
    about: str = ""
    separator: Literal[",", ";", "\t", "|"] = ","
    encoding: Literal["utf-8", "cp1252", "iso-8859-1", "iso-8859-15", "cp850"] = "utf-8"
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", " ", ".", ",", "'", "\u00a0"] = ""
    date_format: str = ISO_DAY
    columns: Annotated[dict[str, str], Field(min_length=1)]  # name in the file -> canonical field
    ignored: tuple[str, ...] = ()
    constants: dict[str, str] = {}
    kinds: dict[str, Literal["invoice", "credit_note"]] = {}
    credit_amounts: Literal["positive", "negative"] = "positive"

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        known, given = _KNOWN[self.reads], [*self.columns.values(), *self.constants]
        if strange := [name for name in given if name not in known]:
            raise ValueError(f"{', '.join(strange)}: no field of {self.reads.value}; they are {', '.join(known)}")
        if twice := {name for name in given if given.count(name) > 1}:
            raise ValueError(f"{', '.join(sorted(twice))}: given twice; name each field once in columns or constants")
        if lacking := [name for name in _NEEDED[self.reads] if name not in given]:
            raise ValueError(f"{', '.join(lacking)}: given by no column and no constant; add them")
        if ("open" in given) != ("stated_on" in given):
            raise ValueError("open and stated_on need each other; give both or neither")
        if ("line_net" in given) != ("line_tax" in given):
            raise ValueError("line_net and line_tax need each other; give both or neither")
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("decimal_mark and thousands_mark are the same; they must differ")
        if both := set(self.columns) & set(self.ignored):
            raise ValueError(f"{', '.join(sorted(both))}: in columns and in ignored; name each column once")
        return self

    def form(self) -> Form:
        """The profile as the form that the readers work with."""
        return Form(
            name=self.profile,
            purpose=self.reads,
            columns=self.columns,
            ignored=frozenset(self.ignored),
            constants=self.constants,
            separator=self.separator,
            encoding="utf-8-sig" if self.encoding == "utf-8" else self.encoding,
            decimal_mark=self.decimal_mark,
            thousands_mark=self.thousands_mark,
            date_format=self.date_format,
            kinds=self.kinds,
            credit_amounts_negative=self.credit_amounts == "negative",
        )


@read_once
def load_forms(folder: Path) -> tuple[Form, ...]:
    """The canonical forms and one for each profile in `folder`, by name. Raises BadProfile."""
    forms = list(CANONICAL_FORMS)
    for path in sorted(folder.glob("*.yaml")):
        form = load_profile(path).form()
        _refuse_ambiguous(path, form, forms)
        forms.append(form)
    return tuple(forms)


def load_profile(path: Path) -> Profile:
    """One profile, checked. Raises BadProfile with file, line and remedy."""
    try:
        return read_checked(path, Profile, DESCRIBED_IN)
    except BadYaml as error:
        raise BadProfile(str(error)) from None


def _refuse_ambiguous(path: Path, form: Form, others: Sequence[Form]) -> None:
    header = [*form.columns, *sorted(form.ignored)]
    for other in others:
        if other.name == form.name:
            raise BadProfile(f"{path.name}: the name {form.name} is taken. Give each profile a name of its own")
        if other.separator == form.separator and other.difference(header).is_none:
            raise BadProfile(f"{path.name}: describes the same header as {other.name}. Keep one of the two")
