"""Payment references: what is printed on a receivable and repeated by the payer, proved by its own check digits.

| kind | scheme | catches every wrong digit | of two digits changing places misses |
| --- | --- | --- | --- |
| ocr | Swedish OCR: Luhn, by agreement a length digit before it | yes | 0 and 9 |
| rf | ISO 11649: RF, two check digits (mod 97-10), up to 21 letters and digits | yes | none |
| kid | Norwegian KID: Luhn, or mod 11 with weights 2 to 7, as agreed | yes | Luhn: 0 and 9; mod 11: none |
| viite | Finnish viitenumero: weights 7, 3, 1; may be wrapped as RF | yes | digits that differ by 5 |
| ogm | Belgian OGM-VCS: ten digits and their rest by 97 | yes | none |
| qr | Swiss QR reference: 26 digits and a recursive mod 10 | yes | some pairs, by what stands before them |

Sources: Bankgirot's OCR manual, ISO 11649, Nets' KID rules, Finance Finland's viitenumero rules, Febelfin's OGM-VCS,
SIX's guide to the QR-bill. python-stdnum computes Luhn, mod 97-10, OGM and QR; KID mod 11 and viite are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle

from stdnum import iso11649, luhn
from stdnum.be import ogm_vcs
from stdnum.ch import esr
from stdnum.iso7064 import mod_97_10

OCR_DIGITS = KID_DIGITS = (2, 25)  # fewest and most, check digits included
VIITE_DIGITS = (4, 20)
RF_BODY_MAX = 21
OGM_DIGITS, QR_DIGITS = 12, 27

_RF = re.compile(r"RF\d\d[0-9A-Z]{1,21}", re.ASCII)
_LETTERS_AND_DIGITS = re.compile(r"[0-9A-Z]+", re.ASCII)
_SEPARATORS = re.compile(r"[\s\-./:,]+")


class NotAReference(ValueError):
    """The text is no reference of that kind, or none can be made of it; the message says why."""


class Kind(StrEnum):
    """Which scheme a reference follows."""

    OCR = "ocr"
    RF = "rf"
    KID = "kid"
    VIITE = "viite"
    OGM = "ogm"
    QR = "qr"


class OcrLevel(StrEnum):
    """What the agreement on OCR makes the bank check; each level but the first checks Luhn."""

    NONE = "none"
    CHECK = "check"  # the check digit
    LENGTH = "length"  # also the digit before it: the whole length modulo 10
    FIXED = "fixed"  # also that the length is one of the agreed ones


class KidCheck(StrEnum):
    """Which check digit the agreement on KID names."""

    MOD10 = "mod10"
    MOD11 = "mod11"
    EITHER = "either"  # for payments to an agreement that we do not know


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the partner agreed with its banks about references."""

    ocr: OcrLevel = OcrLevel.CHECK
    ocr_lengths: frozenset[int] = frozenset()  # of level FIXED: digits in all
    kid: KidCheck = KidCheck.EITHER


