"""`csp case`: support cases from the first word to the answer, or to Microsoft."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from csp_receivables import mail_wiring, support_wiring, wiring
from csp_receivables.cli.allowed import Asks, allow
from csp_receivables.cli.output import JsonOption, Refused, emit_json, say, show_findings, show_table
from csp_receivables.domain.matching_by_hand.requests import person
from csp_receivables.domain.support.cases import CaseEvent, CaseState, SupportCase
from csp_receivables.domain.support.intake import FoundBy
from csp_receivables.domain.support.policy import SupportPolicy
from csp_receivables.domain.support.requests import Channel, Request
from csp_receivables.domain.support.roles import Right
from csp_receivables.domain.support.vehicles import vehicle_for
from csp_receivables.settings import Settings

case_app = typer.Typer(
    help="Customers' requests: taken in, sorted by rules, answered from the ledger, or filed with Microsoft.",
    no_args_is_help=True,
)
_SURE = (FoundBy.ADDRESS.value, FoundBy.STATED.value)
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="The case: S-000012.")]
By = Annotated[str, typer.Option("--by", help="Who: a person's name.")]
Why = Annotated[str, typer.Option("--why", help="Why, in one sentence; kept for ever.")]


@case_app.command("open")
def open_case(
    subject: Annotated[str, typer.Option("--subject", help="What it is about, in one line.")],
    *,
    customer: Annotated[str, typer.Option("--customer", help="Whose it is: a customer_id.")] = "",
    sender: Annotated[str, typer.Option("--from", help="The address to answer to.")] = "",
    text: Annotated[str, typer.Option("--text", help="What they say; - reads it from standard input.")] = "",
    by: Asks = "",
    as_json: JsonOption = False,
) -> None:
    """Open a case for what was asked by telephone or at the door."""
    settings = Settings.from_environment()
    allow(settings, by, Right.ANSWER_CASES, customer)
    ledger = wiring.open_ledger(settings)
    wiring.refuse_unknown(ledger, [customer] if customer else [])
    said = sys.stdin.read() if text == "-" else text
    moment = settings.clock().astimezone(UTC).isoformat()
    request = Request(
        channel=Channel.PERSON,
        message_id=hashlib.sha256(f"person\x1f{moment}\x1f{subject}\x1f{said}".encode()).hexdigest(),
        sender=sender.strip().lower(),
        subject=" ".join(subject.split()),
        text=said,
        customer_id=customer,
    )
    told = support_wiring.support_intake(settings, ledger).from_requests([request])
    if as_json:
        emit_json({"opened": told.opened})
        return
    print(f"opened {told.opened[0]}" if told.opened else "it is known already")
    show_findings(told.findings)


@case_app.command("intake")
def intake(as_json: JsonOption = False) -> None:
    """Read the mailbox of support (CSP_SUPPORT_IMAP_URL) and the files in inbox/support."""
    settings = Settings.from_environment()
    ledger, mailbox = wiring.open_ledger(settings), support_wiring.support_mailbox()
    told: dict[str, Any] = {}
    if mailbox is not None:
        try:
            told |= support_wiring.read_support_mailbox(settings, ledger, mailbox).counts
        except mail_wiring.MailboxFailed as failure:
            raise Refused(str(failure)) from None
    reports = support_wiring.take_support_files(settings, ledger)
    told |= {"files": len(reports), "requests": sum(report.new_facts for report in reports)}
    if as_json:
        emit_json(told)
        return
    print(", ".join(f"{count} {name}" for name, count in told.items()))


@case_app.command("list")
def list_cases(
    state: Annotated[CaseState | None, typer.Option("--state", help="Only these.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only those past their clock.")] = False,
    by: Asks = "",
    as_json: JsonOption = False,
) -> None:
    """List cases with their clocks, the most urgent first."""
    settings = Settings.from_environment()
    allow(settings, by, Right.SEE_CASES)
    roles = support_wiring.roles(settings)
    policy, now = support_wiring.support_policy(settings), settings.clock()
    cases = [
        case
        for case in support_wiring.support_book(wiring.open_ledger(settings)).cases()
        if state in (None, case.state) and (case.is_late(policy, now) or not late) and roles.sees(by, case.customer_id)
    ]
    never = datetime.max.replace(tzinfo=UTC)
    cases.sort(key=lambda case: (case.due_at(policy) or never, case.case_id))
    if as_json:
        emit_json({"cases": [_as_json(case, policy, now) for case in cases]})
        return
    columns = ("case", "customer", "severity", "kind", "product", "state", "answer due", "subject")
    show_table(f"{len(cases)} cases", columns, [_row(case, policy, now) for case in cases])


@case_app.command("show")
def show(case_id: CaseId, by: Asks = "", as_json: JsonOption = False) -> None:
    """Show a case: what it is, whose, which way fits, and its story."""
    settings = Settings.from_environment()
    policy, now = support_wiring.support_policy(settings), settings.clock()
    book = support_wiring.support_book(wiring.open_ledger(settings))
    case = book.case(case_id)
    allow(settings, by, Right.SEE_CASES, case.customer_id)
    choice = vehicle_for(case.kind, case.family, case.severity, policy)
    provider = support_wiring.support_terms(settings).of(case.customer_id).provider
    told = _as_json(case, policy, now) | {"provider": provider, "vehicle": choice.because}
    told |= {"letters": dict(book.letters(case_id))}
    if as_json:
        story = [{"at": t.at, "event": t.event.value, "by": t.said_by, "what": dict(t.what)} for t in case.story]
        emit_json(told | {"story": story})
        return
    for name, value in told.items():
        print(f"{name}: {value}")
    for event in case.story:
        print(f"\n{event.at:%Y-%m-%d %H:%M} {event.event.value} {event.said_by}".rstrip())
        for name, value in event.what.items():
            print(f"  {name}: {value}")


@case_app.command("terms")
def terms(
    customer: Annotated[str, typer.Argument(metavar="[CUSTOMER]", help="Whose; none: those of everybody else.")] = "",
    language: Annotated[str, typer.Option("--language", help="en, sv or de.")] = "en",
    as_html: Annotated[bool, typer.Option("--html", help="As a page instead of text.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the support terms of a customer: who helps, what is covered, when, how to reach them, what else costs."""
    text = support_wiring.terms_text(Settings.from_environment(), customer, language, as_html=as_html)
    say(text.removesuffix("\n"), {"customer": customer, "language": language, "text": text}, as_json=as_json)


