"""The XML of a camt message as a stream of plain records: expat underneath, nothing kept but the entry at hand.

Elements are known by their local names, whatever the namespace or prefix. The tables below say which texts matter; all
else is passed over. A DOCTYPE is refused before anything in it is read: banks never write one, attackers do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO
from xml.parsers import expat

from csp_receivables.domain.bank_files import BankFileRefused

CHUNK = 1 << 18
# Limits: far above any real statement, far below what would swallow the machine.
NESTING_MAX = 60  # ISO 20022 nests some 15 deep
NAMES_MAX = 5_000  # camt.053 knows some 400 element names
TEXT_MAX = 1 << 20  # bytes of one text or one tag; ISO's longest text is 500 characters
RECORD_MAX = 1 << 27  # bytes of one entry with its details, which lie in memory together: 100,000 payments in a batch
STATEMENTS_MAX = 100_000

FAMILIES = {"BkToCstmrStmt": "camt.053", "BkToCstmrDbtCdtNtfctn": "camt.054", "BkToCstmrAcctRpt": "camt.052"}
OTHER_MESSAGES = {
    "CstmrCdtTrfInitn": "a pain.001 payment order",
    "CstmrPmtStsRpt": "a pain.002 payment status report",
    "CstmrPmtRvsl": "a pain.007 payment reversal",
    "CstmrDrctDbtInitn": "a pain.008 direct debit order",
    "FIToFICstmrCdtTrf": "a pacs.008 interbank transfer",
    "AcctRptgReq": "a camt.060 reporting request",
    "BkToCstmrSvcsBllgStmt": "a camt.086 bank services bill",
}

_MESSAGE_ID = re.compile(r"[a-z]{4}\.\d{3}\.\d{3}\.\d{2}")
_VERSION_SUFFIX = re.compile(r"V\d\d$")

Record = dict[str, Any]  # texts by the keys below; repeated texts as lists; the records inside it as lists of records

_PARTY_TEXTS = {
    key: tuple(f"{party}/{name}" for name in ("Nm", "Pty/Nm"))
    for key, party in {
        "debtor": "RltdPties/Dbtr",
        "creditor": "RltdPties/Cdtr",
        "last_debtor": "RltdPties/UltmtDbtr",
        "last_creditor": "RltdPties/UltmtCdtr",
    }.items()
}
_ACCOUNT = ("Id/IBAN", "Id/Othr/Id", "Id/BBAN", "Id/PrtryAcct/Id")  # the last two: version 01
_DETAIL = {
    "amount": ("Amt",),
    "instructed_amount": ("AmtDtls/InstdAmt/Amt",),
    "transaction_amount": ("AmtDtls/TxAmt/Amt",),
    "counter_amount": ("AmtDtls/CntrValAmt/Amt",),
    "direction": ("CdtDbtInd",),
    "bank_ref": ("Refs/AcctSvcrRef",),
    "end_to_end": ("Refs/EndToEndId",),
    "code": ("BkTxCd/Domn/Fmly/SubFmlyCd",),
    "debtor_account": tuple(f"RltdPties/DbtrAcct/{path}" for path in _ACCOUNT),
    "creditor_account": tuple(f"RltdPties/CdtrAcct/{path}" for path in _ACCOUNT),
    "more_text": ("AddtlTxInf",),
    **_PARTY_TEXTS,
}
_DETAIL_REPEATED = {
    "text": ("RmtInf/Ustrd",),
    "references": ("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef"),
    "documents": ("RmtInf/Strd/RfrdDocInf/Nb", "RmtInf/Strd/AddtlRmtInf"),
}
_ENTRY = {
    "amount": ("Amt",),
    "direction": ("CdtDbtInd",),
    "reversal": ("RvslInd",),
    "status": ("Sts", "Sts/Cd", "Sts/Prtry"),
    "booked": ("BookgDt/Dt", "BookgDt/DtTm"),
    "value": ("ValDt/Dt", "ValDt/DtTm"),
    "instructed_amount": ("AmtDtls/InstdAmt/Amt",),
    "transaction_amount": ("AmtDtls/TxAmt/Amt",),
    "bank_ref": ("AcctSvcrRef",),
    "entry_ref": ("NtryRef",),
    "code": ("BkTxCd/Domn/Fmly/SubFmlyCd",),
    "more_text": ("AddtlNtryInf",),
}
_BALANCE = {
    "type": ("Tp/CdOrPrtry/Cd", "Tp/Cd"),
    "amount": ("Amt",),
    "direction": ("CdtDbtInd",),
    "day": ("Dt/Dt", "Dt/DtTm"),
}
_STATEMENT = {
    "id": ("Id",),
    "page": ("StmtPgntn/PgNb", "RptPgntn/PgNb", "NtfctnPgntn/PgNb"),
    "electronic_number": ("ElctrncSeqNb",),
    "legal_number": ("LglSeqNb",),
    "created": ("CreDtTm",),
    "from": ("FrToDt/FrDtTm", "FrToDt/FrDt"),
    "until": ("FrToDt/ToDtTm", "FrToDt/ToDt"),
    "account": tuple(f"Acct/{path}" for path in _ACCOUNT),
    "currency": ("Acct/Ccy",),
}
_MARKS = {"returned": "RtrInf"}  # that the element is there says enough


class _Element(dict[str, "_Element | None"]):
    """The elements that matter inside one element, by name as written; None is remembered for those that do not."""

    __slots__ = ("key", "mark", "outer", "record", "repeated")

    def __init__(self, outer: _Element | None = None) -> None:
        self.outer = outer
        self.key = self.mark = self.record = ""
        self.repeated = False

    def __missing__(self, name: str) -> _Element | None:
        prefix, _, local = name.rpartition(":")
        found = self[name] = self.get(local) if prefix else None
        return found

    def grow(self, path: str) -> _Element:
        element = self
        for name in path.split("/"):
            inner = element.get(name)
            if inner is None:
                inner = element[name] = _Element(element)
            element = inner
        return element

    def with_marks(self, marks: Mapping[str, str]) -> None:
        for key, path in marks.items():
            self.grow(path).mark = key

    def with_texts(self, texts: Mapping[str, tuple[str, ...]], *, repeated: bool = False) -> None:
        for key, paths in texts.items():
            for path in paths:
                element = self.grow(path)
                element.key, element.repeated = key, repeated


def _message_element() -> _Element:
    """What is read inside a message element: its statements, their entries and details."""
    message = _Element()
    statement = _Element(message)
    for name in ("Stmt", "Rpt", "Ntfctn"):
        message[name] = statement
    statement.record = "statement"
    statement.with_texts(_STATEMENT)
    balance = statement.grow("Bal")
    balance.record = "balances"
    balance.with_texts(_BALANCE)
    entry = statement.grow("Ntry")
    entry.record = "entry"
    entry.with_texts(_ENTRY)
    entry.with_marks(_MARKS)
    for path in ("NtryDtls/TxDtls", "TxDtls"):  # the second: version 01
        detail = entry.grow(path)
        detail.record = "details"
        detail.with_texts(_DETAIL)
        detail.with_texts(_DETAIL_REPEATED, repeated=True)
        detail.with_marks(_MARKS)
    return message


class _Builder:
    """Turns expat's events into records. `done` holds what is complete: (statement, entry), or (statement, None)."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.buffer_size = 1 << 15
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start_outside
        self.parser.EndElementHandler = self._end_outside
        self.done: list[tuple[Record, Record | None]] = []
        self.statements = 0
        self.depth = 0  # outside a message: how deep; inside: the deepest yet in what is passed over
        self.pieces: list[str] = []
        self._message_id = ""  # "camt.053.001.08", from the namespace
        self._family = ""
        self.record: Record = {}
        self._records: list[Record] = []
        self._outer_depth = 0
        self._done_until = 0  # byte where the last complete record ended

    @property
    def message(self) -> str:
        """What the file has said it is so far: "camt.053", another message ("acmt.001.001.08"), or ""."""
        return self._family or self._message_id

    @property
    def taken_for(self) -> str:
        """ "camt.053.001.08" where the namespace says so."""
        if not self._family or self._message_id.startswith(self._family):
            return self._message_id
        return f"{self._family}, version not stated"

    def _doctype(self, *_: Any) -> None:
        raise BankFileRefused(
            "bank.doctype",
            "The file declares a DOCTYPE or entities; banks never do, and they can change every amount in it.",
            "Do not open it elsewhere; fetch the statement again from the bank.",
            line=self.parser.CurrentLineNumber,
        )

    def _start_outside(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        for key, value in attributes.items():
            if key.startswith("xmlns") and (found := _MESSAGE_ID.search(value)):
                self._message_id = found[0]
        local = _VERSION_SUFFIX.sub("", name.rpartition(":")[2])
        if local in OTHER_MESSAGES:
            raise _another_message(OTHER_MESSAGES[local], self.parser.CurrentLineNumber)
        if local not in FAMILIES:
            return
        self._family = FAMILIES[local]
        self._outer_depth, self.depth = self.depth - 1, 0
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._handlers_inside()

    def _end_outside(self, _name: str) -> None:
        self.depth -= 1

    def _handlers_inside(  # noqa: C901 - two closures in one place, for their speed
        self,
    ) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None]]:
        """What expat calls for each tag inside a message: closures, because a million calls of them are the cost."""
        parser, pieces, add_piece = self.parser, self.pieces, self.pieces.append
        element: _Element = _message_element()
        passed_over = 0  # how deep we are in what does not matter

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal element, passed_over
            if passed_over:
                passed_over += 1
                self.depth = passed_over
                return
            inner = element[name]
            if inner is None:
                passed_over = 1
                return
            element = inner
            if inner.key:
                parser.CharacterDataHandler = add_piece
                if attributes and (currency := attributes.get("Ccy")):
                    self.record[inner.key + "_currency"] = currency
            elif inner.record:
                self._open(inner.record)
            elif inner.mark:
                self.record[inner.mark] = True

        def end(_name: str) -> None:
            nonlocal element, passed_over
            if passed_over:
                passed_over -= 1
                return
            inner = element
            if inner.outer is None:
                self._leave_message()
                return
            element = inner.outer
            if inner.key:
                parser.CharacterDataHandler = None
                text = "".join(pieces).strip()
                pieces.clear()
                if text and inner.repeated:
                    self.record.setdefault(inner.key, []).append(text)
                elif text:
                    self.record.setdefault(inner.key, text)
            elif inner.record:
                self._close(inner.record)

        return start, end

    def _leave_message(self) -> None:
        self.depth = self._outer_depth
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start_outside, self._end_outside

    def _open(self, kind: str) -> None:
        record: Record = {"line": self.parser.CurrentLineNumber}
        if kind == "statement":
            self.statements += 1
            record |= {"family": self._family, "taken_for": self.taken_for}
        elif kind in ("details", "balances"):
            self.record.setdefault(kind, []).append(record)
        self._records.append(self.record)
        self.record = record

    def _close(self, kind: str) -> None:
        record, self.record = self.record, self._records.pop()
        if kind == "entry":
            self.done.append((self.record, record))
        elif kind == "statement":
            self.done.append((record, None))
        if kind != "details":
            self._done_until = self.parser.CurrentByteIndex

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        """Raises ExpatError, and BankFileRefused for what the builder refuses and for an encoding nobody can read."""
        try:
            self.parser.Parse(chunk, is_last)
        except BankFileRefused:
            raise
        except (LookupError, ValueError) as error:  # from Python's codecs, which expat asks beyond the few it knows
            raise _unknown_encoding(error) from None

    def check_limits(self, fed: int) -> None:
        """Between two chunks: nothing that is kept may grow without end."""
        pieces = sum(map(len, self.pieces)) if self.pieces else 0
        for what, actual, limit in (
            ("levels of elements", self.depth, NESTING_MAX),
            ("different names", len(self.parser.intern), NAMES_MAX),
            ("characters in one text", pieces, TEXT_MAX),
            ("bytes in one tag or comment", fed - max(self.parser.CurrentByteIndex, 0), TEXT_MAX + CHUNK),
            ("bytes in one entry", fed - self._done_until, RECORD_MAX),
            ("statements", self.statements, STATEMENTS_MAX),
        ):
            if actual > limit:
                raise _beyond_limits(what, limit, self.parser.CurrentLineNumber)


