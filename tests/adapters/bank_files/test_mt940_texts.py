"""What the MT940 reader finds in the text of an entry, in every dialect: payer, references, purpose."""

from __future__ import annotations

import pytest

from tests.mt940_files import entry, mt940, only_line, read


def test_german_sub_fields_name_payer_reference_and_purpose() -> None:
    text = (
        "166?00GUTSCHRIFT?109310?20EREF+E2E-1?21KREF+K1?22SVWZ+Rechnung 4711 und Rec\r\nhnung "
        "47?232?30COBADEFFXXX?31DE44500105175407324931?32Erfundene Kundin GmbH un?33d Co KG?34000"
    )
    line = only_line(mt940([entry("5,00", text=text)]))

    assert line["end_to_end"] == "E2E-1"
    assert line["text"] == "Rechnung 4711 und Rechnung 47 2"
    assert line["payer_name"] == "Erfundene Kundin GmbH und Co KG"
    assert line["payer_account"] == "DE44500105175407324931"


def test_a_full_line_of_purpose_runs_on_in_the_next() -> None:
    line = only_line(mt940([entry("5,00", text=f"166?20SVWZ+{'x' * 22}?21yz?60end?32N?")]))

    assert line["text"] == f"{'x' * 22}yz end"


def test_nothing_is_lost_where_a_text_has_the_separator_in_it() -> None:
    assert only_line(mt940([entry("5,00", text="166?20Was?ist das?32N")]))["text"] == "Was?ist das"


@pytest.mark.parametrize("ahead", ["", "\r\n", "\r\n\r\n", " \r\n \r\n\r\n"])
def test_line_breaks_ahead_of_a_german_text_cut_nothing_off(ahead: str) -> None:
    line = only_line(mt940([entry("5,00", text=f"{ahead}166?20EREF+E1?21SVWZ+Rechnung 4711?32Kundin")]))

    assert (line["end_to_end"], line["text"], line["payer_name"]) == ("E1", "Rechnung 4711", "Kundin")


@pytest.mark.parametrize("ahead", ["", "\r\n\r\n"])
def test_a_lone_title_is_the_text_however_it_begins(ahead: str) -> None:
    assert only_line(mt940([entry("5,00", text=f"{ahead}166?00GUTSCHRIFT?109310")]))["text"] == "GUTSCHRIFT"


def test_nothing_is_lost_where_a_text_begins_with_a_number_that_nobody_knows() -> None:
    line = only_line(mt940([entry("5,00", text="166?99INV-4711?20EREF+E1?32Kundin")]))

    assert (line["text"], line["end_to_end"], line["payer_name"]) == ("?99INV-4711", "E1", "Kundin")


@pytest.mark.parametrize(
    ("bank", "text", "found"),
    [
        ("ABN AMRO", "/TRTP/SEPA OVERBOEKING/IBAN/NL30ABNA0122365478/BIC/ABNANL2A/NAME/A B/REMI/Factuur 12/EREF/E1",
         ("E1", "A B", "NL30ABNA0122365478", "", "Factuur 12")),
        ("ING", "/EREF/E1//CNTP/NL88INGB0999999999/INGBNL2A/RAAMEN NV///REMI/USTD//Factuur 12/",
         ("E1", "RAAMEN NV", "NL88INGB0999999999", "", "Factuur 12")),
        ("ING structured", "/CNTP/NL88INGB0999999999/INGBNL2A/RAAMEN NV///REMI/STRD/CUR/1234567899874563/",
         ("", "RAAMEN NV", "NL88INGB0999999999", "1234567899874563", "")),
        ("Rabobank", "/EREF/E1/ORDP//NAME/COMPANY B V/ADDR/STATIONSSTRAAT/REMI/2037/ISDT/2026-10-15",
         ("E1", "COMPANY B V", "", "", "2037")),
        ("Rabobank structured", "/ORDP//NAME/A/REMI//CDTRREFTP//CD/SCOR/ISSR/CUR/CDTRREF/1234567899874563/ISDT/x",
         ("", "A", "", "1234567899874563", "")),
        ("Knab", "REK: NL26ABNA0999999999/NAAM: BEDRIJF VOF",
         ("", "BEDRIJF VOF", "NL26ABNA0999999999", "", "REK: NL26ABNA0999999999/NAAM: BEDRIJF VOF")),
        ("plain", "Thanks  for\r\n all", ("", "", "", "", "Thanks for all")),
    ],
)  # fmt: skip
def test_each_dialect_names_payer_reference_and_purpose(bank: str, text: str, found: tuple[str, ...]) -> None:
    line = only_line(mt940([entry("5,00", text=text)]))
    columns = ("end_to_end", "payer_name", "payer_account", "reference", "text")

    assert tuple(line[column] for column in columns) == found, bank


def test_words_and_numbers_cut_at_the_end_of_a_line_are_made_whole() -> None:
    slashed = f"/EREF/{'1' * 40}/NAME/CONTRA ACCOUN\r\nT HOLDER"
    columns = (
        f"{'IBAN: NL86INGB0002445588':<32}{'NAAM: BELASTINGDIENST APELDOORN':>32}\r\nBETALINGSKENM.: 1234123412345678"
    )
    number = f"{'x ' * 30}1234\r\n5678"

    assert only_line(mt940([entry("5,00", text=slashed)]))["payer_name"] == "CONTRA ACCOUNT HOLDER"
    assert only_line(mt940([entry("5,00", text=columns)]))["payer_name"] == "BELASTINGDIENST APELDOORN"
    assert only_line(mt940([entry("5,00", text=number)]))["text"].endswith(" 12345678")


def test_the_reference_of_the_entry_line_joins_the_text() -> None:
    content = mt940([entry("5,00", text="Danke").replace("NONREF", "INV-4711")])

    assert only_line(content)["text"] == "Danke INV-4711"


def test_letters_are_read_in_either_encoding() -> None:
    content = mt940([entry("5,00", text="Müller")])

    assert only_line(content)["text"] == only_line(content.decode().encode("iso-8859-1"))["text"] == "Müller"


@pytest.mark.parametrize(
    ("text", "instructed"),
    [
        ("/TRTP/SEPA/IBAN/NL30ABNA0122365478/REMI/Factuur 12/OCMT/EUR4,5//IACC/D3/", ("EUR", 450)),
        ("/TRTP/SEPA/REMI/Factuur 12/OCMT/lots/", ("", 0)),
        ("/TRTP/SEPA/REMI/Factuur 12/OCMT/EUR4,555/", ("", 0)),
        ("/TRTP/SEPA/REMI/Factuur 12", ("", 0)),
    ],
)
def test_the_original_amount_of_an_exchanged_payment_is_told(text: str, instructed: tuple[str, int]) -> None:
    (line,) = read(mt940([entry("5,00", text=text)]))[1]

    assert (line["instructed_currency"], line["instructed_amount"]) == instructed
