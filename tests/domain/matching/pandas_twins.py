"""Rules 1 to 5 said a second time, in pandas and without thrift: the oracle for the SQL.

Each takes frames and gives one row for each payment and receivable it decides on: `payment_id`, `receivable_id`,
`amount`, `difference`, `outcome`; where it is in doubt the outcome is empty. Money is int64 minor units.

Payments (`money`): payment_id, booked_on, currency, amount, payer (the customer it is known to be of), said (its
structured reference), text. Receivables (`owed`): receivable_id, customer_id, number, reference, currency, issued_on,
due_on, open_amount. `pairs` are both, for what the references name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from csp_receivables.domain.matching.policy import MatchingPolicy, Tolerance

Row = dict[str, Any]
Found = pd.DataFrame
DECIDED = ["payment_id", "receivable_id", "amount", "difference", "outcome"]
ALIKE, ALIKE_MAX = ["customer_id", "currency", "amount"], 5
BOOKED = [*DECIDED[:4], "rule", "outcome"]
IN_LINE, AGE = ["booked_on", "payment_id"], ["due_on", "issued_on", "receivable_id"]


def owed_of(receivables: Iterable[Row]) -> pd.DataFrame:
    """What is open of the invoices among rows of OPEN_RECEIVABLE."""
    columns = ["receivable_id", "customer_id", "number", "reference", "currency", "issued_on", "due_on", "open_amount"]
    return pd.DataFrame(
        [row for row in receivables if row["kind"] == "invoice" and row["open_amount"] > 0], columns=columns
    ).astype({"open_amount": "int64"})


def money_of(payments: Iterable[Row]) -> pd.DataFrame:
    """Rows of OPEN_PAYMENT that are not nothing, as they came in."""
    names = {"customer_id": "payer", "reference": "said"}
    columns = ["payment_id", "booked_on", "currency", "amount", "customer_id", "reference", "text"]
    rows = pd.DataFrame([row for row in payments if row["amount"] > 0], columns=columns)
    return rows.astype({"amount": "int64"}).rename(columns=names).sort_values(IN_LINE)


def by_names(receivables: Iterable[Row], payments: Iterable[Row], policy: MatchingPolicy) -> tuple[Found, Found]:
    """Rules 1 to 4, pass after pass until one books nothing: what they book, with the rule, and what is in doubt."""
    owed, all_money = owed_of(receivables), money_of(payments)
    booked: list[Found] = []
    while True:
        before, money, doubts = len(booked), all_money, []
        named = named_by(owed, money)
        for rule in (exact_reference, reference_with_difference, several_references, number_in_text):
            found = rule(owed, money, with_amounts(named, owed, money), policy)
            taken, doubted = found[found["outcome"] != ""], found[found["outcome"] == ""]
            owed, money = less(owed, "open_amount", taken), less(money, "amount", taken)
            money = money[~money["payment_id"].isin(doubted["payment_id"])]
            all_money = less(all_money, "amount", taken)
            doubts.append(doubted.assign(rule=rule.__name__))
            booked += [] if taken.empty else [taken.assign(rule=rule.__name__)[BOOKED]]
        if len(booked) == before:
            return pd.concat(booked) if booked else decided(), pd.concat(doubts)


def less(frame: pd.DataFrame, column: str, taken: Found) -> pd.DataFrame:
    """What is left of payments or receivables; a difference is taken from the receivable alone."""
    key = "payment_id" if column == "amount" else "receivable_id"
    used = taken["amount"] + (taken["difference"] if column == "open_amount" else 0)
    used = frame[key].map(used.groupby(taken[key]).sum()).fillna(0).astype("int64")
    left = frame.assign(**{column: frame[column] - used})
    return left[left[column] > 0]


def decided(rows: Iterable[tuple[Any, ...]] = ()) -> Found:
    return pd.DataFrame(list(rows), columns=DECIDED).astype({"amount": "int64", "difference": "int64"})


def doubtful(pairs: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    for pair in pairs.itertuples():
        yield pair.payment_id, pair.receivable_id, min(pair.amount, pair.open_amount), 0, ""


# What a payment names


def key_of(said: str) -> str:
    letters = "".join(re.findall(r"[0-9A-Z]", said.upper()))
    return letters.lstrip("0") if letters.isdigit() else letters


def named_by(owed: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    """(payment_id, receivable_id, rivals, together): by the whole reference; where that names nothing, by its parts."""
    whole = fitting(owed, money.assign(key=money["said"].map(key_of))).assign(together=1)
    others = money[~money["payment_id"].isin(whole["payment_id"])]
    parts = fitting(owed, others.assign(key=[[key_of(part) for part in said.split(" ")] for said in others["said"]]))
    parts["rivals"] = parts.groupby(["payment_id", "receivable_id"])["rivals"].transform("max")
    parts = parts.drop_duplicates(["payment_id", "receivable_id"])
    parts["together"] = parts.groupby("payment_id")["receivable_id"].transform("size")
    return pd.concat([whole, parts])[["payment_id", "receivable_id", "rivals", "together"]]


def fitting(owed: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    """Payments by `key` beside the receivables with that reference; where there is none, with that number."""
    asked = money[["payment_id", "currency", "key"]].explode("key").drop_duplicates()
    asked = asked[asked["key"] != ""]
    bearing = [owed.assign(key=owed[column].map(key_of)) for column in ("reference", "number")]
    fits = asked.merge(bearing[0], on=["key", "currency"])
    unknown = asked.merge(fits[["payment_id", "key"]].drop_duplicates(), how="left", indicator=True)
    unknown = unknown[unknown.pop("_merge") == "left_only"]
    fits = pd.concat([fits, unknown.merge(bearing[1], on=["key", "currency"])])
    return fits.assign(rivals=fits.groupby(["payment_id", "key"])["receivable_id"].transform("size"))


def with_amounts(named: pd.DataFrame, owed: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    """What is named and still there, first come first served; `elsewhere`: it is another customer's."""
    pairs = money.merge(named, on="payment_id").merge(owed.drop(columns="currency"), on="receivable_id")
    elsewhere = (pairs["payer"] != "") & (pairs["payer"] != pairs["customer_id"])
    return pairs.assign(elsewhere=elsewhere).sort_values([*IN_LINE, "receivable_id"])