@case_app.command("request")
def request(case_id: CaseId, by: Asks = "", as_json: JsonOption = False) -> None:
    """Print what a person pastes into Microsoft's form: title, severity, tenant, subscriptions, description."""
    settings, ledger = _at(case_id, by, Right.FILE_WITH_MICROSOFT)
    text = support_wiring.request_for_microsoft(settings, ledger, case_id)
    say(text.removesuffix("\n"), {"case": case_id, "text": text}, as_json=as_json)


@case_app.command("draft")
def draft(
    case_id: CaseId,
    language: Annotated[str, typer.Option("--language", help="Else the customer's.")] = "",
    by: Asks = "",
    as_json: JsonOption = False,
) -> None:
    """Print the answer that the ledger has to a case. Nothing is sent: look at it, then csp case reply --text -."""
    settings, ledger = _at(case_id, by, Right.ANSWER_CASES)
    made = support_wiring.case_draft(settings, ledger, case_id, language)
    case = support_wiring.support_book(ledger).case(case_id)
    if as_json:
        emit_json({"language": made.language, "text": made.text, "found_by": case.found_by})
        return
    if case.customer_id and case.found_by not in _SURE:
        print(f"# {case.sender or 'whoever asks'} is no known contact of {case.customer_id}: look before it is sent")
    print(made.text, end="")


