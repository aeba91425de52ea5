"""References in free text: the right one is always among the candidates, whatever stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.references import (
    Agreement,
    Kind,
    OcrLevel,
    Reference,
    issue_ocr,
    issue_rf,
    kid_mod_11,
    validate,
    viite_check_digit,
)
from csp_receivables.domain.references_in_text import DIGITS_MIN, extract

NOISE = st.text("abcåäö ,:()\n", max_size=20)
SAID = ("Faktura", "nr", "2026", "10,50", "tack", "INV", "kund 77", "ref:", "12.10")
WORDS = st.lists(st.sampled_from(SAID), max_size=4)
NUMBERS = st.integers(1_000, 10**15).map(str)


def made(kind: Kind, number: str) -> Reference:
    body = number[:10].zfill(10)
    return {
        Kind.OCR: lambda: issue_ocr(number, Agreement(ocr=OcrLevel.LENGTH)),
        Kind.RF: lambda: issue_rf(number),
        Kind.KID: lambda: Reference(Kind.KID, number + kid_mod_11(number)),
        Kind.VIITE: lambda: Reference(Kind.VIITE, number + viite_check_digit(number)),
        Kind.OGM: lambda: validate(f"{body}{int(body) % 97 or 97:02d}", Kind.OGM),
        Kind.QR: lambda: validate(_qr(number), Kind.QR),
    }[kind]()


def _qr(number: str) -> str:
    carry = 0
    for digit in number:
        carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)[(carry + int(digit)) % 10]
    return f"{number:0>26}{-carry % 10}"


@pytest.mark.parametrize("kind", Kind)
@given(number=NUMBERS, before=WORDS, after=WORDS, left=NOISE, right=NOISE, printed=st.booleans())
def test_a_reference_is_found_in_noisy_text(
    kind: Kind, number: str, before: list[str], after: list[str], left: str, right: str, printed: bool
) -> None:
    reference = made(kind, number)
    said = reference.printed if printed else reference.text

    text = f"{' '.join(before)} {left} {said} {right} {' '.join(after)}"

    assert reference in extract(text)
    assert reference in extract(text, (kind,))


@pytest.mark.parametrize("groups", [3, 4, 5])
@given(number=NUMBERS)
def test_a_number_written_in_groups_is_found_whole(groups: int, number: str) -> None:
    reference = made(Kind.OCR, number)
    said = " ".join(reference.text[place : place + groups] for place in range(0, len(reference.text), groups))

    assert reference in extract(f"OCR {said} tack", (Kind.OCR,))


@pytest.mark.parametrize("text", ["nr659763tack", "F-659763", "ocr:659763.", "(659763)", "65-9763", "65 9763"])
def test_a_number_is_found_however_it_is_glued_or_parted(text: str) -> None:
    assert Reference(Kind.OCR, "659763") in extract(text)


def test_a_word_glued_to_an_rf_reference_is_left_out() -> None:
    assert extract("RF18539007547034tack", (Kind.RF,)) == (Reference(Kind.RF, "RF18539007547034"),)


def test_a_hyphen_behind_a_kid_is_its_check_digit_only_at_the_end() -> None:
    body = next(str(number) for number in range(10_000, 20_000) if kid_mod_11(str(number)) == "-")

    assert Reference(Kind.KID, f"{body}-") in extract(f"KID {body}- takk")
    assert Reference(Kind.KID, f"{body}-") not in extract(f"{body}-7")


def test_what_is_hardly_there_by_chance_comes_first() -> None:
    found = extract("faktura 659763, RF18 5390 0754 7034")

    assert found[0] == Reference(Kind.RF, "RF18539007547034")
    assert Reference(Kind.OCR, "659763") in found


def test_only_the_kinds_that_were_asked_for_are_given() -> None:
    assert {each.kind for each in extract("659763 RF18 5390 0754 7034", (Kind.RF, Kind.OGM))} <= {Kind.RF, Kind.OGM}


@pytest.mark.parametrize(("text", "found"), [("059", ()), ("1008", ("1008",)), ("67", ())])
def test_numbers_shorter_than_four_digits_are_not_taken_for_references(text: str, found: tuple[str, ...]) -> None:
    """All three end in the right check digit."""
    assert validate(text, Kind.OCR)
    assert len("059") < DIGITS_MIN == len("1008")
    assert tuple(each.text for each in extract(text, (Kind.OCR,))) == found


@given(text=st.text(max_size=200))
def test_whatever_the_text_every_candidate_validates(text: str) -> None:
    for reference in extract(text):
        assert validate(reference.text, reference.kind) == reference
