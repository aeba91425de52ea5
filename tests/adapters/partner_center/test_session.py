"""How a session asks: ids, patience with an end, and what it will not do."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from csp_receivables.adapters.partner_center.connection import connect
from csp_receivables.adapters.partner_center.manners import PAUSE_MAX, SECONDS_IN_ALL, retry_after
from csp_receivables.adapters.partner_center.reader import Reader
from csp_receivables.adapters.partner_center.session import READING, Call, Service, Session
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused, OutcomeUnknown
from csp_receivables.microsoft_settings import cloud_named
from tests.microsoft_server import BREAK, Answer, Scripted, Waiting, as_json

CUSTOMERS = "/v1/customers"
EMPTY = as_json({"items": []})


class OneToken:
    """Tokens without a sign-in."""

    def __init__(self) -> None:
        self.given = 0

    def token(self, service: Service, *, fresh: bool = False) -> str:
        self.given += fresh or not self.given
        return f"access-{self.given}"


def session_to(server: Scripted, waiting: Waiting, **changes: Any) -> Session:
    cloud = cloud_named("test", "global", server.base)
    usual = {
        "cloud": cloud,
        "tokens": OneToken(),
        "client": connect(cloud, waiting.manners),
        "manners": waiting.manners,
    }
    return Session(**(usual | changes))


@pytest.fixture
def session(server: Scripted, waiting: Waiting) -> Session:
    return session_to(server, waiting)


def ids(server: Scripted, name: str) -> list[str]:
    return [each.headers[name] for each in server.to(CUSTOMERS)]


def test_a_call_carries_what_microsoft_asks_for(server: Scripted, session: Session) -> None:
    server.says("GET", CUSTOMERS, EMPTY)

    session.get(CUSTOMERS, {"size": "5", "filter": '{"a": "å&b"}'})

    (asked,) = server.to(CUSTOMERS)
    assert asked.query == {"size": "5", "filter": '{"a": "å&b"}'}
    assert asked.headers["authorization"] == "Bearer access-1"
    assert asked.headers["ms-contract-version"] == "v1"
    assert asked.headers["x-locale"] == "en-US"
    assert asked.headers["validatemfa"] == "true"
    assert asked.headers["ms-partnercenter-application"] == "CSP Receivables"
    assert re.fullmatch(r"[0-9a-f-]{36}", asked.headers["ms-requestid"])
    assert re.fullmatch(r"[0-9a-f-]{36}", asked.headers["ms-correlationid"])


@pytest.mark.parametrize(
    "failure",
    [
        Answer(429, b'{"statusCode":429,"message":"Try again in 1 second."}'),
        Answer(500, b""),
        Answer(502, b"<html>Bad gateway</html>"),
        Answer(503, b"{}"),
        Answer(504, b""),
        Answer(408, b""),
        Answer(200, b"<!DOCTYPE html><html>Sorry</html>"),
        Answer(200, b""),
        Answer(200, BREAK),
        Answer(200, b'{"items": [', cut=4),
    ],
)
def test_a_call_that_is_tried_again_keeps_its_request_id(server: Scripted, session: Session, failure: Answer) -> None:
    server.says("GET", CUSTOMERS, failure, failure, EMPTY)

    session.get(CUSTOMERS)
    session.get(CUSTOMERS)

    first, second, third, other = ids(server, "ms-requestid")
    assert first == second == third != other
    assert len(set(ids(server, "ms-correlationid"))) == 4


def test_five_tries_are_the_most(server: Scripted, session: Session, waiting: Waiting) -> None:
    server.says("GET", CUSTOMERS, Answer(503, b""))

    with pytest.raises(MicrosoftRefused, match="HTTP 503") as refused:
        session.get(CUSTOMERS)

    assert refused.value.passes
    assert len(server.to(CUSTOMERS)) == 5
    assert waiting.pauses == [1.5, 3, 6, 12]  # half of it is chance


def test_ten_minutes_are_the_longest(server: Scripted, session: Session, waiting: Waiting) -> None:
    server.says("GET", CUSTOMERS, Answer(429, b"", {"Retry-After": "250"}))

    with pytest.raises(MicrosoftRefused):
        session.get(CUSTOMERS)

    assert waiting.pauses == [250.5, 250.5]
    assert sum(waiting.pauses) <= SECONDS_IN_ALL


def test_what_the_server_asks_for_is_waited(server: Scripted, session: Session, waiting: Waiting) -> None:
    until = "Tue, 10 Nov 2026 06:00:50 GMT"
    server.says(
        "GET", CUSTOMERS, Answer(429, b"", {"Retry-After": "7"}), Answer(503, b"", {"Retry-After": until}), EMPTY
    )

    session.get(CUSTOMERS)

    assert waiting.pauses == [7.5, 43.5]  # the date, from six and seven and a half seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("0", 0),
        (" 57 ", 57),
        ("300", 300),
        ("301", PAUSE_MAX),
        ("9" * 50, PAUSE_MAX),
        ("-5", None),
        ("٣", None),
        ("Tue, 10 Nov 2026 06:00:10 GMT", 11),
        ("Tue, 10 Nov 2026 05:00:00 GMT", 0),
        ("Thu, 31 Dec 9999 23:59:59 GMT", PAUSE_MAX),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_capped(waiting: Waiting, text: str | None, seconds: int | None) -> None:
    assert retry_after(text, waiting.now) == seconds


def test_an_expired_token_is_renewed_once(server: Scripted, session: Session) -> None:
    server.says("GET", CUSTOMERS, as_json({"code": 900401}, 401), EMPTY)

    session.get(CUSTOMERS)

    first, second = server.to(CUSTOMERS)
    assert (first.headers["authorization"], second.headers["authorization"]) == ("Bearer access-1", "Bearer access-2")
    assert first.headers["ms-requestid"] != second.headers["ms-requestid"]  # a 401 is a final answer


def test_a_second_401_is_refused(server: Scripted, session: Session) -> None:
    server.says("GET", CUSTOMERS, Answer(401, b""))

    with pytest.raises(MicrosoftRefused, match="app registration"):
        session.get(CUSTOMERS)

    assert len(server.to(CUSTOMERS)) == 2


def test_a_missing_second_factor_goes_to_a_person_at_once(server: Scripted, session: Session) -> None:
    server.says("GET", CUSTOMERS, as_json({"code": 900421, "description": "MFA"}, 401))

    with pytest.raises(ConsentLost, match="MFA") as lost:
        session.get(CUSTOMERS)

    assert not lost.value.passes
    assert len(server.to(CUSTOMERS)) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 417, 501])
def test_what_does_not_pass_is_not_tried_again(server: Scripted, session: Session, status: int) -> None:
    server.says("GET", CUSTOMERS, as_json({"code": "x1", "description": "No."}, status))

    with pytest.raises(MicrosoftRefused, match="No") as refused:
        session.get(CUSTOMERS)

    assert (refused.value.code, refused.value.status, refused.value.passes) == ("x1", status, status == 409)
    assert len(server.to(CUSTOMERS)) == 1


WRITING = [
    ("PATCH", "/v1/customers/a/subscriptions/b"),
    ("POST", "/v1/customers/a/subscriptions/b/azureEntitlements/c/cancel"),
    ("POST", "/v1/servicerequests/en-US"),
    ("POST", "/v1.0/reports/partners/billing/usage/billed/export/../../x"),
    ("POST", "/v1.0/reports/partners/billing/usage/billed/exports"),
    ("DELETE", CUSTOMERS),
    ("PUT", CUSTOMERS),
    ("get", CUSTOMERS),
    ("GET", "/_emulator"),
]


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_the_reader_can_not_write(server: Scripted, session: Session, method: str, path: str) -> None:
    for service in Service:
        with pytest.raises(PermissionError):
            session.send(Call(method=method, service=service, path=path))

    assert server.asked == []


@pytest.mark.parametrize(
    "answer", [Answer(200, BREAK), Answer(500, b""), Answer(504, b""), Answer(503, b""), Answer(524, b"")]
)
def test_a_writing_call_that_broke_off_is_not_repeated(server: Scripted, waiting: Waiting, answer: Answer) -> None:
    writing = session_to(server, waiting, rights=(("PATCH", re.compile("/v1/x")),))
    server.says("PATCH", "/v1/x", answer)

    with pytest.raises(OutcomeUnknown, match="broke off"):
        writing.send(Call(method="PATCH", service=Service.PARTNER_CENTER, path="/v1/x", body=b"{}", repeatable=False))

    assert len(server.to("/v1/x")) == 1


def test_a_throttled_writing_call_is_repeated_with_its_request_id(server: Scripted, waiting: Waiting) -> None:
    writing = session_to(server, waiting, rights=(("PATCH", re.compile("/v1/x")),))
    server.says("PATCH", "/v1/x", Answer(429, b"", {"Retry-After": "1"}), as_json({}))

    writing.send(Call(method="PATCH", service=Service.PARTNER_CENTER, path="/v1/x", body=b"{}", repeatable=False))

    first, second = server.to("/v1/x")
    assert first.headers["ms-requestid"] == second.headers["ms-requestid"]


def test_nobody_there_is_tried_again_and_told(waiting: Waiting) -> None:
    cloud = cloud_named("test", "global", "http://127.0.0.1:1")
    alone = Session(
        cloud=cloud, tokens=OneToken(), client=connect(cloud, waiting.manners), manners=waiting.manners, rights=READING
    )

    with pytest.raises(MicrosoftRefused, match="no answer came") as refused:
        alone.get(CUSTOMERS)

    assert refused.value.passes
    assert len(waiting.pauses) == 4


@pytest.mark.parametrize("cloud", ["us_gov", "china"])
def test_a_cloud_without_an_export_says_so(waiting: Waiting, cloud: str) -> None:
    there, tokens = cloud_named("test", cloud), OneToken()
    session = Session(cloud=there, tokens=tokens, client=connect(there, waiting.manners), manners=waiting.manners)

    with pytest.raises(MicrosoftRefused, match="no billing export"):
        session.send(Call(method="GET", service=Service.GRAPH, path="/v1.0/reports/x"))

    assert tokens.given == 0


def test_ids_are_logged_and_queries_are_not(
    server: Scripted, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.says("GET", CUSTOMERS, as_json({"items": []}, MS_CorrelationId="theirs-1"))

    session.get(CUSTOMERS, {"filter": "Person Name"})

    (asked,) = server.to(CUSTOMERS)
    told = next(each for each in caplog.records if each.name.endswith("session"))
    assert told.levelno == logging.INFO
    assert asked.headers["ms-requestid"] in told.message
    assert asked.headers["ms-correlationid"] in told.message
    assert "theirs-1" in told.message
    assert "Person" not in caplog.text


SECRETS = ("S3cr3t~", "access-", "refresh-", "SasSignature", "PRIVATE KEY", "Person Name", "person@")


def test_no_secret_reaches_a_log_or_a_representation(
    server: Scripted, reader: Reader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A whole run, with failures on the way, at the lowest level of all logging."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.NOTSET)
    billing = "/v1.0/reports/partners/billing"
    manifest = {"id": "m", "eTag": "1", "rootDirectory": f"{server.base}/store", "sasToken": "sig=SasSignature"}
    manifest |= {"blobs": [{"name": "p.gz"}]}
    blamed = {"code": 1, "description": "person@customer.example: token=access-1 Authorization: Bearer access-1"}
    server.says("GET", "/v1/invoices", Answer(502, b"<html>person@x.example</html>"), as_json({"items": []}))
    server.says("GET", CUSTOMERS, as_json(blamed, 400))
    server.says(
        "POST", f"{billing}/reconciliation/billed/export", Answer(202, headers={"Location": f"{billing}/operations/o"})
    )
    server.says("GET", f"{billing}/operations/o", as_json({"status": "succeeded", "resourceLocation": manifest}))
    server.says("GET", "/store/p.gz", Answer(200, b"no gzip"), Answer(403, b"<Error>sig=SasSignature</Error>"))

    reader.invoices.invoices()
    ready = reader.exports.look(reader.exports.ask("G1"))
    shown = [repr(reader), repr(ready), repr(reader.sign_in.identity)]
    for failing in (
        lambda: list(reader.subscriptions.tenants()),
        lambda: reader.exports.download(ready.manifest, "p.gz", tmp_path / "p"),  # type: ignore[union-attr]
    ):
        with pytest.raises(MicrosoftRefused) as refused:
            failing()
        shown += [str(refused.value), repr(refused.value)]

    told = caplog.text + "\n".join(shown)
    assert [secret for secret in SECRETS if secret in told] == []
    assert "SasSignature" in server.to("/store/p.gz")[0].query["sig"]  # it was really used