USUAL = Agreement()  # what can be said of a reference whose agreement is not known


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference in its normal form: upper case, no blanks; a viite without leading zeros, a QR reference with."""

    kind: Kind
    text: str

    @property
    def printed(self) -> str:
        """As the scheme prints it on an invoice."""
        return _PRINTED.get(self.kind, str)(self.text)


def normalise(text: str, kind: Kind) -> str:
    """`text` as the normal form of `kind` would be, whether or not it is one."""
    return _NORMAL.get(kind, _digits)(text.strip())


def validate(text: str, kind: Kind, agreement: Agreement = USUAL) -> Reference:
    """The reference that `text` is. Raises NotAReference with what is wrong."""
    normal = normalise(text, kind)
    if not normal.strip("0"):
        raise NotAReference(f"{text!r} is nothing but zeros, which name nothing")
    _CHECKS[kind](normal, agreement)
    return Reference(kind, normal)


def readings(text: str, agreement: Agreement = USUAL) -> tuple[Reference, ...]:
    """Every kind of reference that `text` is: digits alone often pass for several."""
    found = []
    for kind in Kind:
        try:
            found.append(validate(text, kind, agreement))
        except NotAReference:
            continue
    return tuple(found)


def issue_ocr(number: str, agreement: Agreement) -> Reference:
    """The OCR reference of an invoice number: its digits with what the agreement wants behind them.

    At a fixed length zeros stand before them: numbers that differ only in leading zeros get the same reference.
    """
    body = _digits(number)
    if not _is_digits(body) or not body.strip("0"):
        raise NotAReference(f"{number!r} is no number; an OCR reference is made of digits alone")
    if agreement.ocr is OcrLevel.NONE:
        return validate(body, Kind.OCR, agreement)
    if agreement.ocr is OcrLevel.LENGTH:
        body += str((len(body) + 2) % 10)
    if agreement.ocr is OcrLevel.FIXED:
        fitting = [length for length in sorted(agreement.ocr_lengths) if length > len(body)]
        if not fitting:
            raise NotAReference(f"{number!r} and a check digit fit none of the agreed lengths: {_agreed(agreement)}")
        body = body.zfill(fitting[0] - 1)
    return validate(body + luhn.calc_check_digit(body), Kind.OCR, agreement)


def issue_rf(number: str) -> Reference:
    """The ISO 11649 reference of an invoice number: its letters and digits behind RF and two check digits.

    Blanks and punctuation fall away, so that F-1 and F1 get the same reference.
    """
    body = _compact(number.strip())
    if not _LETTERS_AND_DIGITS.fullmatch(body) or not body.strip("0"):
        raise NotAReference(f"{number!r} is no number; an RF reference is made of the letters A to Z and digits")
    if len(body) > RF_BODY_MAX:
        raise NotAReference(f"{number!r} has {len(body)} letters and digits; an RF reference takes {RF_BODY_MAX}")
    return Reference(Kind.RF, f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}")


def wrapped(viite: Reference) -> Reference:
    """A viite as RF, the form that payers abroad can use."""
    return issue_rf(viite.text)


def _compact(text: str) -> str:
    """Upper case without separators. Only ASCII: other letters change into several when they are raised."""
    return _SEPARATORS.sub("", text.upper() if text.isascii() else text)


def _digits(text: str) -> str:
    """Without the blanks and hyphens it is printed with."""
    return "".join(text.split()).replace("-", "")


def _kid(text: str) -> str:
    """A hyphen at the end is a check digit: ten, in mod 11."""
    compact = "".join(text.split())
    return _digits(compact) + ("-" if compact.endswith("-") else "")


def _viite(text: str) -> str:
    """Out of its RF wrapping, when that holds; leading zeros say nothing."""
    compact = _compact(text)
    if _RF.fullmatch(compact) and _is_rf(compact):
        compact = compact[4:]
    return compact.lstrip("0")


_NORMAL: Mapping[Kind, Callable[[str], str]] = {
    Kind.RF: _compact,
    Kind.KID: _kid,
    Kind.VIITE: _viite,
    Kind.OGM: lambda text: "".join(text.split()).strip("+*").replace("/", ""),
    Kind.QR: lambda text: "".join(text.split()),
}


def _check_ocr(text: str, agreement: Agreement) -> None:
    _must_be_digits(text, OCR_DIGITS)
    if agreement.ocr is OcrLevel.NONE:
        return
    if not luhn.is_valid(text):
        raise NotAReference(f"{text} does not end in its check digit {luhn.calc_check_digit(text[:-1])}")
    if agreement.ocr is OcrLevel.LENGTH and int(text[-2]) != len(text) % 10:
        raise NotAReference(f"{text} has {len(text)} digits, but its length digit is {text[-2]}")
    if agreement.ocr is OcrLevel.FIXED and len(text) not in agreement.ocr_lengths:
        raise NotAReference(f"{text} has {len(text)} digits; agreed are {_agreed(agreement)}")


def _check_rf(text: str, _agreement: Agreement) -> None:
    if not _RF.fullmatch(text):
        raise NotAReference(f"{text} is not RF, two check digits and up to {RF_BODY_MAX} letters and digits")
    if not _is_rf(text):
        raise NotAReference(f"{text} does not have its check digits {mod_97_10.calc_check_digits(text[4:] + 'RF')}")


def _check_kid(text: str, agreement: Agreement) -> None:
    _must_be_digits(text[:-1] + "0" if text.endswith("-") else text, KID_DIGITS)
    body, check = text[:-1], text[-1]
    right = {KidCheck.MOD10: luhn.calc_check_digit(body), KidCheck.MOD11: kid_mod_11(body)}
    agreed = right if agreement.kid is KidCheck.EITHER else {agreement.kid: right[agreement.kid]}
    if check not in agreed.values():
        digits = " or ".join(f"{digit} ({name})" for name, digit in agreed.items())
        raise NotAReference(f"{text} does not end in its check digit {digits}")


def _check_viite(text: str, _agreement: Agreement) -> None:
    _must_be_digits(text, VIITE_DIGITS)
    if text[-1] != viite_check_digit(text[:-1]):
        raise NotAReference(f"{text} does not end in its check digit {viite_check_digit(text[:-1])}")


def _check_ogm(text: str, _agreement: Agreement) -> None:
    _must_be_digits(text, (OGM_DIGITS, OGM_DIGITS))
    if text[-2:] != ogm_vcs.calc_check_digits(text):
        raise NotAReference(f"{text} does not end in its check digits {ogm_vcs.calc_check_digits(text)}")


def _check_qr(text: str, _agreement: Agreement) -> None:
    _must_be_digits(text, (QR_DIGITS, QR_DIGITS))
    if text[-1] != esr.calc_check_digit(text[:-1]):
        raise NotAReference(f"{text} does not end in its check digit {esr.calc_check_digit(text[:-1])}")


_CHECKS: Mapping[Kind, Callable[[str, Agreement], None]] = {
    Kind.OCR: _check_ocr,
    Kind.RF: _check_rf,
    Kind.KID: _check_kid,
    Kind.VIITE: _check_viite,
    Kind.OGM: _check_ogm,
    Kind.QR: _check_qr,
}


def kid_mod_11(body: str) -> str:
    """The mod 11 check digit of a KID's digits: weights 2 to 7 from the right; ten is written as a hyphen."""
    total = sum(int(digit) * weight for digit, weight in zip(reversed(body), cycle(range(2, 8)), strict=False))
    return "0123456789-"[-total % 11]


