"""The engine as every step opens it: its files lie where it is told, and nothing outlives it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from csp_receivables.adapters.engine import engine

pytestmark = pytest.mark.usefixtures("own_duckdb")


def test_its_temporary_files_lie_in_a_folder_of_its_own_that_goes_with_it(tmp_path: Path) -> None:
    with engine(tmp_path / "spill") as connection:
        ((folder, limit),) = connection.execute(
            "SELECT current_setting('temp_directory'), current_setting('memory_limit')"
        ).fetchall()
        assert Path(folder).is_dir()
        assert Path(folder).parent == tmp_path / "spill"
        assert (tmp_path / "spill").stat().st_mode & 0o777 == 0o700
        assert limit == "1.8 GiB"

    assert list((tmp_path / "spill").iterdir()) == []


def test_a_table_is_what_was_registered_never_a_variable_in_sight(tmp_path: Path) -> None:
    in_sight = {"a": [1]}
    with engine(tmp_path) as connection, pytest.raises(duckdb.Error, match="in_sight"):
        connection.execute("FROM in_sight")
    assert in_sight


def test_one_sees_nothing_of_another(tmp_path: Path) -> None:
    with engine(tmp_path) as one, engine(tmp_path) as other:
        one.execute("CREATE TABLE kept AS SELECT 1 AS n")
        with pytest.raises(duckdb.CatalogException):
            other.execute("FROM kept")
