"""The Azure pack: how a person stops what runs under an Azure plan and gives it back, and what can't be done.

The machine never does any of it: the only reason that Microsoft documents for stopping an Azure subscription is
compromise. Whoever decides on it should know what they state, and leave a way back. The facts: microsoft.md 4.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from csp_receivables.domain.access.markdown import escaped
from csp_receivables.domain.microsoft.subscriptions import AzureEntitlement


def azure_pack(tenant_id: str, plan_id: str, entitlements: Sequence[AzureEntitlement] | None = None) -> str:
    """The pack of one plan as Markdown; `entitlements` as just read, None where nobody read them."""
    return "\n".join([*_below(entitlements), *_steps(f"/v1/customers/{tenant_id}/subscriptions/{plan_id}")])


def _below(entitlements: Sequence[AzureEntitlement] | None) -> Iterator[str]:
    if entitlements is None:
        return
    yield f"{len(entitlements)} Azure subscriptions under the plan, as read just now:"
    yield ""
    yield "| Azure subscription | entitlement | status |"
    yield "| --- | --- | --- |"
    for each in entitlements:
        yield f"| {escaped(each.name)} | {escaped(each.entitlement_id)} | {escaped(each.status)} |"
    yield ""


def _steps(plan: str) -> Iterator[str]:
    each = f"{plan}/azureEntitlements"
    yield "- **Who**: a Global administrator who is Admin agent as well. Write down first what runs, and its status."
    yield f"- **See**: `GET {each}`: each Azure subscription with its id and status."
    yield f"- **Stop**: for each `POST {each}/ID/cancel` with the `cancellationReason` `compromise`,"
    yield "  the only documented one; another is refused (900307). It shows after some ten minutes. Resources stop;"
    yield "  storage goes on costing."
    yield "- **Then the plan**, or whoever has access reactivates them: refused while one of them is active (900115)."
    yield f"- **Give back**: the plan first, then for each `POST {each}/ID/reactivate` (202); read each again."
    yield "- **Can't be**: reservations and savings plans have nothing to switch off and are billed on; what Azure"
    yield "  removed some time after the stop doesn't come back; while the plan is active the customer may undo it."
