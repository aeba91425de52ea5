"""References: what is issued validates, and each check digit catches what its scheme promises, no more and no less."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_receivables.domain.references import (
    Agreement,
    KidCheck,
    Kind,
    NotAReference,
    OcrLevel,
    Reference,
    issue_ocr,
    issue_rf,
    kid_mod_11,
    normalise,
    readings,
    validate,
    viite_check_digit,
    wrapped,
)

CHECK, LENGTH = Agreement(ocr=OcrLevel.CHECK), Agreement(ocr=OcrLevel.LENGTH)
FIXED = Agreement(ocr=OcrLevel.FIXED, ocr_lengths=frozenset({10, 16}))
MOD10, MOD11 = Agreement(kid=KidCheck.MOD10), Agreement(kid=KidCheck.MOD11)


def digits(fewest: int, most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=fewest, max_size=most).filter(lambda text: text[0] != "0")


def luhn(body: str) -> str:
    """Luhn as it is told to people, apart from any library: double every other digit from the right, add digits."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return body + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def ogm(body: str) -> str:
    return f"{body}{int(body) % 97 or 97:02d}"


CARRY = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)


def carried(body: str) -> int:
    carry = 0
    for digit in body:
        carry = CARRY[(carry + int(digit)) % 10]
    return carry


def qr(body: str) -> str:
    return body + str(-carried(body) % 10)


def rf(body: str) -> str:
    """Letters as 10 to 35, RF and 00 behind, 98 less the rest by 97."""
    spelt = "".join(str(int(sign, 36)) for sign in body + "RF00")
    return f"RF{98 - int(spelt) % 97:02d}{body}"


# Each scheme: kind, agreement, how to make a sound one of a body, bodies.
Scheme = tuple[Kind, Agreement, Callable[[str], str], st.SearchStrategy[str]]
SCHEMES: dict[str, Scheme] = {
    "ocr": (Kind.OCR, CHECK, luhn, digits(5, 24)),
    "kid mod 10": (Kind.KID, MOD10, luhn, digits(5, 24)),
    "kid mod 11": (Kind.KID, MOD11, lambda body: body + kid_mod_11(body), digits(5, 24)),
    "viite": (Kind.VIITE, CHECK, lambda body: body + viite_check_digit(body), digits(5, 19)),
    "ogm": (Kind.OGM, CHECK, ogm, digits(10, 10)),
    "qr": (Kind.QR, CHECK, qr, digits(26, 26)),
    "rf": (Kind.RF, CHECK, rf, digits(1, 21)),
}


def is_valid(text: str, kind: Kind, agreement: Agreement) -> bool:
    try:
        validate(text, kind, agreement)
    except NotAReference:
        return False
    return True


@pytest.mark.parametrize("name", SCHEMES)
@given(data=st.data())
def test_what_is_computed_by_the_rules_text_validates(name: str, data: st.DataObject) -> None:
    kind, agreement, make, bodies = SCHEMES[name]
    text = make(data.draw(bodies))

    assert validate(text, kind, agreement) == Reference(kind, text)
    assert Reference(kind, text) in readings(text, agreement)


@pytest.mark.parametrize("name", SCHEMES)
@given(data=st.data())
def test_one_wrong_digit_is_always_caught(name: str, data: st.DataObject) -> None:
    kind, agreement, make, bodies = SCHEMES[name]
    text = make(data.draw(bodies))
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    place = data.draw(st.sampled_from(places))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != text[place]]))

    assert not is_valid(text[:place] + wrong + text[place + 1 :], kind, agreement)


# The pairs that may change places unseen; by the scheme's own arithmetic, given what stands before them.
MISSED: dict[str, Callable[[str, str, str], bool]] = {
    "ocr": lambda _, a, b: {a, b} == {"0", "9"},
    "kid mod 10": lambda _, a, b: {a, b} == {"0", "9"},
    "kid mod 11": lambda _before, _a, _b: False,
    "viite": lambda _, a, b: abs(int(a) - int(b)) == 5,
    "ogm": lambda _before, _a, _b: False,
    "qr": lambda before, a, b: carried(before + a + b) == carried(before + b + a),
    "rf": lambda _before, _a, _b: False,
}


