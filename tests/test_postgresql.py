"""A database that is lent is as new, whatever the test before has done to it."""

from __future__ import annotations

import psycopg
import pytest

from csp_receivables.adapters.ledger import Ledger
from tests.conftest import StandingClock
from tests.postgresql import Databases, kept_engine


@pytest.fixture
def lent(databases: Databases) -> str:
    return databases.lend()


def test_the_next_gets_it_empty_and_with_nothing_set_in_its_connection(databases: Databases, lent: str) -> None:
    address = databases.address(lent)
    Ledger(kept_engine(address), StandingClock()).mark("real", "production")
    with kept_engine(address).connect() as connection:
        connection.exec_driver_sql("SET search_path = nowhere")
        connection.exec_driver_sql("CREATE TEMP TABLE left_over AS SELECT 1")
        connection.commit()

    databases.take_back(lent)
    assert databases.lend() == lent
    next_one = Ledger(kept_engine(address), StandingClock())
    assert (next_one.kind(), next_one.production_mark()) == (None, None)
    with next_one.reading() as connection:
        assert connection.exec_driver_sql("SELECT to_regclass('pg_temp.left_over')").scalar() is None
    databases.take_back(lent)


@pytest.mark.parametrize(
    "altering",
    [
        "ALTER TABLE contact ALTER COLUMN role SET DEFAULT 'none'",
        "DROP TABLE daily_standing",
        "ALTER TABLE payment ADD CONSTRAINT small CHECK (amount < 10) NOT VALID",
    ],
)
def test_an_altered_schema_is_given_to_nobody(databases: Databases, lent: str, altering: str) -> None:
    databases.take_back(lent)
    assert databases.lend() == lent
    databases.execute_in(lent, altering)

    databases.take_back(lent)
    assert databases.lend() != lent


def test_whoever_is_still_connected_is_so_no_more(databases: Databases, lent: str) -> None:
    other = psycopg.connect(databases.address(lent))
    other.execute("SELECT kind FROM ledger_mark FOR UPDATE")

    databases.take_back(lent)
    with pytest.raises(psycopg.OperationalError):
        other.execute("SELECT 1")