def records(stream: BinaryIO) -> Iterator[tuple[Record, Record | None]]:
    """Each entry with its statement's record so far, and (statement, None) when a statement ends.

    Raises BankFileRefused for XML that is no camt.052, .053 or .054, is cut off, not well formed or beyond the limits.
    """
    builder, fed = _Builder(), 0
    try:
        while chunk := stream.read(CHUNK):
            fed += len(chunk)
            builder.feed(chunk)
            builder.check_limits(fed)
            yield from builder.done
            builder.done.clear()
        builder.feed(b"", is_last=True)
    except expat.ExpatError as error:
        raise _not_well_formed(error) from None
    yield from builder.done
    if not builder.statements:
        raise _no_statement(builder.message)


def message_of(head: bytes) -> str | None:
    """What camt statement `head`, a file's first bytes, begins: "camt.053.001.08"; None when it says nothing yet.

    Raises BankFileRefused for another ISO 20022 message by its name, for a DOCTYPE, and for what is not XML after all.
    """
    builder = _Builder()
    try:
        builder.feed(head)
    except expat.ExpatError as error:
        if not builder.message:
            raise _not_well_formed(error) from None
    return builder.taken_for if builder.message else None


def _not_well_formed(error: expat.ExpatError) -> BankFileRefused:
    return BankFileRefused(
        "bank.not_well_formed",
        f"The XML is cut off or damaged: {expat.ErrorString(error.code)}, column {error.offset + 1}.",
        "Fetch the file again from the bank; nothing of it was booked.",
        line=error.lineno,
    )