@pytest.mark.parametrize("name", SCHEMES)
@given(data=st.data())
def test_two_digits_that_change_places_are_caught_as_the_scheme_promises(name: str, data: st.DataObject) -> None:
    kind, agreement, make, bodies = SCHEMES[name]
    body = data.draw(bodies)
    text = make(body)
    start = len(text) - len(body) if kind is Kind.RF else 0
    last = start + len(body) - (2 if kind in (Kind.QR, Kind.RF) else 1)  # of QR the promise is about the body
    places = [p for p in range(start, last + 1) if text[p] != text[p + 1 : p + 2] and text[p + 1 : p + 2].isdigit()]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    one, other = text[place], text[place + 1]
    swapped = text[:place] + other + one + text[place + 2 :]

    assert is_valid(swapped, kind, agreement) is MISSED[name](text[start:place], one, other)


@given(number=digits(1, 23))
def test_an_issued_ocr_validates_at_its_level_and_below(number: str) -> None:
    with_length, with_check = issue_ocr(number, LENGTH), issue_ocr(number, CHECK)

    assert with_check.text == luhn(number)
    assert with_length.text == luhn(number + str((len(number) + 2) % 10))
    for level in (LENGTH, CHECK, Agreement(ocr=OcrLevel.NONE)):
        assert validate(with_length.text, Kind.OCR, level) == with_length


@given(number=digits(1, 15))
def test_an_issued_ocr_of_fixed_length_has_the_shortest_that_it_fits(number: str) -> None:
    made = issue_ocr(number, FIXED)

    assert len(made.text) == (10 if len(number) < 10 else 16)
    assert validate(made.text, Kind.OCR, FIXED) == made
    assert made.text[:-1].lstrip("0") == number


@given(number=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=21).filter(lambda n: n.strip("0")))
def test_an_issued_rf_validates_printed_or_not(number: str) -> None:
    made = issue_rf(number)

    assert made.text == rf(number)
    assert validate(made.text, Kind.RF) == validate(made.printed.lower(), Kind.RF) == made


@given(numbers=st.lists(st.integers(1, 10**12), min_size=2, max_size=2, unique=True))
def test_different_numbers_get_different_references(numbers: list[int]) -> None:
    one, other = map(str, numbers)

    assert issue_ocr(one, LENGTH) != issue_ocr(other, LENGTH)
    assert issue_ocr(one, Agreement(ocr=OcrLevel.FIXED, ocr_lengths=frozenset({20}))) != issue_ocr(
        other, Agreement(ocr=OcrLevel.FIXED, ocr_lengths=frozenset({20}))
    )
    assert issue_rf(one) != issue_rf(other)


@pytest.mark.parametrize("number", ["", "0", "000", "F12", "12a", "١٢", "1" * 24, "-"])
def test_what_no_ocr_can_be_made_of_is_refused(number: str) -> None:
    with pytest.raises(NotAReference):
        issue_ocr(number, LENGTH)


@pytest.mark.parametrize("number", ["", "0", "Å1", "ß", "A" * 22, "1_2", "///"])
def test_what_no_rf_can_be_made_of_is_refused(number: str) -> None:
    with pytest.raises(NotAReference):
        issue_rf(number)


@pytest.mark.parametrize(("body", "fits"), [("1" * 8, True), ("1" * 9, True), ("1" * 15, True), ("1" * 16, False)])
def test_a_fixed_length_is_kept_at_its_limits(body: str, fits: bool) -> None:
    if fits:
        assert len(issue_ocr(body, FIXED).text) in FIXED.ocr_lengths
    else:
        with pytest.raises(NotAReference, match="10, 16"):
            issue_ocr(body, FIXED)


@pytest.mark.parametrize(
    ("text", "kind", "normal"),
    [
        ("RF18 5390 0754 7034", Kind.RF, "RF18539007547034"),
        ("rf18-5390-0754-7034", Kind.RF, "RF18539007547034"),
        ("65 9763", Kind.OCR, "659763"),
        ("1234 5678 5", Kind.KID, "123456785"),
        ("000012 34561", Kind.VIITE, "1234561"),
        ("+++010/8068/17183+++", Kind.OGM, "010806817183"),
        ("***010/8068/17183***", Kind.OGM, "010806817183"),
        ("21 00000 00003 13947 14300 09017", Kind.QR, "210000000003139471430009017"),
    ],
)  # fmt: skip
def test_published_examples_validate_as_they_are_printed(text: str, kind: Kind, normal: str) -> None:
    assert validate(text, kind, Agreement(kid=KidCheck.MOD11)) == Reference(kind, normal)
    assert normalise(text, kind) == normal


