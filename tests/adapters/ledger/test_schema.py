"""Migrations go up and down, and what they make is what `tables` and `records` say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, Integer, String, Table, inspect

from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.schema import MIGRATIONS, VERSION_TABLE, downgrade, upgrade
from csp_receivables.domain import records
from csp_receivables.domain.findings import FINDING

STORED = [
    (records.BANK_LINE, tables.payment),
    (records.CUSTOMER, tables.customer),
    (records.CUSTOMER_TENANT, tables.customer_tenant),
    (records.CONTACT, tables.contact),
    (records.RECEIVABLE, tables.receivable),
    (records.RECEIVABLE_LINE, tables.receivable_line),
    (records.STATED_OPEN, tables.stated_open),
    (records.VENDOR_INVOICE, tables.vendor_invoice),
    (records.CUSTOMER_COST, tables.customer_cost),
    (records.ALLOCATION, tables.allocation),
    (records.STANDING, tables.daily_standing),
    (FINDING, tables.finding),
]
COLUMN_TYPES: dict[pa.DataType, tuple[type, ...]] = {
    pa.string(): (String,),
    pa.int64(): (BigInteger, Integer),
    pa.date32(): (Date,),
    pa.bool_(): (Boolean,),
}


def _tables(ledger: Ledger) -> set[str]:
    return set(inspect(ledger.engine).get_table_names()) - {VERSION_TABLE}


def _differences(ledger: Ledger) -> list[object]:
    options = {"version_table": VERSION_TABLE, "compare_type": True}
    with ledger.reading() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata)


def test_the_migrated_schema_is_the_one_that_tables_declares(ledger: Ledger) -> None:
    assert _differences(ledger) == []


def test_the_comparison_would_notice_a_missing_column(ledger: Ledger) -> None:
    with ledger.writing_schema() as connection:
        connection.exec_driver_sql("ALTER TABLE contact DROP COLUMN role")

    assert [difference[0] for difference in _differences(ledger)] == ["add_column"]  # type: ignore[index]


def test_the_migrated_schema_has_every_check(ledger: Ledger) -> None:
    for table in tables.metadata.sorted_tables:
        checks = [each for each in table.constraints if isinstance(each, CheckConstraint)]
        declared = {ledger.engine.dialect.identifier_preparer.format_constraint(check) for check in checks}
        made = {str(each["name"]) for each in inspect(ledger.engine).get_check_constraints(table.name)}
        assert made == declared, table.name


def test_the_migrated_schema_has_every_default(ledger: Ledger) -> None:
    # Alembic takes the empty text for no default at all, so defaults are compared here.
    for table in tables.metadata.sorted_tables:
        made = {each["name"]: each["default"] for each in inspect(ledger.engine).get_columns(table.name)}
        declared = {column.name: column.server_default.arg for column in table.columns if column.server_default}  # type: ignore[attr-defined]
        assert {name for name, default in made.items() if default is not None} == set(declared), table.name
        assert all(made[name].split("::")[0].strip("'") == declared[name] for name in declared), table.name


def test_migrations_go_down_to_nothing_and_up_again(ledger: Ledger) -> None:
    downgrade(ledger, "base")
    assert _tables(ledger) == set()

    upgrade(ledger)
    assert _tables(ledger) == set(tables.metadata.tables)
    assert _differences(ledger) == []


def test_each_migration_can_be_undone_and_redone(ledger: Ledger) -> None:
    revisions = [each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert revisions
    for below in [*revisions[1:], "base"]:
        downgrade(ledger, below)
    for revision in reversed(revisions):
        upgrade(ledger, revision)
        upgrade(ledger, revision)  # again changes nothing

    assert _differences(ledger) == []


def test_a_ledger_at_the_newest_migration_is_opened_while_another_writes(ledger: Ledger) -> None:
    with ledger.writing_schema():
        upgrade(ledger)  # would wait for ever


def test_migrations_are_named_by_their_revision_and_the_last_name_is_the_newest() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    names = {each.revision: Path(each.path).name for each in scripts.walk_revisions()}

    assert all(name.startswith(f"{revision}_") for revision, name in names.items())
    assert scripts.get_heads() == [max(names)]


def test_upgrading_a_ledger_in_use_keeps_what_it_holds(ledger: Ledger) -> None:
    upgrade(ledger)

    assert ledger.kind() == "real"


@pytest.mark.parametrize(("schema", "table"), STORED, ids=[table.name for _, table in STORED])
def test_what_rules_exchange_can_be_stored_as_it_is(schema: pa.Schema, table: Table) -> None:
    for field in schema:
        column = table.c[field.name]
        assert isinstance(column.type, COLUMN_TYPES[field.type]), f"{table.name}.{field.name}"
        assert bool(column.nullable) == field.nullable, f"{table.name}.{field.name}"


def test_money_is_never_a_floating_or_rounding_column() -> None:
    kinds = {type(column.type) for table in tables.metadata.sorted_tables for column in table.columns}

    assert kinds <= {String, BigInteger, Integer, Date, Boolean}


def test_every_table_but_the_mark_says_when_each_row_was_learnt() -> None:
    without = [table.name for table in tables.metadata.sorted_tables if "recorded_at" not in table.c]

    assert without == ["ledger_mark"]
