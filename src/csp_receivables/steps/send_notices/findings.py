"""What a person must look at after notices were sent, or were not."""

from __future__ import annotations

from datetime import date

from csp_receivables.domain.findings import Finding, Severity


def in_doubt(action_id: str, why: str) -> Finding:
    """A letter that may have arrived."""
    return Finding(
        code="outbox.in_doubt",
        severity=Severity.HELD,
        subject=action_id,
        found=f"a letter may have been handed over, or not: {why}",
        remedy="Look at the mail server or ask the customer, then: csp outbox settle … --accepted (or --not-accepted)",
    )


def breaker(wanted: int, told: str, on: date) -> Finding:
    """More than usual: none was performed."""
    return Finding(
        code="outbox.breaker",
        severity=Severity.HELD,
        subject=on.isoformat(),
        found=f"{wanted} notices were wanted and none was sent: {told}",
        remedy="Is a bank file missing? Import it. If they are right: csp outbox release-breaker --by … --why …",
    )


def canary(action_id: str, ended: str, on: date) -> Finding:
    """One of the first letters was not accepted: the rest waits."""
    return Finding(
        code="outbox.canary",
        severity=Severity.HELD,
        subject=f"{on.isoformat()} {action_id}",
        found=f"one of the first letters ended as {ended}, so the rest was not sent",
        remedy="See why (csp outbox show …); the next run tries again with the first that wait then",
    )


def no_address(customer_id: str, on: date) -> Finding:
    """Nobody is left to write to."""
    return Finding(
        code="collections.no_address",
        severity=Severity.WARNING,
        subject=customer_id,
        customer_id=customer_id,
        found=f"on {on.isoformat()} there is no address of this customer that can be written to",
        remedy="Find one and export it from accounting with the customers; until then no notice counts",
    )


def refused_address(customer_id: str, action_id: str, said: str) -> Finding:
    """An address was refused; the next contact is written to."""
    return Finding(
        code="outbox.address_refused",
        severity=Severity.WARNING,
        subject=action_id,
        customer_id=customer_id,
        found=f"the mail server refused a contact's address: {said}",
        remedy="Correct the address in accounting; the next contact was written to, where there is one",
    )


def refused_message(action_id: str, said: str) -> Finding:
    """The letter itself was refused."""
    return Finding(
        code="outbox.message_refused",
        severity=Severity.REFUSED,
        subject=action_id,
        found=f"the mail server refused the letter: {said}",
        remedy="Set right what it says (size, content, policy), then: csp outbox release … --by … --why …",
    )


def refused_us(said: str) -> Finding:
    """The mail server takes nothing of ours."""
    return Finding(
        code="outbox.server_refuses_us",
        severity=Severity.REFUSED,
        subject="mail server",
        found=f"nothing can be sent: {said}",
        remedy="Correct the mail connection (user, password, TLS) or the sender; what waits is sent by the next run",
    )


def not_written(action_id: str, why: str) -> Finding:
    """The notice can't be put into words."""
    return Finding(
        code="outbox.not_written",
        severity=Severity.REFUSED,
        subject=action_id,
        found=f"the notice can't be written: {why}",
        remedy="Set right what is missing; it is tried again by itself",
    )
