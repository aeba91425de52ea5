"""What the steps need from Microsoft. The reader can't write: what writes has a port of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from csp_receivables.domain.findings import Finding
from csp_receivables.domain.microsoft.exports import ExportState, Manifest
from csp_receivables.domain.microsoft.fetches import Fetched, FetchKind, KnownFetch
from csp_receivables.domain.microsoft.invoices import ChargeList, ListedInvoice
from csp_receivables.domain.microsoft.sign_in import RefreshToken
from csp_receivables.domain.microsoft.subscriptions import Kept, Subscription


class MicrosoftRefused(RuntimeError):
    """Microsoft, or the way to it, said no: `code`, what it means, and the remedy. Never a secret in the text.

    `passes`: the same call may well work later, so a retry of the task is worth it.
    """

    def __init__(self, code: str, meaning: str, remedy: str, *, status: int = 0, passes: bool = False) -> None:
        self.code = code
        self.meaning = meaning
        self.remedy = remedy
        self.status = status
        self.passes = passes
        super().__init__(f"Microsoft refused ({code or status}): {meaning}. {remedy}")


class ConsentLost(MicrosoftRefused):
    """The refresh token or the credentials are refused: a person must consent again, and no retry helps."""


class OutcomeUnknown(MicrosoftRefused):
    """A writing call broke off: it may or may not have had its effect. Settle it by reading, never by writing again."""


class ManifestExpired(MicrosoftRefused):
    """The store of blobs no longer opens to this manifest: look at the operation again for a fresh one."""


class RefreshTokens(Protocol):
    """Where an identity's rolling refresh token lies. Whatever it raises stops the sign-in."""

    def load(self) -> RefreshToken | None:
        """The newest token; None when nobody has consented yet."""

    def store(self, token: RefreshToken) -> None:
        """Keep it in place of the one before; when this returns, a crash can't lose it."""


class ChargeExports(Protocol):
    """The export of an invoice's charges: asked for, looked at, downloaded."""

    def ask(self, invoice_id: str) -> str:
        """Ask for an export; returns the address of its operation. Raises MicrosoftRefused."""

    def look(self, operation: str) -> ExportState:
        """How it stands. Raises MicrosoftRefused."""

    def download(self, manifest: Manifest, blob: str, into: Path) -> int:
        """Write one blob to `into` as it comes (gzip), whole or not there; its bytes. Raises MicrosoftRefused."""


class UnbilledExports(Protocol):
    """The export of what is not billed yet, by currency."""

    def ask_unbilled(self, currency: str, period: str) -> str:
        """Ask for it. `period`: "current" or "last". Returns the address of its operation. Raises MicrosoftRefused."""

    def look(self, operation: str) -> ExportState:
        """See `ChargeExports`."""

    def download(self, manifest: Manifest, blob: str, into: Path) -> int:
        """See `ChargeExports`."""


class ChargeLists(Protocol):
    """An invoice's charges where no export gives them: legacy invoices, mainly."""

    def download(self, invoice_id: str, charges: ChargeList, into: Path) -> int:
        """Write all items to `into`, gzip of JSON lines, whole or not there; how many. Raises MicrosoftRefused."""


class InvoiceList(Protocol):
    """Vendor invoices at Microsoft."""

    def invoices(self) -> Sequence[ListedInvoice]:
        """Every invoice, amendments among them, in the order of their ids. Raises MicrosoftRefused."""


class Change(StrEnum):
    """How a change of a subscription ended."""

    DONE = "done"
    ACCEPTED = "accepted"  # Microsoft is still at it: read the subscription until it shows


class SubscriptionChanges(Protocol):
    """What may be changed at a subscription. Who plans access uses it, through the outbox, and nobody else."""

    def read(self, tenant_id: str, subscription_id: str) -> Subscription:
        """The subscription as it is now. Raises MicrosoftRefused."""

    def set_status(self, subscription: Subscription, status: str) -> Change:
        """Give the subscription just read another status, "suspended" or "active"; all else stays.

        Raises MicrosoftRefused ("2055": it changed since), and OutcomeUnknown: read it before anything else.
        """

    def set_auto_renew(self, subscription: Subscription, *, on: bool) -> Change:
        """Let the subscription just read renew itself or not; as `set_status`."""

    def last_call(self) -> str:
        """The ids of the last call that left, as Microsoft's support asks for them; "" before the first."""

    def set_renewal(self, subscription: Subscription, like: str) -> Change:
        """Give the subscription just read the auto-renew, instructions and scheduled actions of the document `like`;
        as `set_status`."""


class SubscriptionList(Protocol):
    """Customers' subscriptions at Microsoft."""

    def tenants(self) -> Iterator[str]:
        """The tenant ids of all customers. Raises MicrosoftRefused."""

    def subscriptions(self, tenant_id: str) -> Sequence[Subscription]:
        """A customer's subscriptions, in the order of their ids. Raises MicrosoftRefused."""


class Downloads(Protocol):
    """Where downloads lie until they are imported, and after."""

    def finished(self, invoice_id: str, version: str) -> Path | None:
        """The record of this version's download where it is whole."""

    def begin(self, invoice_id: str, version: str) -> Path:
        """An empty folder for it: what an attempt before left there is gone."""

    def finish(self, folder: Path, invoice: ListedInvoice, parts: Sequence[Path]) -> Path:
        """Put the invoice's own words and the record beside the parts; returns the record. It is whole from then on."""


class FetchBook(Protocol):
    """What is known of fetched invoices."""

    def known(self, invoice_id: str, kind: FetchKind) -> KnownFetch | None:
        """The latest word on an invoice; None where that of it was never fetched."""

    def keep_words(self, listed: Sequence[ListedInvoice]) -> None:
        """Keep what Microsoft's list says of each invoice, where it is new."""

    def keep(self, fetched: Fetched) -> None:
        """Keep what fetching came to, with a finding where a person must look. The same word again changes nothing."""


class SubscriptionBook(Protocol):
    """Subscriptions as the ledger keeps them: a row is added when something changed."""

    def keep(self, tenant_id: str, listed: Sequence[Subscription]) -> Kept:
        """Keep what Microsoft lists of one tenant, in one transaction."""

    def tell(self, findings: Sequence[Finding]) -> None:
        """Keep what a person must know. The same again changes nothing."""
