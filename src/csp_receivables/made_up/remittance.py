"""What a payer writes: the printed reference, a number in a sentence with slips of the hand, or nothing that helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from csp_receivables.made_up.habits import WRONG_DIGIT, happens

# Noise that payments.md 3.3 rule 4 asks to see through: case, blanks and hyphens in numbers, O for 0; equally often.
_SENTENCES: tuple[Callable[[str], str], ...] = (
    lambda number: f"Invoice {number}",
    lambda number: f"Betalning av faktura {number}, tack",
    lambda number: f"FAKT.NR {number[:4]}-{number[4:]} /BTJ",
    lambda number: f"inv no {number[:3]} {number[3:6]} {number[6:]}",
    lambda number: f"Rechnung Nr.{number} vom Monatsanfang",
    lambda number: f"faktura{number}",
    lambda number: f"PAYMENT INV {number.replace('0', 'O', 1)} THANK YOU",
    lambda number: f"lasku {number} / Microsoft 365",
    lambda number: f"Fact {number} licences",
    lambda number: f"Vedr. {number} og abonnement",
)
# Words without any number of ours; some have other numbers in them.
_IDLE = (
    "Microsoft licenser",
    "Payment",
    "Betalning",
    "M365 subscription",
    "Abonnement",
    "Insättning",
    "Cloud services",
    "Avtal 4711",
    "Order 20250",
    "Thank you",
    "",
    "",
)


def damaged(random: Random, reference: str) -> str:
    """The reference with one wrong digit, which its check digits may or may not show."""
    places = [place for place, letter in enumerate(reference) if letter.isdigit()]
    place = random.choice(places)
    wrong = random.choice([digit for digit in "0123456789" if digit != reference[place]])
    return reference[:place] + wrong + reference[place + 1 :]


def references(random: Random, printed: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The references as the payer types them, and whether one of them is wrong."""
    if len(printed) == 1 and happens(random, WRONG_DIGIT):
        return (damaged(random, printed[0]),), True
    return tuple(printed), False


def sentence(random: Random, numbers: Sequence[str]) -> str:
    """Free text that names receivables by their numbers."""
    first = random.choice(_SENTENCES)(numbers[0])
    return " ".join([first, *(f"+ {number}" for number in numbers[1:])])


def idle(random: Random) -> str:
    """Text that names nothing."""
    return random.choice(_IDLE)


def noisy_name(random: Random, name: str) -> str:
    """A name as another bank or clerk writes it: capitals, no legal form, two letters swapped, cut short."""
    words = name.split()
    style = random.randrange(5)
    if style == 0:
        return name.upper()
    if style == 1:
        return " ".join(words[:-1]) if len(words) > 1 else name
    if style == 2:
        place = random.randrange(1, len(name) - 2)
        return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    if style == 3:
        return name[:18].strip()
    return f"{words[-1]} {' '.join(words[:-1])}" if len(words) > 1 else name
