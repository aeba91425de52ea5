"""`csp outbox send`: what the DAG `send_notices` does, without Airflow."""

from __future__ import annotations

from csp_receivables import mail_wiring, wiring
from csp_receivables.cli.output import JsonOption, emit_json, show_findings
from csp_receivables.settings import Settings


def send(as_json: JsonOption = False) -> None:
    """Hand over what is due, as far as the gate lets it pass; says what waits and why. Repeating it is safe."""
    settings = Settings.from_environment()
    ledger = wiring.open_ledger(settings)
    sent = mail_wiring.notice_sender(settings, ledger, mail_wiring.mail_of_environment()).send()
    if as_json:
        told = {"ended": dict(sent.ended), "waits": dict(sent.waits), "because": sent.because}
        emit_json(told | {"findings": len(sent.findings)})
        return
    print(", ".join(f"{count} {name}" for name, count in sent.ended.items()) or "nothing was sent")
    for reason, count in sent.waits.items():
        print(f"{count} wait: {reason}")
    if sent.because:
        print(f"ended early: {sent.because}")
    show_findings(sent.findings)
