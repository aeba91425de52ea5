"""The header of a file of charges: which form it is of, and which column holds which field of CHARGE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csp_receivables.adapters.microsoft_files.forms import Form, form_of

OTHER = "other_"  # before the names of columns that hold no field of CHARGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The header of one file: its names as written, and which column (0-based) holds which field of CHARGE."""

    names: tuple[str, ...]
    place: dict[str, int]
    form: Form

    @property
    def missing(self) -> tuple[str, ...]:
        """Required fields that no column holds."""
        return tuple(field for field in self.form.required if field not in self.place)

    @property
    def others(self) -> tuple[int, ...]:
        """Columns that hold no field of CHARGE: kept as text under `other_names`."""
        taken = set(self.place.values())
        return tuple(index for index in range(len(self.names)) if index not in taken)

    @property
    def other_names(self) -> tuple[str, ...]:
        """What the lake calls each of `others`: `other_PartnerId`; without case no two are the same."""
        taken: set[str] = set()
        return tuple(_free(f"{OTHER}{self.names[index]}", taken) for index in self.others)

    def name_of(self, field: str) -> str:
        """The column's name as this file writes it."""
        return self.names[self.place[field]]

    def one_each(self, fields: Iterable[str]) -> list[str]:
        """Those of `fields` that the file has, one for each column: two fields may be held by the same."""
        held: dict[int, str] = {}
        for field in fields:
            if field in self.place:
                held.setdefault(self.place[field], field)
        return list(held.values())


def read_header(names: Sequence[str]) -> Columns:
    """Which column is what. A name that comes twice counts where it comes first; the second is one of the others."""
    places: dict[str, int] = {}
    for index, name in enumerate(names):
        places.setdefault(simplified(name), index)
    form = form_of(frozenset(places))
    place = {}
    for field, spellings in form.fields.items():
        known = [places[name] for name in spellings if name in places]
        if known:
            place[field] = min(known)
    return Columns(names=tuple(name.strip("\ufeff \u00a0") for name in names), place=place, form=form)


def _free(name: str, taken: set[str]) -> str:
    """`name`, numbered where it is taken already; then it is taken. DuckDB compares names without case."""
    free = name if name.casefold() not in taken else f"{name}_{len(taken) + 1}"
    while free.casefold() in taken:
        free += "_"
    taken.add(free.casefold())
    return free


def is_excerpt(names: Sequence[str]) -> bool:
    """Does the header speak of charges at all? The tables in Microsoft's documentation do, in part."""
    words = ("charge", "price", "subscription", "billing", "purchase", "product", "amount")
    return any(word in simplified(name) for name in names for word in words)


def simplified(name: str) -> str:
    """`name` without case, blanks and punctuation."""
    return "".join(character for character in name.casefold() if character.isalnum())