def _unknown_encoding(error: Exception) -> BankFileRefused:
    found = f"The XML names an encoding that can't be read: {error}."
    remedy = "Ask the bank for the file in UTF-8."
    return BankFileRefused("bank.unknown_encoding", found, remedy, line=1, field="encoding")


def _another_message(name: str, line: int) -> BankFileRefused:
    return BankFileRefused(
        "bank.not_a_statement",
        f"This is {name}, not a statement.",
        "Import the bank's camt.053, .054 or .052 file.",
        line=line,
        taken_for=name,
    )


def _no_statement(message: str) -> BankFileRefused:
    if message in FAMILIES.values():
        found = f"This is a {message} message without any statement in it."
        return BankFileRefused("bank.no_statement", found, "Ask the bank for the statement.", taken_for=message)
    if message:
        return _another_message(f"a {message} message", 1)
    return BankFileRefused(
        "bank.not_a_statement",
        "This is XML, but no ISO 20022 bank statement.",
        "Import a camt.053, .054 or .052 file.",
        taken_for="XML",
    )


def _beyond_limits(what: str, limit: int, line: int) -> BankFileRefused:
    return BankFileRefused(
        "bank.beyond_limits",
        f"The file has more than {limit:,} {what}; no bank statement has.",
        "Look at the file before anything else; ask the bank to split it if it is real.",
        line=line,
    )
