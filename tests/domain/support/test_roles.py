"""Role × right, by the shipped policy: the whole table; and what it is asked of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from csp_receivables.adapters.checked_yaml import FileFaults
from csp_receivables.adapters.roles_policy import read_roles
from csp_receivables.domain.support.roles import Member, NotAllowed, Right, Role, Roles

FILE = Path(__file__).parents[3] / "include" / "policies" / "roles.yaml"
SHIPPED = read_roles(FILE)
# As docs/SUPPORT.md has it. Columns: see cases, answer cases, file with Microsoft, see report, see packs, see
# handovers, hand over, propose write-off, book write-off.
TABLE = {
    Role.GLOBAL_ADMIN: "x..xxx...",
    Role.ADMIN_AGENT: "xxxxxxxxx",
    Role.BILLING_ADMIN: "x..xxxxxx",
    Role.HELPDESK_AGENT: "xx.......",
    Role.SALES_AGENT: "...xx....",
}


def with_people(*members: Member) -> Roles:
    return replace(SHIPPED, people={member.name.casefold(): member for member in members})


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_each_role_may_what_the_table_says(role: Role, right: Right) -> None:
    roles = with_people(Member(name="Ada Lund", roles=frozenset({role})))

    if TABLE[role][list(Right).index(right)] == "x":
        roles.refuse_unless(" ada  LUND ", right, "K1")
        return
    with pytest.raises(NotAllowed) as refused:
        roles.refuse_unless("Ada Lund", right)
    who_may = [each for each in Role if TABLE[each][list(Right).index(right)] == "x"]
    assert f"Ada Lund ({role.replace('_', ' ')}) may not {right.replace('_', ' ')}" in str(refused.value)
    assert all(each.replace("_", " ") in str(refused.value) for each in who_may)


def test_rights_of_several_roles_add_up_and_customers_limit_them() -> None:
    both = frozenset({Role.HELPDESK_AGENT, Role.SALES_AGENT})
    roles = with_people(Member(name="Siri", roles=both, customers=frozenset({"K1"})))

    roles.refuse_unless("Siri", Right.ANSWER_CASES, "K1")
    roles.refuse_unless("Siri", Right.SEE_PACKS, "K1")
    for other in ("K2", ""):
        with pytest.raises(NotAllowed, match="their own customers only"):
            roles.refuse_unless("Siri", Right.SEE_PACKS, other)
        assert not roles.sees("Siri", other)
    assert roles.is_limited("siri")


def test_without_people_everybody_may_and_with_people_nobody_unnamed() -> None:
    SHIPPED.refuse_unless("", Right.BOOK_WRITE_OFF, "K1")
    roles = with_people(Member(name="Ada", roles=frozenset({Role.ADMIN_AGENT})))

    for by, why in (("", "who asks"), ("Bo", "Bo has no role")):
        with pytest.raises(NotAllowed, match=why):
            roles.refuse_unless(by, Right.SEE_CASES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("people: {Ada: {roles: [billing_admn]}}", "people.Ada.roles"),
        ("people: {Ada: {roles: []}}", "people.Ada.roles"),
        ("people: {Ada: {roles: [billing_admin]}, ada: {roles: [sales_agent]}}", "named twice"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "roles.yaml").write_text(FILE.read_text(encoding="utf-8").replace("people: {}", text), encoding="utf-8")

    for path in (tmp_path / "roles.yaml", tmp_path / "nowhere.yaml"):
        with pytest.raises(FileFaults) as refused:
            read_roles(path)
        assert all(fault.line > 0 and fault.remedy for fault in refused.value.faults)
        assert told in str(refused.value) or "no such file" in str(refused.value)
