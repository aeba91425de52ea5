"""Rule 8 at its limits. References are OCR numbers with a Luhn check digit; each case has an amount of its own."""

from __future__ import annotations

from csp_receivables.domain.matching.damaged_reference import KEY_LENGTH_MIN
from tests.domain.matching.worlds import because, booked, payment, receivable, run, suggested

OCR = "4539148801"  # Luhn


def luhn(body: str) -> str:
    """`body` with its check digit."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return body + str(-sum(number - 9 if number > 9 else number for number in doubled) % 10)


def test_each_kind_of_slip_is_suggested_and_none_is_booked() -> None:
    slips = {
        "wrong": "4539148811",
        "missing": "459148801",
        "extra": "45391488071",
        "transposed": "4539418801",
        "text": "4539148811",
        "part": "99999 4539148811",
    }
    receivables = [
        receivable(f"A/{amount}", amount, reference=OCR, currency=code)
        for amount, code in enumerate(("EUR", "SEK", "NOK", "DKK", "GBP", "USD"), start=100)
    ]
    payments = [
        payment(
            kind,
            receivable["open_amount"],
            currency=receivable["currency"],
            **({"text": f"inv. {said}, thanks"} if kind == "text" else {"reference": said}),
        )
        for (kind, said), receivable in zip(slips.items(), receivables, strict=True)
    ]
    matched = run(receivables, payments)

    assert booked(matched) == []
    assert {(row[0], row[2], row[3]) for row in suggested(matched)} == {
        (kind, amount, "damaged_reference") for amount, kind in enumerate(slips, start=100)
    }
    assert because(matched, "wrong") == (
        "reference 4539148811 names nothing open and its check digit is wrong; it is one slip away from 4539148801, "
        "the reference of receivable A/100, and the amount is equal"
    )


def test_what_does_not_show_one_slip_is_not_suggested() -> None:
    plain, other = "4539148803", luhn("453914881")
    assert other != OCR
    cases = [
        ("EUR", OCR, other, 100),  # sound, and so of another receivable
        ("SEK", OCR, "4539148811", 101),  # another amount
        ("NOK", OCR, "4539148211", 100),  # two slips
        ("DKK", plain, "4539148804", 100),  # a reference without a check digit shows no slip
        ("GBP", luhn("1234")[-KEY_LENGTH_MIN + 1 :], "12345", 100),  # too short
    ]
    receivables = [receivable(f"A/{code}", 100, reference=meant, currency=code) for code, meant, _, _ in cases]
    payments = [payment(f"P-{code}", paid, reference=said, currency=code) for code, _, said, paid in cases]
    payments.append(payment("P-SHORT", 100, text="Ref 453914 8811", currency="EUR"))

    assert suggested(run(receivables, payments)) == []


def test_the_shortest_reference_that_counts_has_six_digits() -> None:
    short, shorter = luhn("12345"), luhn("1234")
    wrong, shorter_wrong = short[:2] + "9" + short[3:], shorter[:2] + "9" + shorter[3:]
    matched = run(
        [receivable("A/1", 100, reference=short), receivable("A/2", 200, reference=shorter)],
        [payment("P1", 100, reference=wrong), payment("P2", 200, reference=shorter_wrong)],
    )

    assert [row[:2] for row in suggested(matched)] == [("P1", "A/1")]


def test_only_what_is_left_of_a_payment_is_suggested_for_its_damaged_reference() -> None:
    matched = run(
        [receivable("A/1001", 60, reference="55512"), receivable("A/2", 40, reference=OCR)],
        [payment("P1", 100, reference="55512 4539148811")],
    )

    assert [row[:3] for row in booked(matched)] == [("P1", "A/1001", 60)]
    assert suggested(matched) == [("P1", "A/2", 40, "damaged_reference")]


def test_a_receivable_of_another_customer_is_suggested_with_a_word_of_it_and_several_are_options() -> None:
    receivables = [
        receivable("A/1", 100, reference=OCR),
        receivable("A/2", 100, reference="4539148751"),  # one slip from 4539148851 as well
    ]
    matched = run(receivables, [payment("P1", 100, reference="4539148851", customer_id="C2")])

    assert [(row["option"], row["receivable_id"]) for row in matched.suggestions.to_pylist()] == [
        (1, "A/1"),
        (2, "A/2"),
    ]
    assert because(matched, "P1").endswith("it is customer C1's, and the payment is known to be customer C2's")