# The rules


def exact_reference(_owed: pd.DataFrame, _money: pd.DataFrame, pairs: pd.DataFrame, _policy: MatchingPolicy) -> Found:
    """Rule 1."""
    alone = pairs[pairs["together"] == 1]
    equal, unsure = alone["amount"] == alone["open_amount"], (alone["rivals"] > 1) | alone["elsewhere"]
    first = alone[equal & ~unsure].drop_duplicates("receivable_id")
    in_doubt = alone[unsure & equal.groupby(alone["payment_id"]).transform("any")]
    sure = first.assign(difference=0, outcome="full")[DECIDED]
    return pd.concat([sure, decided(doubtful(in_doubt))])


def reference_with_difference(
    _owed: pd.DataFrame, _money: pd.DataFrame, pairs: pd.DataFrame, policy: MatchingPolicy
) -> Found:
    """Rule 2: one payment after the other, each against what the earlier ones left open."""
    alone = pairs[pairs["together"] == 1]
    unsure = (alone["rivals"] > 1) | alone["elsewhere"]
    rows = list(doubtful(alone[unsure]))
    for receivable_id, payments in alone[~unsure].groupby("receivable_id"):
        left, *_ = payments["open_amount"]
        for pair in payments.itertuples():
            tolerance = policy.tolerances.get(pair.currency, Tolerance())
            short = left - pair.amount
            if short <= 0:
                rows.append((pair.payment_id, receivable_id, left, 0, "full"))
                break
            if short <= max(tolerance.fixed, left * tolerance.per_mille // 1000):
                rows.append((pair.payment_id, receivable_id, pair.amount, short, "with_difference"))
                break
            rows.append((pair.payment_id, receivable_id, pair.amount, 0, "partial"))
            left = short
    return decided(rows)


def several_references(
    _owed: pd.DataFrame, _money: pd.DataFrame, pairs: pd.DataFrame, _policy: MatchingPolicy
) -> Found:
    """Rule 3."""
    claims = {}
    for payment_id, theirs in pairs[pairs["together"] > 1].groupby("payment_id", sort=False):
        sure = len(theirs) > 1 and adds_up(theirs) and theirs["rivals"].max() == 1
        claims[payment_id] = (theirs, theirs if sure else theirs[:0])
    return granted(claims)


def number_in_text(owed: pd.DataFrame, money: pd.DataFrame, _pairs: pd.DataFrame, _policy: MatchingPolicy) -> Found:
    """Rule 4: what the text names, by number, by reference or by the digits of the number."""
    digits = owed["number"].str.replace("[^0-9]", "", regex=True)
    borne = pd.concat([owed.assign(key=said.map(key_of)) for said in (owed["number"], owed["reference"], digits)])
    borne = borne[borne["key"].str.len() >= 4].drop_duplicates(["receivable_id", "key"])
    said = money.assign(key=money["text"].map(said_in).map(sorted)).explode("key")
    found = said.merge(borne, on=["key", "currency"])[["payment_id", "receivable_id"]].drop_duplicates()
    claims = {}
    for payment_id, theirs in with_amounts(found, owed, money).groupby("payment_id", sort=False):
        equal = theirs[theirs["open_amount"] == theirs["amount"]]
        only = equal if len(equal) == 1 and not equal["elsewhere"].any() else theirs[:0]
        claims[payment_id] = (theirs, theirs if adds_up(theirs) else only)
    return granted(claims)


def adds_up(theirs: pd.DataFrame) -> bool:
    """All of one customer, who may be the payer, and together just what was paid?"""
    amount, *_ = theirs["amount"]
    one_customer = theirs["customer_id"].nunique() == 1 and not theirs["elsewhere"].any()
    return bool(theirs["open_amount"].sum() == amount and one_customer)


def granted(claims: dict[Any, tuple[pd.DataFrame, pd.DataFrame]]) -> Found:
    """Of each payment what it named and what it claims: claims are granted in line, whole or not at all."""
    rows: list[tuple[Any, ...]] = []
    given: set[str] = set()
    for named, claim in claims.values():
        if claim.empty:
            rows += doubtful(named)
        elif given.isdisjoint(claim["receivable_id"]):
            given.update(claim["receivable_id"])
            rows += [(one.payment_id, one.receivable_id, one.open_amount, 0, "full") for one in claim.itertuples()]
    return decided(rows)


def said_in(text: str) -> set[str]:
    """The keys of every word with a digit, and of up to three neighbours joined to one that carries a digit."""
    word = r"[0-9A-Z]*[0-9][0-9A-Z]*"
    runs = re.findall(rf"(?:[A-Z]+[\s\-/.]{{1,2}})?{word}(?:[\s\-/.]{{1,3}}{word})*", text.upper())
    said = set()
    for run in runs:
        words = re.findall(r"[0-9A-Z]+", run)
        said |= {"".join(words[i : i + n]) for i in range(len(words)) for n in range(1, 5) if i + n <= len(words)}
        said |= {match[1] for one in words if (match := re.fullmatch(r"[A-Z]+([0-9][0-9O]*)", one))}
    return {text_key(one) for one in said if len(one) >= 4 and re.search("[0-9]", one)}


def text_key(said: str) -> str:
    parts = re.fullmatch(r"([A-Z]*)([0-9][0-9O]*)", said)
    return key_of(parts[1] + parts[2].replace("O", "0") if parts else said)


def known_payer(owed: pd.DataFrame, asking: pd.DataFrame, closed: pd.DataFrame) -> Found:
    """Rule 5. `asking`: payments and credit notes by `customer_id` and `standing`, a row for each customer; `closed`:
    what was paid before, and when. Of those in doubt the receivables come best first."""
    pairs = asking.merge(owed.rename(columns={"open_amount": "amount"}), on=ALIKE)
    there = pairs["issued_on"] <= pairs["booked_on"]  # the receivable, when the payment came
    choice = there.groupby([pairs["payment_id"], pairs["customer_id"]]).transform("sum")
    without_another = (choice <= 1).groupby(pairs["receivable_id"]).transform("sum")
    sure = (pairs["standing"] == "known") & there & (choice == 1) & (without_another == 1)
    sure &= ~pairs["payment_id"].isin(passed_over(pairs[sure], closed))
    in_doubt = as_shown(pairs)
    in_doubt = in_doubt[~in_doubt["payment_id"].isin(pairs.loc[sure, "payment_id"])]
    both = pd.concat([pairs[sure].assign(outcome="full"), in_doubt.assign(outcome="")])
    return both.assign(difference=0)[DECIDED]


def passed_over(pairs: pd.DataFrame, closed: pd.DataFrame) -> pd.Series:
    """Payments of an overdue receivable of which a later one, as much, was paid before."""
    pairs = pairs[~pairs["is_credit"] & (pairs["due_on"] < pairs["booked_on"])]
    both = pairs.merge(closed, on=ALIKE, suffixes=("", "_of_closed"))
    return both[(both["due_on_of_closed"] > both["due_on"]) & (both["paid_on"] <= both["booked_on"])]["payment_id"]


def as_shown(pairs: pd.DataFrame) -> pd.DataFrame:
    """Each payment in a line begins with the next receivable, the oldest first; one alone with the nearest due day."""
    of_line = pairs.groupby(ALIKE)
    turn, place = (
        pairs.sort_values(order).groupby(ALIKE)[one].transform(lambda ids: pd.factorize(ids)[0])
        for one, order in (("payment_id", IN_LINE), ("receivable_id", AGE))
    )
    lag = (place - turn) % of_line["receivable_id"].transform("nunique")
    days = (pd.to_datetime(pairs["due_on"]) - pd.to_datetime(pairs["booked_on"])).dt.days.abs()
    shown = pairs.assign(first=lag.mask(of_line["payment_id"].transform("nunique") == 1, days))[lag < ALIKE_MAX]
    return shown.sort_values(["first", *AGE]).groupby("payment_id").head(ALIKE_MAX)
