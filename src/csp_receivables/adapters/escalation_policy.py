"""Who hears what of escalation, as YAML (include/policies/escalation.yaml)."""

from __future__ import annotations

from email.headerregistry import HeaderRegistry
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from csp_receivables.adapters.checked_yaml import CheckedFile, Fault, FileFaults, Place, build_checked
from csp_receivables.domain.currencies import UnknownCurrency
from csp_receivables.domain.escalation.items import ReportKind, Section
from csp_receivables.domain.escalation.policy import EscalationPolicy, Reader
from csp_receivables.domain.money import NotMoney, to_minor
from csp_receivables.domain.outbox.letters import is_deliverable

DESCRIBED_IN = "docs/SUPPORT.md"
SHOWN_MAX = 200

Text = Annotated[str, Field(min_length=1, max_length=200)]


class EscalationPolicyRefused(FileFaults):
    """The file can't be used; `faults` are all that is wrong, each with file, line and remedy."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Report(_Form):
    daily: tuple[Text, ...] = ()
    weekly: tuple[Text, ...] = ()
    shown_max: Annotated[int, Field(ge=1, le=SHOWN_MAX)] = 15


class _Owners(_Form):
    own_dues: Text
    suspensions: Text
    actions: Text
    cases: Text
    unapplied: Text
    findings: Text


class _WriteOff(_Form):
    second_person_above: dict[str, Text] = {}


class _Policy(_Form):
    report: _Report
    owners: _Owners
    packs: tuple[Text, ...] = ()
    write_off: _WriteOff = _WriteOff()


def read_escalation_policy(path: Path) -> EscalationPolicy:
    """The policy in `path`. Raises EscalationPolicyRefused with all that is wrong."""
    if not path.is_file():
        remedy = "Write one as include/policies/escalation.yaml of the distribution is"
        fault = Fault(file=path.name, line=1, place="", found="there is no such file", remedy=remedy)
        raise EscalationPolicyRefused([fault])
    return build_checked(path, DESCRIBED_IN, _Policy, _policy, EscalationPolicyRefused)


def _policy(file: CheckedFile, form: _Policy) -> EscalationPolicy:
    lists = {ReportKind.DAILY: form.report.daily, ReportKind.WEEKLY: form.report.weekly}
    owners = form.owners
    return EscalationPolicy(
        readers={kind: _readers(file, ("report", kind.value), texts) for kind, texts in lists.items()},
        owners={
            Section.OWN_DUES: owners.own_dues,
            Section.SUSPENSIONS: owners.suspensions,
            Section.ACTIONS: owners.actions,
            Section.CASES_LATE: owners.cases,
            Section.CASES_WITH_MICROSOFT: owners.cases,
            Section.UNAPPLIED: owners.unapplied,
            Section.FINDINGS: owners.findings,
        },
        pack_readers=_readers(file, ("packs",), form.packs),
        second_person_above={
            code: _amount(file, ("write_off", "second_person_above", code), code, text)
            for code, text in form.write_off.second_person_above.items()
        },
        shown_max=form.report.shown_max,
    )


def _amount(file: CheckedFile, place: Place, currency: str, text: str) -> int:
    try:
        return to_minor(text, currency)
    except (NotMoney, UnknownCurrency) as error:
        file.fault(place, str(error), "Write an amount of a currency of ISO 4217, such as `EUR: 500`")
        return 0


def _readers(file: CheckedFile, place: Place, texts: tuple[str, ...]) -> tuple[Reader, ...]:
    readers: dict[str, Reader] = {}
    for at, text in enumerate(texts):
        header = HeaderRegistry()("to", text)
        found = header.addresses  # type: ignore[attr-defined]
        if len(found) != 1 or header.defects or not is_deliverable(found[0].addr_spec):
            file.fault((*place, at), f"{text!r} is no mail address", "Write 'Finance <finance@partner.example>'")
        elif (key := found[0].addr_spec.casefold()) in readers:
            file.fault((*place, at), f"{found[0].addr_spec} stands there twice", "Keep one")
        else:
            readers[key] = Reader(email=found[0].addr_spec, name=found[0].display_name)
    return tuple(readers.values())