@case_app.command("reply")
def reply(
    case_id: CaseId,
    *,
    text: Annotated[str, typer.Option("--text", help="What is answered; - reads it from standard input.")],
    language: Annotated[str, typer.Option("--language", help="Of the text.")] = "en",
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Put a reply into the outbox. It leaves with the next `csp case send`, or by the DAG, through the gate."""
    said = sys.stdin.read() if text == "-" else text
    if not said.strip():
        raise Refused("a reply needs a text (--text, or --text - and the text on standard input)")
    _, ledger = _at(case_id, by, Right.ANSWER_CASES)
    book = support_wiring.support_book(ledger)
    action_id = book.reply(case_id, said, language, person(by, why))
    if as_json:
        emit_json({"action": action_id})
    else:
        print(f"{action_id} waits in the outbox")


@case_app.command("hand-on")
def hand_on(case_id: CaseId, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Hand a case on to the provider who supports its customer, of whatever kind it is; its later messages follow."""
    settings, ledger = _at(case_id, by, Right.ANSWER_CASES)
    letters = support_wiring.hand_on(settings, ledger, case_id, person(by, why))
    said = "\n".join(f"{each} waits in the outbox" for each in letters) or "its provider has all of it already"
    say(said, {"case": case_id, "actions": list(letters)}, as_json=as_json)


@case_app.command("send")
def send(as_json: JsonOption = False) -> None:
    """Hand over the letters that wait, as far as the gate lets them pass: replies, and what providers are to get."""
    settings = Settings.from_environment()
    ledger, mail = wiring.open_ledger(settings), mail_wiring.mail_of_environment()
    support_wiring.case_handover(settings, ledger).run()
    sent = support_wiring.reply_sender(settings, ledger, mail).send()
    if as_json:
        emit_json({"ended": dict(sent.ended), "waits": dict(sent.waits), "because": sent.because})
        return
    print(", ".join(f"{count} {name}" for name, count in sent.ended.items()) or "nothing was sent")
    for reason, count in sent.waits.items():
        print(f"{count} wait: {reason}")


@case_app.command("escalated")
def escalated(
    case_id: CaseId,
    *,
    number: Annotated[str, typer.Option("--number", help="Microsoft's number of the request.")],
    by: By,
    why: Why,
    as_json: JsonOption = False,
) -> None:
    """Note that a case was filed with Microsoft, under which number. From then on it is asked how it stands."""
    said = " ".join(number.split())
    if not (said and said.isalnum() and said.isascii()):
        raise Refused(f"{number!r} is no number of a request: letters and digits, as Microsoft shows it")
    who = person(by, why)
    _, ledger = _at(case_id, by, Right.FILE_WITH_MICROSOFT)
    book = support_wiring.support_book(ledger)
    book.append(case_id, CaseEvent.ESCALATED, who.name, {"number": said, "why": who.why})
    say(f"{case_id} is with Microsoft under {said}", {"case": case_id, "number": said}, as_json=as_json)


@case_app.command("close")
def close(case_id: CaseId, *, by: By, why: Why, as_json: JsonOption = False) -> None:
    """Close a case. A reply from its sender opens it again."""
    who = person(by, why)
    _, ledger = _at(case_id, by, Right.ANSWER_CASES)
    book = support_wiring.support_book(ledger)
    book.append(case_id, CaseEvent.CLOSED, who.name, {"why": who.why})
    say(f"{case_id} is closed", {"case": case_id, "state": CaseEvent.CLOSED.value}, as_json=as_json)


def _at(case_id: str, by: str, right: Right) -> tuple[Settings, wiring.Ledger]:
    """Settings and ledger for somebody who may do this with the case. Raises NotAllowed, ByHandRefused."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    allow(settings, by, right, support_wiring.support_book(ledger).case(case_id).customer_id)
    return settings, ledger


def _as_json(case: SupportCase, policy: SupportPolicy, now: datetime) -> dict[str, Any]:
    return {
        "case": case.case_id,
        "customer": case.customer_id,
        "found_by": case.found_by,
        "from": case.sender,
        "subject": case.subject,
        "state": case.state.value,
        "kind": case.kind.value,
        "topic": case.triaged.get("topic", ""),
        "product": case.family.value,
        "severity": case.severity.value,
        "not_ours": case.triaged.get("not_ours", ""),
        "number": case.number,
        "due_at": case.due_at(policy),
        "late": case.is_late(policy, now),
    }


def _row(case: SupportCase, policy: SupportPolicy, now: datetime) -> tuple[str, ...]:
    due = case.due_at(policy)
    clock = "" if due is None else f"{due.astimezone(policy.hours.zone):%Y-%m-%d %H:%M}"
    late = " LATE" if case.is_late(policy, now) else ""
    told = case.kind.value, case.family.value.replace("_", " "), case.state.value.replace("_", " ")
    return case.case_id, case.customer_id, case.severity.value, *told, clock + late, case.subject
