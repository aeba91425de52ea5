"""Signing in at the emulator by Microsoft's own library: with secret, certificate, or a rolling refresh token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from csp_receivables.adapters.partner_center.connection import connect
from csp_receivables.adapters.partner_center.session import Service
from csp_receivables.adapters.partner_center.sign_in import SignIn
from csp_receivables.domain.microsoft.sign_in import RefreshToken
from csp_receivables.microsoft_ports import ConsentLost, MicrosoftRefused
from csp_receivables.microsoft_settings import Certificate
from emulator.faults import Wanted
from emulator.server import Emulator
from emulator.sign_in import REFRESH_TOKEN
from tests.emulator.serving import sample_world
from tests.microsoft_server import SECRET, Waiting, identity

NOW = datetime(2026, 11, 10, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def served() -> Iterator[Emulator]:
    with Emulator(sample_world()) as emulator:
        yield emulator


@pytest.fixture
def emulator(served: Emulator, waiting: Waiting) -> Emulator:
    served.world = sample_world(waiting.now)
    return served


class Kept:
    """A store of refresh tokens; `log` is shared with whoever wants to know the order of things."""

    def __init__(self, token: str = REFRESH_TOKEN, stored_at: datetime = NOW) -> None:
        self.token: RefreshToken | None = RefreshToken(token=token, stored_at=stored_at)
        self.stored: list[str] = []

    def load(self) -> RefreshToken | None:
        return self.token

    def store(self, token: RefreshToken) -> None:
        self.token = token
        self.stored.append(token.token)


class Broken(Kept):
    """A store that can't keep anything."""

    def store(self, token: RefreshToken) -> None:
        raise OSError(f"no space for {token.token}")


def sign_in(emulator: Emulator, waiting: Waiting, kept: Kept | None = None, **changes: Any) -> SignIn:
    who = identity(emulator.url, with_user=kept is not None, **changes)
    return SignIn(who, connect(who.cloud, waiting.manners), waiting.manners, kept)


def asked_for_tokens(emulator: Emulator) -> int:
    return sum(entry.path.endswith("/token") for entry in emulator.world.log.entries)


def test_a_token_is_kept_until_five_minutes_before_its_end(emulator: Emulator, waiting: Waiting) -> None:
    signed = sign_in(emulator, waiting)
    first = signed.token(Service.PARTNER_CENTER)
    waiting.sleep(3599 - 301)
    assert signed.token(Service.PARTNER_CENTER) == first

    waiting.sleep(1)

    assert signed.token(Service.PARTNER_CENTER) != first
    assert signed.token(Service.GRAPH) not in (first, signed.token(Service.PARTNER_CENTER))
    assert asked_for_tokens(emulator) == 3


def test_a_fresh_token_is_really_a_new_one(emulator: Emulator, waiting: Waiting) -> None:
    signed = sign_in(emulator, waiting)

    assert signed.token(Service.GRAPH) != signed.token(Service.GRAPH, fresh=True)


def test_a_wrong_secret_goes_to_a_person_at_once(emulator: Emulator, waiting: Waiting) -> None:
    emulator.world.sign_in.applications["app"] = "another"

    with pytest.raises(ConsentLost, match="the client secret is wrong") as lost:
        sign_in(emulator, waiting).token(Service.GRAPH)

    assert (lost.value.code, lost.value.passes) == ("AADSTS7000215", False)
    assert SECRET not in str(lost.value)
    assert asked_for_tokens(emulator) == 1


