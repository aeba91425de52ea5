"""The export of an invoice's charges or daily usage as an operator that parks: while Microsoft works, no worker waits.

The trigger holds nothing but an address, so a triggerer that restarts goes on where the other one was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from csp_airflow import microsoft_tasks
from csp_airflow.troubles import PassingTrouble
from csp_receivables.domain.microsoft.exports import Move

HOURS_TO_WAIT = 6  # for one export; Microsoft's own advice is to ask anew after some hours
LOOKS_FAILED_MAX = 5


class ExportTrigger(BaseTrigger):  # type: ignore[misc]  # Airflow's classes have no types here
    """Looks at an export until there is something to do."""

    def __init__(self, invoice: dict[str, str], operation: str, starts: int) -> None:
        super().__init__()
        self.invoice = invoice
        self.operation = operation
        self.starts = starts

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As Airflow keeps it."""
        kept = {"invoice": self.invoice, "operation": self.operation, "starts": self.starts}
        return f"{__name__}.ExportTrigger", kept

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event, when the waiting is over."""
        from asgiref.sync import sync_to_async

        failed = 0
        while True:
            try:
                told = await sync_to_async(microsoft_tasks.look_at_export)(self.invoice, self.operation, self.starts)
                failed = 0
            except PassingTrouble as trouble:
                failed += 1
                if failed >= LOOKS_FAILED_MAX:
                    yield TriggerEvent({"passes": str(trouble)})
                    return
                told = {"move": Move.LOOK_AGAIN.value, "after": 30}
            except Exception as refused:  # the triggerer must go on; the task tells it
                yield TriggerEvent({"refused": f"{type(refused).__name__}: {refused}"})
                return
            if microsoft_tasks.is_final(str(told["move"])):
                yield TriggerEvent(told | {"operation": self.operation})
                return
            await asyncio.sleep(int(told["after"]))


class ExportRefused(RuntimeError):
    """Microsoft refused to say how an export stands."""


class ExportCharges(BaseOperator):  # type: ignore[misc]  # as above
    """Asks for an invoice's data and parks until it can be downloaded. Returns the invoice with its operation.

    A legacy invoice is never exported: it is handed on at once.
    """

    template_fields = ()

    def __init__(self, *, invoice: dict[str, str], **more: Any) -> None:
        super().__init__(**more)
        self.invoice = invoice

    def execute(self, context: Mapping[str, Any]) -> dict[str, str]:
        """Ask, and park."""
        if operation := microsoft_tasks.ask_for_export(self.invoice, context):
            self._park(operation, starts=1)
        return self.invoice | {"operation": ""}

    def resume(self, context: Mapping[str, Any], event: dict[str, Any], starts: int = 1) -> dict[str, str]:
        """What the trigger saw: go on, ask anew, or say why not."""
        if "passes" in event:
            raise PassingTrouble(event["passes"])
        if "refused" in event:
            raise ExportRefused(event["refused"])
        if Move(event["move"]) is Move.TRY_LATER:
            raise PassingTrouble(str(event["because"]))
        if Move(event["move"]) is Move.ASK_ANEW:
            self._park(microsoft_tasks.ask_for_export(self.invoice, context), starts=starts + 1)
        return self.invoice | {"operation": event["operation"]}

    def _park(self, operation: str, starts: int) -> None:
        self.defer(
            trigger=ExportTrigger(self.invoice, operation, starts),
            method_name="resume",
            kwargs={"starts": starts},
            timeout=timedelta(hours=HOURS_TO_WAIT),
        )
