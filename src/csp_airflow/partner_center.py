"""Microsoft as DAGs use it: a hook that makes an identity of Airflow's connection, and keeps its rolling token.

Without the connection the address of the command line counts (CSP_PARTNER_CENTER_READER, CSP_PARTNER_CENTER_ACTOR).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from csp_airflow import connections
from csp_receivables.domain.microsoft.sign_in import RefreshToken, from_kept, kept_text
from csp_receivables.microsoft_settings import ACTOR as ACTOR_SETTING
from csp_receivables.microsoft_settings import READER as READER_SETTING
from csp_receivables.microsoft_settings import Identity, checked_identity, identity_of_environment
from csp_receivables.settings import BadSetting, Settings

if TYPE_CHECKING:
    from csp_receivables.microsoft_wiring import Actor, Reader
    from csp_receivables.wiring import Ledger

CONNECTION_TYPE = "partner_center"
READER, ACTOR = "partner_center_reader", "partner_center_actor"  # connection ids
_SETTINGS = {READER: READER_SETTING, ACTOR: ACTOR_SETTING}
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


class PartnerCenterHook(BaseHook):  # type: ignore[misc]
    """One of the two identities: `reader` reads under `partner_center_reader`, `actor` acts under the other."""

    conn_name_attr = "partner_center_conn_id"
    default_conn_name = READER
    conn_type = CONNECTION_TYPE
    hook_name = "Microsoft Partner Center"

    def __init__(self, partner_center_conn_id: str = READER) -> None:
        super().__init__()
        self.conn_id = partner_center_conn_id

    def identity(self, environment: Mapping[str, str] = os.environ) -> Identity:
        """Who we are by the connection, else by the setting of the command line. Raises BadSetting."""
        found = connections.connection(self.conn_id)
        if found is not None:
            return identity_of(found, self.conn_id)
        setting = _SETTINGS.get(self.conn_id, "")
        identity = identity_of_environment(setting, environment) if setting else None
        if identity is None:
            raise BadSetting(f"Airflow has no connection {self.conn_id}; add one of type Microsoft Partner Center")
        return identity

    def is_set(self, environment: Mapping[str, str] = os.environ) -> bool:
        """Was an identity named at all?"""
        return connections.connection(self.conn_id) is not None or bool(
            environment.get(_SETTINGS.get(self.conn_id, ""))
        )

    def refresh_tokens(self, clock: Callable[[], datetime]) -> VariableTokens:
        """Where the rolling token of an identity with user lies."""
        return VariableTokens(self.conn_id, clock)

    def reader(self, settings: Settings, ledger: Ledger) -> AbstractContextManager[Reader]:
        """What may be read, to be used in a `with`. Raises BadSetting, WrongWorld."""
        from csp_receivables import microsoft_wiring

        return microsoft_wiring.reading(settings, ledger, self.identity(), self.refresh_tokens(settings.clock))

    def actor(self, settings: Settings, ledger: Ledger) -> AbstractContextManager[Actor]:
        """What may change subscriptions, to be used in a `with`. Raises BadSetting, WrongWorld."""
        from csp_receivables import microsoft_wiring

        if self.conn_id == READER:
            raise BadSetting(f"{READER} only reads; who acts is {ACTOR}")
        return microsoft_wiring.acting(settings, ledger, self.identity(), self.refresh_tokens(settings.clock))


DESCRIPTION = "Rolling refresh token: written by each sign-in"


def token_key(conn_id: str) -> str:
    """The Variable that keeps the refresh token of a connection."""
    return f"{conn_id}_refresh_token"


class VariableTokens:
    """`RefreshTokens` in one of Airflow's Variables.

    A task can't write to a connection (Airflow 3.3's task interface has no call for it). A Variable is encrypted as a
    connection is, and one with "token" in its name is masked in logs and pages.
    """

    def __init__(self, conn_id: str, clock: Callable[[], datetime]) -> None:
        self.key = token_key(conn_id)
        self._clock = clock

    def load(self) -> RefreshToken | None:
        """See `RefreshTokens`. Raises ValueError where it is damaged."""
        from airflow.sdk import Variable
        from airflow.sdk.log import mask_secret

        token = from_kept(str(Variable.get(self.key, default="") or ""), self._clock())
        if token:
            mask_secret(token.token)
        return token

    def store(self, token: RefreshToken) -> None:
        """See `RefreshTokens`. Raises RuntimeError where another backend of secrets hides what was written."""
        from airflow.sdk import Variable
        from airflow.sdk.log import mask_secret

        mask_secret(token.token)
        Variable.set(self.key, kept_text(token), description=DESCRIPTION)
        if self.load() != token:
            raise RuntimeError(f"the Variable {self.key} is not read back as written; another backend hides it")


def identity_of(found: Any, name: str) -> Identity:
    """Airflow's connection as an identity. Raises BadSetting."""
    extra = found.extra_dejson
    told = {
        key: str(extra.get(key) or "").strip() for key in ("tenant_id", "private_key", "thumbprint", "cloud", "base")
    }
    return checked_identity(
        name=name,
        tenant_id=told["tenant_id"],
        client_id=(found.login or "").strip(),
        secret=found.password or "",
        pem=whole_pem(told["private_key"]),
        thumbprint=told["thumbprint"],
        with_user=str(extra.get("with_user") or "").lower() in ("true", "1", "yes"),
        cloud=told["cloud"] or "global",
        base=told["base"],
    )


def whole_pem(text: str) -> str:
    """The PEM with its line ends: a form's one-line field takes them for spaces, an address writes them as \\n."""
    blocks = _PEM.findall(text.replace("\\n", "\n"))
    if not blocks:
        return text
    return "".join(
        f"-----BEGIN {kind}-----\n{_in_lines(''.join(body.split()))}\n-----END {kind}-----\n" for kind, body in blocks
    )


def _in_lines(body: str) -> str:
    return "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
