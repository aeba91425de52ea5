"""Every condition of rules 1 to 4 at its limit, below and above it, in one world that the pandas twins decide as well.

Each case is a customer of four letters, with numbers that nobody else uses. What the seeds of random worlds may miss is
here by construction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from csp_receivables.domain.matching.ladder import Matched, MatchingPolicy, Mode, Tolerance
from tests.domain.matching.test_ladder_properties import agree, only_by_names
from tests.domain.matching.worlds import Row, because, booked, options, payment, receivable, run, suggested

POLICY = only_by_names(
    MatchingPolicy(
        tolerances=MappingProxyType(
            {
                "EUR": Tolerance(fixed=20),
                "SEK": Tolerance(fixed=2, per_mille=10),
                "NOK": Tolerance(per_mille=10),
                "DKK": Tolerance(fixed=20, per_mille=10),
            }
        )
    )
)
SOON, LATER = date(2026, 10, 6), date(2026, 10, 7)

# (receivable, amount, how it is called, what else): the customer is what stands before the slash.
OWED: list[tuple[str, int, dict[str, Any]]] = [
    # Rule 1: a reference of one receivable, the amount equal
    ("SAME/11001", 100, {"reference": "910011"}),
    ("LESS/11002", 1000, {"reference": "910012"}),
    ("MORE/11003", 100, {"reference": "910013"}),
    ("CURR/11004", 100, {"reference": "910014", "currency": "USD"}),
    ("OWNR/11005", 100, {"reference": "910015"}),
    ("ELSE/11006", 100, {"reference": "910016"}),
    ("ELSE/11007", 100, {}),
    ("ZERO/11008", 100, {"reference": "0910018"}),
    ("FORM/11009", 100, {"reference": "rf91-00 19"}),
    ("SHUT/11010", 0, {"reference": "910020", "amount": 100}),
    ("NOTE/11011", 100, {"reference": "910021", "kind": "credit_note"}),
    ("NONE/11012", 100, {"reference": "--"}),
    ("NUMB/11013", 100, {"reference": "910023"}),
    ("NUMB/910024", 100, {}),
    ("WINS/11015", 100, {"reference": "910025"}),
    ("WINS/910025", 100, {}),
    ("TWIN/11016", 100, {"reference": "910026"}),
    ("TWIN/11017", 200, {"reference": "910026"}),
    ("TWNS/11018", 100, {"reference": "910027"}),
    ("TWNS/11019", 100, {"reference": "910027", "currency": "USD"}),
    ("PAIR/910028", 100, {"customer_id": "PAIRA"}),
    ("PAIR/x910028", 100, {"number": "910028", "customer_id": "PAIRB"}),
    ("RACE/11020", 100, {"reference": "910029"}),
    ("RACN/11021", 100, {"reference": "910030"}),
    ("RACI/11022", 100, {"reference": "910031"}),
    ("PART/11023", 100, {"reference": "910032"}),
    ("CLOS/11030", 0, {"reference": "910040", "amount": 100}),
    ("CLOS/11031", 100, {"reference": "910040"}),
    ("DASH/--", 100, {}),
    # Rule 2: less within the tolerance, less, more
    ("FIXA/12001", 1000, {"reference": "920011"}),
    ("FIXB/12002", 1000, {"reference": "920012"}),
    ("FIXC/12003", 1000, {"reference": "920013"}),
    ("MILA/12004", 1000, {"reference": "920014", "currency": "SEK"}),
    ("MILB/12005", 1000, {"reference": "920015", "currency": "SEK"}),
    ("MILC/12006", 1999, {"reference": "920016", "currency": "SEK"}),
    ("MILD/12007", 1999, {"reference": "920017", "currency": "SEK"}),
    ("MILE/12008", 100, {"reference": "920018", "currency": "SEK"}),
    ("MILF/12009", 100, {"reference": "920019", "currency": "SEK"}),
    ("ONLY/12010", 1000, {"reference": "920020", "currency": "NOK"}),
    ("ONLX/12011", 1000, {"reference": "920021", "currency": "NOK"}),
    ("BOTH/12012", 1000, {"reference": "920022", "currency": "DKK"}),
    ("BOTX/12013", 3000, {"reference": "920023", "currency": "DKK"}),
    ("BOTY/12014", 3000, {"reference": "920024", "currency": "DKK"}),
    ("NOTO/12015", 1000, {"reference": "920025", "currency": "USD"}),
    ("INST/12016", 1000, {"reference": "920026"}),
    ("INSX/12017", 1000, {"reference": "920027"}),
    ("INSY/12018", 1000, {"reference": "920028"}),
    ("TOOM/12019", 1000, {"reference": "920029"}),
    ("AMBI/12020", 1000, {"reference": "920030"}),
    ("AMBI/12021", 2000, {"reference": "920030"}),
    ("WHOS/12022", 1000, {"reference": "920031"}),
    ("INSM/12023", 10000, {"reference": "920032", "currency": "NOK"}),
    ("GONE/12024", 1000, {"reference": "920033"}),
    ("EVEN/12025", 1000, {"reference": "920034"}),
    # Rule 3: several references
    ("SUMA/13001", 100, {"reference": "930011"}),
    ("SUMA/13002", 50, {"reference": "930012"}),
    ("SUMB/13003", 100, {"reference": "930013"}),
    ("SUMB/13004", 50, {"reference": "930014"}),
    ("SUMC/13005", 100, {"reference": "930015"}),
    ("SUMC/13006", 50, {"reference": "930016"}),
    ("SUMD/13007", 100, {"reference": "930017"}),
    ("SUME/13008", 100, {"reference": "930018"}),
    ("SUME/13009", 50, {"reference": "930018"}),
    ("SUME/13010", 30, {"reference": "930019"}),
    ("SUMF/13011", 100, {"reference": "930020"}),
    ("SUMG/13012", 50, {"reference": "930021"}),
    ("SUMH/13013", 100, {"reference": "930022"}),
    ("SUMH/13014", 50, {"reference": "930023"}),
    ("SUMI/13015", 100, {"reference": "930024"}),
    ("SUMI/13016", 50, {"reference": "930025"}),
    ("SUMI/13017", 30, {"reference": "930026"}),
    ("SUMJ/13018", 100, {"reference": "930027"}),
    ("SUMJ/13019", 50, {"reference": "930028"}),
    ("SUMK/13020", 100, {"reference": "930029"}),
    ("SUML/13021", 100, {"reference": "930030"}),
    ("SUML/930031", 50, {}),
    ("SUMM/13023", 100, {"reference": "930032"}),
    ("SUMM/13024", 50, {"reference": "930033", "currency": "USD"}),
    ("SUMN/13025", 100, {"reference": "930034 930035"}),
    ("SUMN/13026", 50, {"reference": "930034"}),
    ("SUMO/13027", 100, {"reference": "930036"}),
    ("SUMO/13028", 50, {"reference": "930037"}),
    ("SUMP/13029", 100, {"reference": "930040"}),
    ("SUMP/13030", 50, {"reference": "930041"}),
    ("SUMQ/13031", 100, {"reference": "930042"}),
    ("SUMQ/13032", 70, {"reference": "930042"}),
    ("SUMQ/13033", 50, {"reference": "930043"}),
    ("SUMR/13034", 100, {"reference": "930044"}),
    ("SUMR/13035", 50, {"reference": "930045"}),
    ("SUMT/13036", 100, {"reference": "930046"}),
    ("SUMT/13037", 50, {"reference": "930046"}),
    ("SUMT/13038", 30, {"reference": "930047"}),
    ("SUMU/13039", 100, {"reference": "930048"}),
    ("SUMV/13040", 50, {"reference": "930049"}),
    ("SUMW/13041", 100, {"reference": "930050 930051"}),
    ("SUMW/13042", 50, {"reference": "930050"}),
    ("WHOL/930054930055", 100, {}),
    ("WHOL/13045", 50, {"reference": "930054"}),
    ("PREF/13043", 60, {"reference": "930052"}),
    ("PREF/930052", 40, {}),
    ("PREF/13044", 50, {"reference": "930053"}),
    # Rule 4: numbers in free text
    ("TEXA/1401", 100, {}),
    ("TEXB/140", 100, {}),
    ("TEXC/14003", 100, {}),
    ("TEXD/14004", 100, {}),
    ("TEXE/14005", 100, {"currency": "USD"}),
    ("TEXF/14006", 60, {}),
    ("TEXF/14007", 40, {}),
    ("TEXG/14008", 60, {}),
    ("TEXG/14009", 41, {}),
    ("TEXH/14010", 100, {}),
    ("TEXH/14011", 41, {}),
    ("TEXI/14012", 100, {}),
    ("TEXI/14013", 100, {}),
    ("TEXJ/14014", 100, {}),
    ("TEXK/14015", 60, {}),
    ("TEXL/14016", 40, {}),
    ("TEXM/14017", 100, {}),
    ("TEXN/14018", 100, {"reference": "940018"}),
    ("TEXO/INV-14019", 100, {}),
    ("TEXP/14020", 100, {}),
    ("TEXQ/14021", 60, {}),
    ("TEXQ/14022", 40, {}),
    ("TEXQ/14023", 30, {}),
    ("TEXR/14024", 60, {}),
    ("TEXR/14025", 40, {}),
    ("TEXS/14026", 60, {}),
    ("TEXT/14027", 40, {"customer_id": "TEXS"}),
    ("WORD/1510", 100, {}),
    ("WORE/15112222", 100, {}),
    ("WORF/151133334444", 100, {}),
    ("WORG/1511555566667777", 100, {}),
    ("WORH/15118888999900001111", 100, {}),
    ("WORI/16001", 100, {}),
    ("WORJ/AB16002", 100, {}),
    ("WORK/160030", 100, {}),
    ("WORL/16004000000000000000000000000000004", 100, {}),
    ("WORM/16005", 100, {}),
    ("WORN/16006000000000000000000000000000000006", 100, {}),
    *((f"SIXA/1601{digit}", 1000, {}) for digit in range(6)),
]
# (payment, amount, what it says)
PAID: list[tuple[str, int, dict[str, Any]]] = [
    ("SAME", 100, {"reference": "910011"}),
    ("LESS", 979, {"reference": "910012"}),
    ("MORE", 101, {"reference": "910013"}),
    ("CURR", 100, {"reference": "910014"}),
    ("OWNR", 100, {"reference": "910015", "customer_id": "OWNR"}),
    ("ELSE", 100, {"reference": "910016", "customer_id": "OTHER"}),
    ("ELSN", 100, {"reference": "11007", "customer_id": "OTHER"}),
    ("ZERO", 100, {"reference": "00910018"}),
    ("FORM", 100, {"reference": "RF910019"}),
    ("SHUT", 100, {"reference": "910020"}),
    ("NOTE", 100, {"reference": "910021"}),
    ("NONE", 100, {"reference": "-"}),
    ("NUMB", 100, {"reference": "11013"}),
    ("NUMC", 100, {"reference": "910024"}),
    ("NOTH", 0, {"reference": "11012"}),
    ("OUT", -100, {"reference": "11012"}),
    ("WINS", 100, {"reference": "910025"}),
    ("TWIN", 100, {"reference": "910026"}),
    ("TWNA", 100, {"reference": "910027"}),
    ("TWNB", 100, {"reference": "910027", "currency": "USD"}),
    ("PAIR", 100, {"reference": "910028"}),
    ("RACA", 100, {"reference": "910029", "booked_on": LATER}),
    ("RACB", 100, {"reference": "910029", "booked_on": SOON}),
    ("RACC", 100, {"reference": "910030", "booked_on": LATER}),
    ("RACD", 100, {"reference": "11021", "booked_on": SOON}),
    ("RACE", 100, {"reference": "910031"}),
    ("RACF", 100, {"reference": "910031"}),
    ("PARA", 100, {"reference": "910032 11023"}),
    ("DASH", 100, {"reference": "- 99999991"}),
    ("CLOS", 100, {"reference": "910040"}),
    ("NOTI", 0, {"reference": "910028"}),
    ("NOTJ", 0, {"reference": "910016", "customer_id": "OTHER"}),
    ("FIXA", 979, {"reference": "920011"}),
    ("FIXB", 980, {"reference": "920012"}),
    ("FIXC", 981, {"reference": "920013"}),
    ("MILA", 989, {"reference": "920014", "currency": "SEK"}),
    ("MILB", 990, {"reference": "920015", "currency": "SEK"}),
    ("MILC", 1979, {"reference": "920016", "currency": "SEK"}),
    ("MILD", 1980, {"reference": "920017", "currency": "SEK"}),
    ("MILE", 97, {"reference": "920018", "currency": "SEK"}),
    ("MILF", 98, {"reference": "920019", "currency": "SEK"}),
    ("ONLY", 990, {"reference": "920020", "currency": "NOK"}),
    ("ONLX", 989, {"reference": "920021", "currency": "NOK"}),
    ("BOTH", 980, {"reference": "920022", "currency": "DKK"}),
    ("BOTX", 2970, {"reference": "920023", "currency": "DKK"}),
    ("BOTY", 2969, {"reference": "920024", "currency": "DKK"}),
    ("NOTO", 999, {"reference": "920025", "currency": "USD"}),
    ("INSA", 500, {"reference": "920026", "booked_on": SOON}),
    ("INSB", 480, {"reference": "920026", "booked_on": LATER}),
    ("INSC", 500, {"reference": "920027"}),
    ("INSD", 479, {"reference": "920027"}),
    ("INSE", 21, {"reference": "920027", "booked_on": LATER}),
    ("INSF", 1, {"reference": "920027", "booked_on": LATER}),
    ("INSG", 700, {"reference": "920028", "booked_on": LATER}),
    ("INSH", 700, {"reference": "920028", "booked_on": SOON}),
    ("INSI", 700, {"reference": "920028", "booked_on": LATER}),
    ("INSM", 9000, {"reference": "920032", "currency": "NOK", "booked_on": SOON}),
    ("INSN", 989, {"reference": "920032", "currency": "NOK", "booked_on": LATER}),
    ("TOOM", 1001, {"reference": "920029"}),
    ("AMBI", 999, {"reference": "920030"}),
    ("WHOS", 999, {"reference": "920031", "customer_id": "OTHER"}),
    ("GONE", 1000, {"reference": "920033"}),
    ("GONF", 999, {"reference": "920033", "customer_id": "OTHER"}),
    ("EVEA", 400, {"reference": "920034", "booked_on": SOON}),
    ("EVEB", 600, {"reference": "920034", "booked_on": LATER}),
    ("SUMA", 150, {"reference": "930011 930012"}),
    ("SUMB", 149, {"reference": "930013 930014"}),
    ("SUMC", 151, {"reference": "930015 930016"}),
    ("SUMD", 100, {"reference": "930017 999999"}),
    ("SUME", 130, {"reference": "930018 930019"}),
    ("SUMF", 150, {"reference": "930020 930021"}),
    ("SUMH", 150, {"reference": "930022 930023", "customer_id": "OTHER"}),
    ("SUMI", 150, {"reference": "930024 930025", "booked_on": LATER}),
    ("SUMX", 130, {"reference": "930024 930026", "booked_on": SOON}),
    ("SUMJ", 150, {"reference": "930027 930028 930027"}),
    ("SUMK", 100, {"reference": "930029 13020"}),
    ("SUML", 150, {"reference": "930030 930031"}),
    ("SUMM", 150, {"reference": "930032 930033"}),
    ("SUMN", 100, {"reference": "930034 930035"}),
    ("SUMO", 150, {"reference": "930036 930037", "customer_id": "SUMO"}),
    ("SUMP", 100, {"reference": "930040 930041"}),
    ("SUMQ", 100, {"reference": "930042 930043"}),
    ("SUMR", 50, {"reference": "930044 930045"}),
    ("SUMS", 100, {"reference": "930044"}),
    ("SUMT", 180, {"reference": "930046 930047"}),
    ("SUMU", 150, {"reference": "930048 930049", "customer_id": "SUMU"}),
    ("SUMW", 90, {"reference": "930050 930051"}),
    ("WHOL", 90, {"reference": "930054 930055"}),
    ("PREF", 110, {"reference": "930052 930053"}),
    ("TEXA", 100, {"text": "1401"}),
    ("TEXB", 100, {"text": "140"}),
    ("TEXC", 99, {"text": "14003"}),
    ("TEXD", 101, {"text": "14004"}),
    ("TEXE", 100, {"text": "14005"}),
    ("TEXF", 100, {"text": "14006, 14007"}),
    ("TEXG", 100, {"text": "14008, 14009"}),
    ("TEXH", 100, {"text": "14010, 14011"}),
    ("TEXI", 100, {"text": "14012, 14013"}),
    ("TEXJ", 100, {"text": "14014", "customer_id": "OTHER"}),
    ("TEXK", 100, {"text": "14015, 14016"}),
    ("TEXM", 100, {"text": "14017", "customer_id": "TEXM"}),
    ("TEXN", 100, {"text": "940018"}),
    ("TEXO", 100, {"text": "14019"}),
    ("TEXP", 100, {"text": "14020", "booked_on": LATER}),
    ("TEXU", 100, {"text": "14020", "booked_on": SOON}),
    ("TEXQ", 100, {"text": "14021, 14022", "booked_on": LATER}),
    ("TEXV", 90, {"text": "14021, 14023", "booked_on": SOON}),
    ("TEXR", 100, {"text": "14024, 14025", "customer_id": "OTHER"}),
    ("TEXS", 100, {"text": "14026, 14027", "customer_id": "TEXS"}),
    ("WORD", 100, {"text": "1510"}),
    ("WORE", 100, {"text": "1511 2222"}),
    ("WORF", 100, {"text": "1511-3333 - 4444"}),
    ("WORG", 100, {"text": "1511.5555/6666 7777"}),
    ("WORH", 100, {"text": "1511 8888 9999 0000 1111"}),
    ("WORI", 100, {"text": "nr16001"}),
    ("WORJ", 100, {"text": "ab 16002"}),
    ("WORK", 100, {"text": "16OO3O"}),
    ("WORL", 100, {"text": "000016004000000000000000000000000000004"}),
    ("WORM", 100, {"text": "1600  -  5"}),
    ("WORN", 100, {"text": "16006000000000000000000000000000000006"}),
    ("TEXZ", 0, {"text": "14003"}),
    ("SIXA", 100, {"text": "16010, 16011, 16012, 16013, 16014, 16015"}),
]


# All of these are settled whole at the first try and meet nothing that others take: the ladder ends after one pass, so
# that no later pass forgets what this one suggested beside a booking.
AT_FIRST = (
    *("SAME", "OWNR", "ZERO", "FORM", "NUMB", "NUMC", "LESS", "FIXB", "MILB", "ONLY", "BOTH", "SUMA", "SUMJ", "SUML"),
    *("TEXA", "TEXF", "TEXH", "TEXM", "WORD", "WORE", "WORI"),
)


def a_world(names: Collection[str] = ()) -> tuple[list[Row], list[Row]]:
    """The receivables of all cases, and the payments of those called `names` (of all, if none)."""
    owed = [receivable(one, amount, **{"customer_id": one.partition("/")[0], **other}) for one, amount, other in OWED]
    return owed, [payment(one, amount, **other) for one, amount, other in PAID if one in names or not names]


@pytest.mark.parametrize(("names", "booked_min"), [((), 60), (AT_FIRST, len(AT_FIRST))])
def test_the_twins_agree_at_every_limit(names: Collection[str], booked_min: int) -> None:
    assert agree(*a_world(names), POLICY) >= booked_min


@pytest.fixture(scope="module")
def matched() -> Matched:
    return run(*a_world(), POLICY)


@pytest.mark.parametrize(
    ("payment_id", "said"),
    [
        ("LESS", "reference 910012 names receivable LESS/11002: 9.79 paid, 10.00 EUR open, 0.21 stays open"),
        (
            "FIXB",
            "reference 920012 names receivable FIXB/12002: 9.80 paid, 10.00 EUR open, 0.20 short, "
            "within the tolerance of 0.20",
        ),
        ("TOOM", "reference 920029 names receivable TOOM/12019: 10.01 paid, 10.00 EUR open, 0.01 too much"),
        ("EVEB", "reference 920034 names receivable EVEN/12025: 6.00 paid, 6.00 EUR open, which closes it"),
        ("TEXA", "the text names receivable TEXA/1401 by 1401, amount equal"),
        ("TEXF", "the text names receivable TEXF/14006 by 14006, one of 2 whose open amounts add up to 1.00 EUR"),
        (
            "SUMU",
            "references 930048 930049 name receivable SUMU/13039 among 2 open ones, but the payment is known to be "
            "customer SUMU's",
        ),
    ],
)
def test_the_sentence_says_on_which_side_of_the_limit_it_is(matched: Matched, payment_id: str, said: str) -> None:
    assert because(matched, payment_id) == said


def test_of_more_numbers_in_a_text_five_are_shown(matched: Matched) -> None:
    assert len(options(matched, "SIXA")) == 5


@pytest.mark.parametrize("said", ["reference", "text"])
def test_of_what_many_receivables_bear_the_first_twenty_are_looked_at(said: str) -> None:
    """Of twenty-one the twentieth is the one that was paid, of others the last: nobody sees that one."""
    owed = [
        receivable(f"{whose}/{place:02}", 100 if place == equal else 1, number=number)
        for whose, number, equal in (("SEEN", "16020", 20), ("LAST", "16021", 21))
        for place in range(1, 22)
    ]
    shown = run(owed, [payment("SEEN", 100, **{said: "16020"}), payment("LAST", 100, **{said: "16021"})])

    assert ("SEEN", "SEEN/20") in {row[:2] for row in (*booked(shown), *suggested(shown))}
    assert "LAST/21" not in {row[1] for row in (*booked(shown), *suggested(shown))}


def test_a_payment_of_nothing_is_not_even_in_doubt() -> None:
    assert run(*a_world({"NOTI", "NOTJ", "TEXZ"}), POLICY).suggestions.num_rows == 0


def test_what_one_reference_names_is_not_for_the_rule_of_several() -> None:
    off = MappingProxyType({**POLICY.modes, "reference_with_difference": Mode.OFF})

    assert run(*a_world({"LESS", "FIXB"}), replace(POLICY, modes=off)).suggestions.num_rows == 0
