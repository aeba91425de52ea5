"""Who may see and do what of support and escalation: Microsoft's roles, their rights here, and who has them.

While nobody is named, nobody is kept from anything: a house of one needs no roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from csp_receivables.domain.matching_by_hand.requests import ByHandRefused


class Role(StrEnum):
    """Roles as Partner Center has them."""

    GLOBAL_ADMIN = "global_admin"
    ADMIN_AGENT = "admin_agent"
    BILLING_ADMIN = "billing_admin"
    HELPDESK_AGENT = "helpdesk_agent"
    SALES_AGENT = "sales_agent"


class Right(StrEnum):
    """What a command needs."""

    SEE_CASES = "see_cases"
    ANSWER_CASES = "answer_cases"  # open, reply, hand on, close
    FILE_WITH_MICROSOFT = "file_with_microsoft"
    SEE_REPORT = "see_report"
    SEE_PACKS = "see_packs"
    SEE_HANDOVERS = "see_handovers"  # to an agency, and write-offs
    HAND_OVER = "hand_over"
    PROPOSE_WRITE_OFF = "propose_write_off"
    BOOK_WRITE_OFF = "book_write_off"


class NotAllowed(ByHandRefused):
    """Somebody asked for what their roles do not give them; nothing was shown or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person with roles. `customers`: only these; none: all."""

    name: str
    roles: frozenset[Role]
    customers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Rights by role, and people by their name in small letters."""

    rights: Mapping[Role, frozenset[Right]]
    people: Mapping[str, Member] = field(default_factory=dict)

    def refuse_unless(self, by: str, right: Right, customer_id: str | None = None) -> None:
        """Let `by` do it, of that customer where one is meant ("": of nobody known). Raises NotAllowed."""
        if not self.people:
            return
        name = " ".join(by.split())
        if not name:
            raise NotAllowed("who asks? say it with --by, or CSP_BY (include/policies/roles.yaml names people)")
        member = self.people.get(name.casefold())
        if member is None:
            raise NotAllowed(f"{name} has no role; a global admin names people in include/policies/roles.yaml")
        if not any(right in self.rights.get(role, frozenset()) for role in member.roles):
            raise NotAllowed(
                f"{name} ({_listed(member.roles)}) may not {right.replace('_', ' ')}: {self._who_may(right)}"
            )
        if customer_id is not None and not _sees(member, customer_id):
            raise NotAllowed(
                f"{name} may {right.replace('_', ' ')} of their own customers only, not of {customer_id!r}"
            )

    def sees(self, by: str, customer_id: str) -> bool:
        """May what is about that customer be shown to them, where they may see such things at all?"""
        member = self.people.get(" ".join(by.split()).casefold())
        return not self.people or (member is not None and _sees(member, customer_id))

    def is_limited(self, by: str) -> bool:
        """Are they limited to some customers?"""
        member = self.people.get(" ".join(by.split()).casefold())
        return member is not None and bool(member.customers)

    def _who_may(self, right: Right) -> str:
        having = [role for role in Role if right in self.rights.get(role, frozenset())]
        return f"that is for {_listed(frozenset(having))}" if having else "no role of include/policies/roles.yaml may"


def _sees(member: Member, customer_id: str) -> bool:
    return not member.customers or customer_id in member.customers


def _listed(roles: frozenset[Role]) -> str:
    return ", ".join(role.replace("_", " ") for role in Role if role in roles)
