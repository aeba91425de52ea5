"""The policy of bank lines as YAML (include/policies/bank_lines.yaml): what is not customers' money, by rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from csp_receivables.adapters.checked_yaml import BadYaml, read_checked
from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.account_names import AccountNames, name_key
from csp_receivables.domain.bank_line_policy import BankLinePolicy, BankLineRule, Direction, LineKind

DESCRIBED_IN = "docs/FILES.md"
# A phrase of one or two letters is in the name of half the customers.
PHRASE_LETTERS_MIN = 3

Phrases = Annotated[tuple[str, ...], Field(min_length=1)]


class BankLinePolicyRefused(ValueError):
    """The policy can't be used; the message names its file and line and what to do."""


class _When(BaseModel):
    """What a line must have; of several accounts, names or texts any one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Direction
    account: Phrases | None = None
    name_contains: Phrases | None = None
    text_contains: Phrases | None = None

    @field_validator("account")
    @classmethod
    def _accounts(cls, accounts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if unclear := [account for account in accounts or () if not name_key(account)]:
            raise ValueError(f"{unclear[0]!r} is no account")
        return accounts

    @field_validator("name_contains", "text_contains")
    @classmethod
    def _long_enough(cls, phrases: tuple[str, ...] | None) -> tuple[str, ...] | None:
        short = [phrase for phrase in phrases or () if sum(map(str.isalnum, phrase)) < PHRASE_LETTERS_MIN]
        if short:
            raise ValueError(f"{short[0]!r} is shorter than {PHRASE_LETTERS_MIN} letters and would fit by chance")
        return phrases

    @model_validator(mode="after")
    def _says_more_than_the_amount(self) -> Self:
        if not (self.account or self.name_contains or self.text_contains):
            raise ValueError("name an account, name_contains or text_contains: the amount alone would take every line")
        return self


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    when: _When
    kind: Annotated[LineKind, Field(alias="is")]

    @model_validator(mode="after")
    def _a_vendor_is_paid(self) -> Self:
        if self.kind is LineKind.VENDOR_PAYMENT and self.when.amount is not Direction.OUT:
            raise ValueError("a vendor payment is money out: write `amount: out`")
        return self


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[_Rule, ...] = ()

    @field_validator("rules", mode="before")
    @classmethod
    def _all_commented_out(cls, rules: object) -> object:
        return rules or ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.name for rule in self.rules]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules are named {doubled[0]}")
        return self


@read_once
def read_bank_line_policy(path: Path, own: AccountNames) -> BankLinePolicy:
    """The rules in `path`, none when there is no such file, and the partner's `own` accounts.

    Raises BankLinePolicyRefused.
    """
    if not path.is_file():
        return BankLinePolicy(own=own)
    try:
        policy = read_checked(path, _Policy, DESCRIBED_IN)
    except BadYaml as error:
        raise BankLinePolicyRefused(str(error)) from None
    return BankLinePolicy(rules=tuple(_rule(rule) for rule in policy.rules), own=own)


def _rule(rule: _Rule) -> BankLineRule:
    return BankLineRule(
        name=rule.name,
        kind=rule.kind,
        direction=rule.when.amount,
        accounts=rule.when.account or (),
        names=rule.when.name_contains or (),
        texts=rule.when.text_contains or (),
    )