def viite_check_digit(body: str) -> str:
    """The check digit of a viite's digits: weights 7, 3, 1 from the right, up to the next ten."""
    total = sum(int(digit) * weight for digit, weight in zip(reversed(body), cycle((7, 3, 1)), strict=False))
    return str(-total % 10)


def _is_rf(text: str) -> bool:
    """Strict: 00, 01 and 99 would leave the same rest as 97, 98 and 02, and no issuer writes them."""
    return bool(text[2:4] == mod_97_10.calc_check_digits(text[4:] + "RF"))


def _must_be_digits(text: str, length: tuple[int, int]) -> None:
    if not _is_digits(text):
        raise NotAReference(f"{text!r} is not made of digits")
    fewest, most = length
    if not fewest <= len(text) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise NotAReference(f"{text} has {len(text)} digits; it must have {wanted}")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _agreed(agreement: Agreement) -> str:
    return ", ".join(map(str, sorted(agreement.ocr_lengths))) or "none"


def _in_fives_from_the_right(text: str) -> str:
    first = len(text) % 5
    groups = [text[:first], *(text[place : place + 5] for place in range(first, len(text), 5))]
    return " ".join(filter(None, groups))


_PRINTED: Mapping[Kind, Callable[[str], str]] = {
    Kind.RF: iso11649.format,
    Kind.VIITE: _in_fives_from_the_right,
    Kind.OGM: lambda text: f"+++{ogm_vcs.format(text)}+++",
    Kind.QR: esr.format,
}
