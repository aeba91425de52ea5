"""What may be done to whose access, as values. `adapters` read it from YAML (include/policies/access.yaml)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """What is never suspended, whatever is owed."""

    subscriptions: frozenset[str] = frozenset()  # ids
    offers: tuple[str, ...] = ()  # parts of an offer's name or id, without case
    tags: frozenset[str] = frozenset()  # of customers

    def why(self, subscription_id: str, offer_name: str, offer_id: str) -> str:
        """Why the policy protects this subscription; "" when it doesn't."""
        if subscription_id.casefold() in self.subscriptions:
            return "the policy protects this subscription by its id"
        told = f"{offer_name}\n{offer_id}".casefold()
        found = next((part for part in self.offers if part.casefold() in told), "")
        return f"the policy protects {found!r}" if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """One version of the rules of access. `version` is the digest of the file's content."""

    version: str = "default"
    only_unpaid: bool = True  # only subscriptions that an unpaid receivable covers
    protected: Protected = field(default_factory=Protected)
    azure: frozenset[str] = frozenset()  # plans that a person may be handed a pack for; no other is ever named
    questions_max: int = 20  # of a day: what is beyond it is asked another day, the largest debts first
    approval_days: int = 3  # so long an answer holds
    renewal_hours: int = 24  # nothing is changed so near to the begin or end of a term
    hours_before_days_off: int = 4  # nor so shortly before a weekend or holiday of the customer's
    value_per_mille_max: int = 100  # of all that is open: more owed by whom is suspended on a day trips the breaker
    matched_drop_per_mille_max: int = 150  # so far below its usual rate matching may be
    settle_minutes: int = 10  # so long Microsoft may take to show a change
    tries_max: int = 5  # of one suspension; then a person looks
    restore_tries_max: int = 20  # of giving one back, status and renewal together
    deadline_days: int = 14  # a suspended subscription whose term ends sooner is for a person
