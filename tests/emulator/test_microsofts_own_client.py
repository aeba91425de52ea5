"""Microsoft's own `msgraph-sdk` exports an invoice from the emulator: it asks, looks, reads the manifest, downloads."""

from __future__ import annotations

import asyncio
import gzip
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_http.middleware.options import ResponseHandlerOption
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.partners.billing.attribute_set import AttributeSet
from msgraph.generated.models.partners.billing.export_success_operation import ExportSuccessOperation
from msgraph.generated.models.partners.billing.failed_operation import FailedOperation
from msgraph.generated.models.partners.billing.manifest import Manifest
from msgraph.generated.models.partners.billing.operation import Operation
from msgraph.generated.models.partners.billing.running_operation import RunningOperation
from msgraph.generated.reports.partners.billing.reconciliation.billed.microsoft_graph_partners_billing_export.export_post_request_body import (  # noqa: E501
    ExportPostRequestBody,
)

from emulator.server import Emulator
from tests.emulator.serving import Client

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the SDK against itself
INVOICE = "G112804417"


class Token(AccessTokenProvider):
    """The emulator's token, for any address: here it is http on this machine."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_authorization_token(self, uri: str, additional_authentication_context: dict[str, Any] = {}) -> str:  # noqa: B006 - its own signature
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


class Sdk:
    """The SDK's client of one emulator."""

    def __init__(self, emulator: Emulator, token: str) -> None:
        adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Token(token)), httpx.AsyncClient())
        adapter.base_url = f"{emulator.url}/v1.0"
        self.billing = GraphServiceClient(request_adapter=adapter).reports.partners.billing

    async def ask(self, invoice: str) -> str:
        """The operation's id, out of the address that the SDK's typed answer leaves in a header."""
        body = ExportPostRequestBody(invoice_id=invoice, attribute_set=AttributeSet.Full)
        native: RequestConfiguration[Any] = RequestConfiguration(
            options=[ResponseHandlerOption(NativeResponseHandler())]
        )
        answer: Any = await self.billing.reconciliation.billed.microsoft_graph_partners_billing_export.post(
            body, native
        )
        found = re.search(r"/operations/([^/]+)$", answer.headers["Location"])
        assert found and 202 == answer.status_code
        return found[1]

    async def look(self, operation: str) -> Operation:
        found = await self.billing.operations.by_operation_id(operation).get()
        assert found is not None
        return found

    async def looks(self, invoice: str) -> list[Operation]:
        """Every state until it is done."""
        operation, seen = await self.ask(invoice), []
        while not seen or isinstance(seen[-1], RunningOperation):
            seen.append(await self.look(operation))
        return seen


@pytest.fixture
def sdk(client: Client, emulator: Emulator) -> Sdk:
    return Sdk(emulator, client.graph["Authorization"].removeprefix("Bearer "))


def _download(client: Client, manifest: Manifest) -> int:
    assert manifest.blobs
    return sum(
        len(
            gzip.decompress(
                client.http.get(f"{manifest.root_directory}/{blob.name}?{manifest.sas_token}").content
            ).splitlines()
        )
        for blob in manifest.blobs
    )


def test_the_sdk_exports_an_invoice(client: Client, sdk: Sdk) -> None:
    async def export() -> tuple[list[Operation], Manifest | None]:
        seen = await sdk.looks(INVOICE)
        link = str(seen[-1].additional_data["resourceLocation@odata.navigationLink"])
        return seen, await sdk.billing.manifests.by_manifest_id(link.rpartition("/")[2]).get()

    client.world.behaviour = replace(client.world.behaviour, lines_per_blob=50)
    seen, manifest = asyncio.run(export())

    assert ["RunningOperation", "RunningOperation", "ExportSuccessOperation"] == [type(each).__name__ for each in seen]
    assert ["notStarted", "running", "succeeded"] == [each.status.value for each in seen if each.status]
    assert manifest and manifest.blobs and manifest.blob_count == len(manifest.blobs) > 1
    assert sum(1 for _ in client.world.charges["reconciliation", INVOICE].lines()) == _download(client, manifest)


def test_the_sdk_reads_a_manifest_within_the_operation(client: Client, sdk: Sdk) -> None:
    client.world.behaviour = replace(client.world.behaviour, inline_manifest=True, timestamps_without_z=True)
    last = asyncio.run(sdk.looks(INVOICE))[-1]

    assert isinstance(last, ExportSuccessOperation) and last.resource_location
    assert last.created_date_time
    assert _download(client, last.resource_location) > 0


def test_the_sdk_reads_a_failure(sdk: Sdk) -> None:
    last = asyncio.run(sdk.looks("D0200ABCDE"))[-1]

    assert isinstance(last, FailedOperation) and last.error
    assert "5000" == last.error.code


def test_the_sdk_reads_that_an_operation_is_gone(client: Client, sdk: Sdk) -> None:
    async def too_late() -> None:
        operation = await sdk.ask(INVOICE)
        client.world.behaviour = replace(client.world.behaviour, operation_seconds=0)
        await sdk.look(operation)

    with pytest.raises(ODataError) as gone:
        asyncio.run(too_late())
    assert (410, "Gone") == (gone.value.response_status_code, gone.value.error and gone.value.error.code)
