"""A person's first consent over HTTP: msal's code flow, the page, the way back, and where the refresh token goes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from csp_receivables.adapters.partner_center.code_receiver import BODY_MAX, CodeReceiver
from csp_receivables.adapters.partner_center.connection import connect
from csp_receivables.adapters.partner_center.consent import Consent
from csp_receivables.adapters.partner_center.reader import open_reader
from csp_receivables.domain.microsoft.sign_in import RefreshToken
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused
from emulator.faults import Wanted
from emulator.server import Emulator
from tests.consenting_person import consents, page_of
from tests.emulator.serving import sample_world
from tests.microsoft_server import Waiting, identity


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(sample_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator, waiting: Waiting) -> Emulator:
    served.world = sample_world()
    served.world.sign_in.refresh_tokens.clear()  # nobody has consented yet
    waiting.now = served.world.clock.now
    return served


class Kept:
    """A store of refresh tokens."""

    def __init__(self) -> None:
        self.token: RefreshToken | None = None

    def load(self) -> RefreshToken | None:
        return self.token

    def store(self, token: RefreshToken) -> None:
        self.token = token


def asks(
    emulator: Emulator, waiting: Waiting, kept: Kept, person: Any, patience: timedelta = timedelta(seconds=10)
) -> str:
    """Ask a person, who gets the address in a thread of their own; the address."""
    shown: list[str] = []
    threads: list[threading.Thread] = []

    def show(address: str) -> None:
        shown.append(address)
        threads.append(threading.Thread(target=person, args=(address,)))
        threads[-1].start()

    who = identity(emulator.url, with_user=True)
    try:
        with connect(who.cloud, waiting.manners) as client, CodeReceiver(0) as receiver:
            Consent(identity=who, client=client, manners=waiting.manners, refresh_tokens=kept, show=show).ask(
                receiver, patience
            )
    finally:
        for thread in threads:
            thread.join()
    return shown[0]


def test_a_consent_lets_the_reader_read_as_a_user(
    emulator: Emulator, waiting: Waiting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept = Kept()

    address = asks(emulator, waiting, kept, consents)

    assert kept.token is not None
    assert kept.token.stored_at == waiting.now
    assert "code_challenge_method=S256" in address
    assert "offline_access" in address
    for secret in (kept.token.token, "emulator-code", "S3cr3t"):
        assert secret not in caplog.text
    reader = open_reader(identity(emulator.url, with_user=True), waiting.manners, kept)
    assert reader.balances.every_currency()
    reader.close()


def test_a_person_without_a_second_factor_is_told_at_once(emulator: Emulator, waiting: Waiting) -> None:
    emulator.world.behaviour = replace(emulator.world.behaviour, users_pass_mfa=False)
    kept = Kept()

    with pytest.raises(ConsentLost, match="without a second factor"):
        asks(emulator, waiting, kept, consents)

    assert kept.token is None


def says_no(address: str) -> None:
    where, fields = page_of(address)
    httpx.post(where, data={"error": "access_denied", "error_description": "AADSTS65004: no", "state": fields["state"]})


def redeems_first(address: str) -> None:
    """Somebody who stole the code was quicker, without what only we know."""
    where, fields = page_of(address)
    base = address.partition("/oauth2")[0]
    secret = {"client_id": "app", "client_secret": "x", "grant_type": "authorization_code"}
    stolen = httpx.post(f"{base}/oauth2/v2.0/token", data={**secret, "code": fields["code"], "redirect_uri": where})
    assert stolen.status_code == 400
    httpx.post(where, data=fields)


@pytest.mark.parametrize("person", [says_no, redeems_first])
def test_what_is_refused_keeps_nothing(emulator: Emulator, waiting: Waiting, person: Any) -> None:
    kept = Kept()

    with pytest.raises(MicrosoftRefused):
        asks(emulator, waiting, kept, person)

    assert kept.token is None


def test_an_answer_of_another_state_is_left_aside(emulator: Emulator, waiting: Waiting) -> None:
    answers = []

    def confused(address: str) -> None:
        where, fields = page_of(address)
        answers.append(httpx.post(where, data={"code": "planted", "state": "other"}).status_code)
        answers.append(httpx.post(where, content=b"x" * (BODY_MAX + 1)).status_code)
        answers.append(httpx.get(f"{where}?code=planted").status_code)
        answers.append(httpx.post(where, data=fields).status_code)

    kept = Kept()
    asks(emulator, waiting, kept, confused)

    assert answers == [400, 400, 404, 200]
    assert kept.token is not None
    assert kept.token.token in emulator.world.sign_in.refresh_tokens


def test_nobody_comes(emulator: Emulator, waiting: Waiting) -> None:
    with pytest.raises(TimeoutError, match="nobody consented"):
        asks(emulator, waiting, Kept(), lambda _: None, patience=timedelta(milliseconds=50))


@pytest.mark.parametrize("kind", ["error_503", "closed_before", "throttled", "html_502"])
def test_a_sign_in_that_stumbles_is_tried_again(emulator: Emulator, waiting: Waiting, kind: str) -> None:
    emulator.world.faults.want(Wanted(kind=kind, method="POST", path="oauth2"))
    kept = Kept()

    asks(emulator, waiting, kept, consents)

    assert emulator.world.faults.struck[kind]
    assert kept.token is not None
    assert kept.token.token in emulator.world.sign_in.refresh_tokens


def test_a_token_that_can_not_be_stored_is_said_without_it(emulator: Emulator, waiting: Waiting) -> None:
    class Full(Kept):
        def store(self, token: RefreshToken) -> None:
            raise OSError(f"no space for {token.token}")

    with pytest.raises(MicrosoftRefused, match="could not be stored") as refused:
        asks(emulator, waiting, Full(), consents)

    assert "emulator-refresh-token" not in str(refused.value)
