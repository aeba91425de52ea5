"""The folder of a made-up world: which files the product is given, and the truth, which only an evaluation reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from csp_receivables.domain.accuracy import TRUTH
from csp_receivables.domain.relations import ask


class NoWorld(ValueError):
    """The folder holds no world of `csp generate`; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class WorldFolder:
    """`inbox/`, `include/` and `truth/` of one world."""

    folder: Path

    def truth(self) -> pa.Table:
        """What every line of the bank was (TRUTH). Raises NoWorld."""
        path = self.folder / "truth" / "payments.csv"
        if not path.is_file():
            raise NoWorld(f"{path} is not there; make a world with: csp generate --out {self.folder}")
        columns = ", ".join(f"'{field.name}': '{_SQL[field.type]}'" for field in TRUTH)
        with duckdb.connect() as connection:
            sql = f"FROM read_csv($path, header = true, columns = {{{columns}}}, delim = ',', nullstr = '\\x00')"
            return ask(connection, sql, TRUTH, path=str(path))

    def files(self, purpose: str, prefix: str = "") -> Iterable[Path]:
        """The files of one inbox folder, by name; of several kinds in it those of one."""
        return sorted((self.folder / "inbox" / purpose).glob(f"{prefix}*"))


_SQL = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.date32(): "DATE"}
