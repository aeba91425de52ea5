"""camt.053 of 100,000 entries: our reader against a bare expat pass over the same file.

    python -m bench.camt

The floor parses with handlers that do nothing: what any reader on expat must pay. `lxml_walk` is the alternative that
was measured and not chosen. Modules are imported before the clock starts, for both.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pandas as pd  # noqa: F401 - imported before the clock starts, as all else: PyArrow does so at its first list
import pyarrow as pa

from bench.measure import Budget, measure, measure_pair, report
from csp_receivables.adapters.bank_files.camt import CamtReader
from csp_receivables.domain.statements import Statement

ENTRIES = 100_000
ACCOUNT = "SE4550000000058398257466"
_ENTRY = """
      <Ntry>
        <NtryRef>{number}</NtryRef>
        <Amt Ccy="SEK">{amount}</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>{day}</Dt></BookgDt>
        <ValDt><Dt>{day}</Dt></ValDt>
        <AcctSvcrRef>BENCH{number:012d}</AcctSvcrRef>
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
        <NtryDtls><TxDtls>
          <Refs>
            <EndToEndId>E2E-{number:012d}</EndToEndId>
          </Refs>
          <Amt Ccy="SEK">{amount}</Amt>
          <CdtDbtInd>CRDT</CdtDbtInd>
          <RltdPties>
            <Dbtr><Pty>
              <Nm>Made-up customer {customer} AB</Nm>
              <PstlAdr><StrtNm>Storgatan {customer}</StrtNm><TwnNm>Stockholm</TwnNm><Ctry>SE</Ctry></PstlAdr>
            </Pty></Dbtr>
            <DbtrAcct><Id><IBAN>SE35500000000549{customer:08d}</IBAN></Id></DbtrAcct>
          </RltdPties>
          <RmtInf>
            <Strd><CdtrRefInf>
              <Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>
              <Ref>RF{number:014d}</Ref>
            </CdtrRefInf></Strd>
          </RmtInf>
        </TxDtls></NtryDtls>
      </Ntry>"""


def write_statement(path: str, entries: int = ENTRIES) -> int:
    """A made-up camt.053.001.08 that proves; returns its bytes."""
    total = sum(_minor(number) for number in range(1, entries + 1))
    first = date(2026, 10, 1)
    with Path(path).open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
            "<BkToCstmrStmt><GrpHdr><MsgId>BENCH</MsgId><CreDtTm>2026-11-01T05:00:00Z</CreDtTm></GrpHdr><Stmt>"
            f"<Id>BENCH-1</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>SEK</Ccy></Acct>"
            + _balance("OPBD", 0, "2026-10-01")
            + _balance("CLBD", total, "2026-10-31")
        )
        for number in range(1, entries + 1):
            day = (first + timedelta(days=number * 30 // (entries + 1))).isoformat()
            customer, amount = number % 20_000, _text(_minor(number))
            file.write(_ENTRY.format(number=number, amount=amount, day=day, customer=customer))
        file.write("</Stmt></BkToCstmrStmt></Document>\n")
    return Path(path).stat().st_size


def expat_pass(path: str) -> int:
    """The floor: every event of the file handed to Python, nothing done with it."""

    def start(_name: str, _attributes: dict[str, str]) -> None:
        pass

    def nothing(_text: str) -> None:
        pass

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, nothing, nothing
    with Path(path).open("rb") as file:
        parser.ParseFile(file)
    return 0


def our_reader(path: str) -> dict[str, Any]:
    """The whole reader: statements, Arrow lines, findings."""
    lines, reconciles = 0, []
    with Path(path).open("rb") as file:
        for part in CamtReader().read(file, source="bench.xml", digest="0" * 64):
            if isinstance(part, pa.RecordBatch):
                lines += part.num_rows
            elif isinstance(part, Statement):
                reconciles.append(part.reconciles)
    return {"lines": lines, "reconciles": reconciles}


def only_records(path: str) -> int:
    """The XML part of our reader alone."""
    from csp_receivables.adapters.bank_files.camt_xml import records

    with Path(path).open("rb") as file:
        return sum(entry is not None for _, entry in records(file))


def lxml_walk(path: str) -> int:
    """The alternative: lxml's iterparse on Ntry, the texts of each entry walked into a dict, elements freed."""
    from lxml import etree

    entries = 0
    for _, entry in etree.iterparse(path, tag="{*}Ntry", resolve_entities=False, no_network=True):
        texts = {}
        for element in entry.iter():
            text = element.text
            if text and not text.isspace():
                texts[element.tag.rpartition("}")[2]] = (text, element.attrib.get("Ccy"))
        entries += bool(texts)
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]
    return entries


def main() -> bool:
    """Measure all, print, and tell whether the reader keeps its budget."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "camt.xml")
        size = write_statement(path)
        floor, ours = measure_pair(("bench.camt:expat_pass", path), ("bench.camt:our_reader", path))
        for name in ("only_records", "lxml_walk"):
            other = measure(f"bench.camt:{name}", path, rounds=1)
            print(f"  {name}: {other.best:.2f} s, peak {other.peak_mb:.0f} MB")
        assert ours.returned == {"lines": ENTRIES, "reconciles": [True]}, ours.returned
        return report("camt", floor, ours, Budget(ratio=2.0, peak_mb=250), entries=ENTRIES, bytes=size)


def _balance(kind: str, minor: int, day: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="SEK">{_text(minor)}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _minor(number: int) -> int:
    return 10_000 + number * 37 % 1_000_003


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
