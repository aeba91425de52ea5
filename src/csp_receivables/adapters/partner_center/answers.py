"""Microsoft's JSON as plain values: exact numbers, keys whatever their case, signs for "no date" as None.

Bodies begin with a BOM; the same field comes as `Status` here and `status` there, as a number here and as text there
(microsoft.md 1.5, 2.1, 4.1). What can't be read is refused, and its value is not repeated: it may be a person's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from csp_receivables.domain.money import NotMoney, parse_decimal
from csp_receivables.microsoft_ports import MicrosoftRefused

DIGITS_MAX = 30  # of a whole number: an exponent beyond would fill the memory
FIRST_YEAR, LAST_YEAR = 1, 9999  # in these years lie Microsoft's signs for "no such date"


def parse_json(body: bytes) -> Any:
    """The body's JSON; numbers with a point are Decimals. Raises ValueError for anything else, NaN too."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
    except (RecursionError, InvalidOperation) as beyond:
        raise ValueError("nested or exponent beyond all bounds") from beyond


def exact_json(node: Any) -> str:
    """`node` as JSON with every number as it was. Raises MicrosoftRefused for one with too many digits for that."""
    return json.dumps(node, ensure_ascii=False, default=_number)


def _number(value: Any) -> Any:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is no JSON")
    nearest = float(value)  # not money: it is sent as it came, or not at all
    if Decimal(repr(nearest)) != value:
        raise unreadable("a document", "a number of too many digits to be sent back as it is")
    return nearest


class Record:
    """One JSON object, its fields found whatever the case of their names. `where`: what it is, for messages."""

    __slots__ = ("_fields", "raw", "where")

    def __init__(self, node: Any, where: str) -> None:
        if not isinstance(node, Mapping):
            raise unreadable(where, "no JSON object")
        self.raw: Mapping[str, Any] = node
        self.where = where
        self._fields = {str(key).casefold(): value for key, value in node.items()}

    def __contains__(self, name: str) -> bool:
        return self._fields.get(name.casefold()) is not None

    def value(self, name: str) -> Any:
        """The field as it came; None where it is absent."""
        return self._fields.get(name.casefold())

    def text(self, name: str) -> str:
        """The field as text, "" where it is absent. A number keeps its digits."""
        value = self.value(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | Decimal):
            return str(value).strip()
        if value is None:
            return ""
        raise unreadable(self.where, f"no text in {name}")

    def needed(self, name: str) -> str:
        """The field as text. Raises MicrosoftRefused where it is absent or empty."""
        if not (text := self.text(name)):
            raise unreadable(self.where, f"no {name}")
        return text

    def amount(self, name: str) -> Decimal | None:
        """The field as an exact number, also when it comes as text; None where it is absent or empty."""
        text = self.text(name)
        if not text:
            return None
        try:
            return parse_decimal(text)
        except NotMoney:
            raise unreadable(self.where, f"no number in {name}") from None

    def whole(self, name: str) -> int:
        """The field as a whole number, 0 where it is absent."""
        amount = self.amount(name) or Decimal(0)
        if amount.adjusted() > DIGITS_MAX or amount != int(amount):
            raise unreadable(self.where, f"no whole number in {name}")
        return int(amount)

    def flag(self, name: str) -> bool | None:
        """The field as yes or no; None where it is absent."""
        text = self.text(name).casefold()
        if text not in ("", "true", "false"):
            raise unreadable(self.where, f"neither true nor false in {name}")
        return None if not text else text == "true"

    def moment(self, *names: str) -> datetime | None:
        """The first of the fields that is there, in UTC; a moment without zone is UTC. None: no such date."""
        for name in names:
            if text := self.text(name):
                return self._moment(name, text)
        return None

    def record(self, name: str) -> Record:
        """The object in the field; one without fields where it is absent."""
        return Record({} if self.value(name) is None else self.value(name), f"{self.where}, {name}")

    def records(self, name: str) -> Iterator[Record]:
        """The objects of the list in the field; none where it is absent."""
        value = self.value(name)
        if value is not None and not isinstance(value, list):
            raise unreadable(self.where, f"no list in {name}")
        return (Record(node, f"{self.where}, {name}") for node in value or ())

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of the list in the field; () where it is absent."""
        value = self.value(name)
        if value is not None and not isinstance(value, list):
            raise unreadable(self.where, f"no list in {name}")
        return tuple(str(each) for each in value or ())

    def _moment(self, name: str, text: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text.replace(" ", ""))  # the documentation prints "06: 41: 12Z"
            if moment.year in (FIRST_YEAR, LAST_YEAR):
                return None
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise unreadable(self.where, f"no date in {name}") from None


def unreadable(where: str, what: str) -> MicrosoftRefused:
    """The refusal of an answer that does not have the documented shape."""
    return MicrosoftRefused(
        "unreadable",
        f"{where}: there is {what}",
        "If it stays, report it with the time and the correlation id from the log: Microsoft may have changed a field",
    )


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")