@pytest.mark.parametrize(
    ("reference", "printed"),
    [
        (Reference(Kind.RF, "RF18539007547034"), "RF18 5390 0754 7034"),
        (Reference(Kind.VIITE, "1234561"), "12 34561"),
        (Reference(Kind.OGM, "010806817183"), "+++010/8068/17183+++"),
        (Reference(Kind.QR, "210000000003139471430009017"), "21 00000 00003 13947 14300 09017"),
        (Reference(Kind.OCR, "659763"), "659763"),
    ],
)
def test_a_reference_is_printed_as_its_scheme_wants(reference: Reference, printed: str) -> None:
    assert reference.printed == printed
    assert validate(printed, reference.kind) == reference


@given(body=digits(5, 19))
def test_a_viite_comes_out_of_its_rf_wrapping(body: str) -> None:
    viite = validate(body + viite_check_digit(body), Kind.VIITE)

    rf_form = wrapped(viite)

    assert validate(rf_form.text, Kind.RF) == rf_form
    assert validate(rf_form.printed, Kind.VIITE) == viite


def test_ten_in_mod_11_is_a_hyphen() -> None:
    body = next(str(number) for number in range(1000, 2000) if kid_mod_11(str(number)) == "-")

    assert validate(f"{body}-", Kind.KID, MOD11).text == f"{body}-"
    assert not is_valid(f"{body}0", Kind.KID, MOD11)
    assert not is_valid(f"{body}-", Kind.KID, MOD10)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.OCR, "1"), (Kind.OCR, luhn("1" * 25)), (Kind.KID, "-"), (Kind.KID, ""), (Kind.VIITE, "123"),
        (Kind.VIITE, "1" * 21), (Kind.OGM, "01080681718"), (Kind.QR, "1" * 26), (Kind.RF, "RF18"), (Kind.RF, "RF"),
        (Kind.OCR, "0000"), (Kind.QR, "0" * 27), (Kind.OGM, "0" * 12), (Kind.OCR, "٦٥٩٧٦٣"),
    ],
)  # fmt: skip
def test_too_short_too_long_and_nothing_but_zeros_are_refused(kind: Kind, text: str) -> None:
    assert not is_valid(text, kind, CHECK)


@pytest.mark.parametrize("number", ["1" * length for length in (1, 8, 9, 23)])
def test_a_length_digit_that_is_wrong_is_caught_although_the_check_digit_is_right(number: str) -> None:
    wrong = luhn(number + str((len(number) + 3) % 10))

    assert is_valid(wrong, Kind.OCR, CHECK)
    with pytest.raises(NotAReference, match="length digit"):
        validate(wrong, Kind.OCR, LENGTH)


@given(text=st.text(max_size=60), kind=st.sampled_from(list(Kind)))
def test_any_text_is_a_reference_or_is_refused(text: str, kind: Kind) -> None:
    for agreement in (CHECK, LENGTH, FIXED, MOD10, MOD11, Agreement(ocr=OcrLevel.NONE)):
        try:
            reference = validate(text, kind, agreement)
        except NotAReference as error:
            assert str(error)
        else:
            assert validate(reference.text, kind, agreement) == reference


def test_references_that_bankgirot_checked_agree_with_it(shared_data: Path) -> None:
    """The published file of an agreement with check and length digits, in which code 2 says that both are right."""
    (file,) = (shared_data / "bank" / "bgmax").glob("*checksiffra_langd*")
    records = [line.expandtabs() for line in file.read_text(encoding="iso-8859-1").splitlines()]
    checked = [(line[55], line[12:37].strip()) for line in records if line[:2] in ("20", "22") and line[12:37].strip()]

    right = [reference for code, reference in checked if code == "2"]

    assert [reference for reference in right if not is_valid(reference, Kind.OCR, LENGTH)] == []
    assert len(right) == 14


def test_the_kids_of_the_published_giro_file_validate(shared_data: Path) -> None:
    (file,) = (shared_data / "bank" / "nets_ocr_kid").glob("*ocr_giro*")
    kids = [line[49:74].strip() for line in file.read_text(encoding="iso-8859-1").splitlines() if line[6:8] == "30"]

    assert [kid for kid in kids if not is_valid(kid, Kind.KID, Agreement())] == []
    assert len(kids) == 20