def certificate(name: str = "app") -> tuple[str, str, str]:
    """PEM of key and certificate, the thumbprint, and the public certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1)
        .not_valid_before(datetime(2026, 1, 1))
        .not_valid_after(datetime(2030, 1, 1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = made.public_bytes(serialization.Encoding.PEM).decode()
    return private + public, made.fingerprint(hashes.SHA1()).hex().upper(), public


def test_a_certificate_proves_the_app_with_or_without_a_thumbprint(emulator: Emulator, waiting: Waiting) -> None:
    pem, thumbprint, public = certificate()
    emulator.world.sign_in.certificates["app"] = public

    for print_ in (thumbprint, ""):
        by_certificate = Certificate(pem=pem, thumbprint=print_)
        assert sign_in(emulator, waiting, secret="", certificate=by_certificate).token(Service.GRAPH)
        assert "PRIVATE" not in repr(by_certificate)

    other, thumbprint, _ = certificate("other")
    with pytest.raises(ConsentLost, match="certificate is not the registered one"):
        wrong = Certificate(pem=other, thumbprint=thumbprint)
        sign_in(emulator, waiting, secret="", certificate=wrong).token(Service.GRAPH)


def test_a_certificate_that_is_broken_says_so(emulator: Emulator, waiting: Waiting) -> None:
    broken = Certificate(pem="-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----", thumbprint="A" * 40)

    with pytest.raises(MicrosoftRefused, match="PEM is whole"):
        sign_in(emulator, waiting, secret="", certificate=broken).token(Service.GRAPH)


def test_every_use_of_a_refresh_token_stores_the_new_one(emulator: Emulator, waiting: Waiting) -> None:
    emulator.world.behaviour = replace(emulator.world.behaviour, refresh_tokens_work_once=True)
    kept = Kept()
    signed = sign_in(emulator, waiting, kept)

    signed.token(Service.PARTNER_CENTER)
    waiting.sleep(10)
    signed.token(Service.GRAPH)

    assert len(set(kept.stored)) == 2
    assert kept.token == RefreshToken(token=kept.stored[-1], stored_at=waiting.now)
    assert signed.aging is None


def test_a_refresh_token_that_can_not_be_stored_is_an_error(emulator: Emulator, waiting: Waiting) -> None:
    signed = sign_in(emulator, waiting, Broken())

    for _ in range(2):  # the access token that came along is not kept
        with pytest.raises(MicrosoftRefused, match="could not be stored") as refused:
            signed.token(Service.GRAPH)

        assert "refresh-token" not in str(refused.value)
        assert refused.value.__suppress_context__


def test_a_revoked_consent_goes_to_a_person_at_once(emulator: Emulator, waiting: Waiting) -> None:
    emulator.world.sign_in.refresh_tokens.clear()

    with pytest.raises(ConsentLost, match="consent again") as lost:
        sign_in(emulator, waiting, Kept()).token(Service.PARTNER_CENTER)

    assert (lost.value.code, lost.value.passes) == ("AADSTS50173", False)
    assert asked_for_tokens(emulator) == 1
    assert waiting.pauses == []


def test_without_any_consent_nothing_is_asked(emulator: Emulator, waiting: Waiting) -> None:
    kept = Kept()
    kept.token = None

    with pytest.raises(ConsentLost, match="nobody has consented yet"):
        sign_in(emulator, waiting, kept).token(Service.GRAPH)

    assert asked_for_tokens(emulator) == 0


@pytest.mark.parametrize(
    ("unused", "warns"), [(timedelta(days=60) - timedelta(seconds=1), False), (timedelta(days=60), True)]
)
def test_a_token_that_lay_unused_for_sixty_days_is_told(
    emulator: Emulator, waiting: Waiting, unused: timedelta, *, warns: bool
) -> None:
    signed = sign_in(emulator, waiting, Kept(stored_at=waiting.now - unused))

    signed.token(Service.GRAPH)

    assert (signed.aging is not None) == warns
    if signed.aging:
        assert (signed.aging.identity, signed.aging.since) == ("partner_center_reader", waiting.now - unused)


@pytest.mark.parametrize("kind", ["throttled", "error_500", "error_503", "html_502", "closed_before", "closed_after"])
def test_a_sign_in_that_fails_in_passing_is_tried_again(emulator: Emulator, waiting: Waiting, kind: str) -> None:
    emulator.world.faults.want(Wanted(kind=kind, path="token|openid", times=4))

    assert sign_in(emulator, waiting).token(Service.GRAPH)

    assert len(waiting.pauses) == 4


def test_a_sign_in_that_stays_away_is_told(emulator: Emulator, waiting: Waiting) -> None:
    emulator.world.faults.want(Wanted(kind="error_503", path="token", times=99))

    with pytest.raises(MicrosoftRefused, match="did not answer") as refused:
        sign_in(emulator, waiting).token(Service.GRAPH)

    assert refused.value.passes
    assert asked_for_tokens(emulator) == 5


def test_no_secret_of_a_sign_in_is_logged(
    emulator: Emulator, waiting: Waiting, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.NOTSET)
    kept = Kept()
    signed = sign_in(emulator, waiting, kept)

    token = signed.token(Service.GRAPH)

    shown = caplog.text + repr(signed.identity) + repr(kept.token)
    assert "signed in to graph" in shown
    for secret in (SECRET, token, REFRESH_TOKEN, *kept.stored):
        assert secret not in shown
