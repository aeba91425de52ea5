"""A person's consent for one of Airflow's connections, into the Variable that its tasks read: `csp airflow consent`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

from csp_airflow.partner_center import ACTOR, DESCRIPTION, READER, identity_of, token_key
from csp_receivables.domain.microsoft.sign_in import RefreshToken, from_kept, kept_text
from csp_receivables.settings import BadSetting, Settings


class DatabaseTokens:
    """`RefreshTokens` in the Variable, straight in Airflow's database: this is no task, which would ask its server."""

    def __init__(self, conn_id: str, clock: Callable[[], datetime]) -> None:
        self.key = token_key(conn_id)
        self._clock = clock

    def load(self) -> RefreshToken | None:
        """See `RefreshTokens`."""
        from airflow.models import Variable

        return from_kept(Variable.get(self.key, default_var=""), self._clock())

    def store(self, token: RefreshToken) -> None:
        """See `RefreshTokens`. Raises RuntimeError where another backend of secrets hides what was written."""
        from airflow.models import Variable

        Variable.set(self.key, kept_text(token), description=DESCRIPTION)
        if self.load() != token:
            raise RuntimeError(f"the Variable {self.key} is not read back as written; another backend hides it")


def consent(conn_id: str, show: Callable[[str], None], *, port: int, patience: timedelta) -> None:
    """Let a person consent for this connection. Raises BadSetting, MicrosoftRefused, TimeoutError, OSError."""
    from airflow.exceptions import AirflowNotFoundException
    from airflow.models import Connection

    from csp_receivables import microsoft_wiring, wiring

    settings = Settings.from_environment()
    try:
        identity = identity_of(Connection.get_connection_from_secrets(conn_id), conn_id)
    except AirflowNotFoundException:
        raise BadSetting(f"Airflow has no connection {conn_id}; add one of type Microsoft Partner Center") from None
    microsoft_wiring.refuse_wrong_world(wiring.open_ledger(settings), identity)
    tokens = DatabaseTokens(conn_id, settings.clock)
    microsoft_wiring.consent(identity, tokens, show, clock=settings.clock, port=port, patience=patience)


def main() -> None:
    """Ask, and say in a sentence how it ended; exit code 2 where nothing was kept."""
    from csp_receivables.microsoft_ports import MicrosoftRefused

    parser = argparse.ArgumentParser(prog="csp airflow consent", description=__doc__)
    parser.add_argument("--connection", choices=[READER, ACTOR], default=READER)
    parser.add_argument("--port", type=int, default=8400, help="the app's redirect address is http://localhost:PORT")
    parser.add_argument("--minutes", type=int, default=10, help="how long to wait for the person")
    asked = parser.parse_args()
    try:
        consent(asked.connection, _show, port=asked.port, patience=timedelta(minutes=asked.minutes))
    except (BadSetting, MicrosoftRefused, TimeoutError, OSError) as refused:
        print(f"csp: no consent was kept: {refused}", file=sys.stderr)  # noqa: T201 - a command answers
        sys.exit(2)
    print(f"{asked.connection} has its consent; its tasks find the refresh token and renew it.")  # noqa: T201


def _show(address: str) -> None:
    print(f"Open this address in a browser on this machine:\n\n{address}\n", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
