"""The words of each format, for a mutator that would take long to guess them."""

from __future__ import annotations


def _words(*lines: str) -> list[str]:
    """What blanks part."""
    return [word for line in lines for word in line.split(" ")]


_NUMBERS = _words("0 -1 0.005 1e3 9223372036854775807 99999999999999999999999999999999 ,5 NaN Infinity 1_0")
_DAYS = _words("2026-10-15 2026-02-30 0001-01-01 9999-12-31 20261015 261015 260230 000000 15.10.2026 10/31/2026")
_CELLS = ['"', '""', '","', "\r\n", "\n", "\r", ",", ";", "\t", "|", "\x00", "\ufeff", "\u00a0", "\u2028", "\x85"]
_CURRENCIES = _words("SEK EUR JPY KWD XXX sek")
_CSV = [*_CELLS, *_CURRENCIES]

TOKENS: dict[str, list[str]] = {
    "camt": [
        *_words(
            "<Ntry> </Ntry> <NtryDtls> <TxDtls> </TxDtls> <Amt> </Amt> <CdtDbtInd> <Sts> <Cd> <BookgDt> <ValDt> <Dt>",
            "<DtTm> <AcctSvcrRef> <EndToEndId> <RmtInf> <Ustrd> <Strd> <Ref> <RltdPties> <Dbtr> <Cdtr> <Nm> <IBAN>",
            "<Othr> <Bal> <Tp> <CdOrPrtry> <RvslInd> <Btch> <NbOfTxs> <TxAmt> <InstdAmt> <XchgRate> <Stmt> </Stmt>",
            "<Rpt> <Ntfctn> <Acct> <Ccy> <FrToDt> <FrDtTm> <ToDtTm> <ElctrncSeqNb> <LglSeqNb> <PgNb> <BkTxCd> CRDT",
            "DBIT BOOK PDNG OPBD CLBD PRCD CLAV true NOTPROVIDED <RtrInf> <AddtlNtryInf> RRTN camt.053.001. camt.054",
            "<!DOCTYPE <![CDATA[ ]]> <!-- --> <?xml &amp; &#0; &#xD800; xmlns= /> T00:00:00 24:00:00",
        ),
        *(' encoding="', ' Ccy="', *_CURRENCIES),
    ],
    "mt940": _words(
        ":20: :25: :28C: :60F: :60M: :61: :86: :62F: :62M: :64: :65: :34F: :13D: :90C: :90D: :21: :23B: {1: {2:O940",
        "{4: -} RC RD EC ED NTRF NONREF // ?00 ?20 ?30 ?31 ?32 ?60 SVWZ+ EREF+ KREF+ /REMI/ /EREF/ /NAME/ /IBAN/",
        "/OCMT/ /EXCH/ C261015EUR D261015EUR 260229 0230 ,00 \r\n- STMT",
    ),
    "bai2": _words(
        "\n01, \n02, \n03, \n16, \n49, \n88, \n98, \n99, ,/ / ,Z, ,V, ,S, ,D, ,0, ,1, ,2, 010 015 195 475 ,-1, ,+1,",
        "2400 9999 USD JPY",
    ),
    "bgmax": _words("\r\n01BGMAX \r\n05 \r\n15 \r\n20 \r\n21 \r\n22 \r\n23 \r\n25 \r\n26 \r\n29 \r\n70 SEK EUR"),
    "nets_ocr": _words(
        "NY000010 NY090020 NY091030 NY091031 NY092032 NY212332 NY090088 NY000089 NY0900 NY09 \n - 310226 000000"
    ),
    "stripe": [
        *_words(
            "charge payout refund fee adjustment payout_reversal dispute po_1 source_id payment_metadata[ gross net",
            "automatic_payout_id balance_transaction_id connected_account created currency",
        ),
        *_CSV,
    ],
    "bank_csv": ["Day;Value;Amount;", "Kontonummer;", "Summa", "Total", ",C,", "(5,00)", "5,00-", "+5", *_CSV],
    "receivables": ["invoice", "credit_note", "line_net", "service_from", "Kredit", "Debet", *_CSV],
    "customers": [
        *_words("company public_body consumer a@b.se|A|ap; sv-SE 11111111-2222-3333-4444-555555555555"),
        *_CSV,
    ],
    "match_files": ["receivable_id", "payment_id", "open_amount", "credit_note", "PAR1", *_CSV],
    "references": [
        *_words("RF18 RF 10017 1234567897 090/9337/55493 +++ 0000531 1234- 210000000003139471430009017 １ ² ٣"),
        *(" ", "  ", "-", ".", "/", "\u00a0", "\n"),
    ],
    "recon_csv": ["org:", "G000000001", "n/a", "'5", "T00:00:00Z", "CustomerId", "Subtotal", "{}", *_CSV],
    "invoice_json": _words(
        '"id" "items" "amendments" "totalCharges" "taxTotal" "currencyCode" "documentType" void_note null [[ { } ":',
        '1e999 -0 \\u0000 \\ud800 "invoiceDate":"2026-02-30" NaN',
    ),
}
TOKENS["recon_json"] = TOKENS["recon_csv"]
TOKENS["recon_gzip"] = TOKENS["recon_csv"]
TOKENS["bank_profile"] = [
    *TOKENS["bank_csv"],
    *_words("Date Amount Balance Datum Belopp Saldo Soll Haben Credit Debit IBAN"),
]
TOKENS["recognise"] = [token for name in ("camt", "mt940", "bai2", "bgmax", "nets_ocr") for token in TOKENS[name]]


def dictionary(target: str) -> str:
    """The target's tokens in the form that libFuzzer reads, one a line."""
    tokens = dict.fromkeys([*TOKENS[target], *_NUMBERS, *_DAYS])
    quoted = ("".join(f"\\x{byte:02x}" for byte in token.encode()) for token in tokens if token)
    return "".join(f'"{each}"\n' for each in quoted)
