"""A DuckDB connection that works nothing out twice.

What a statement answers, or leaves in a table, follows from its text, its values and the contents of what it names.
Asked again about the same, it is not run: the answer is there, and a table is only said to have that content. Such a
table is made when a statement that has to be run names it. Contents are known by a digest of their rows in order.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import duckdb
import pyarrow as pa

ANSWERS_MAX = 30_000  # so many are some 100 MB
PLAIN: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "python_enable_replacements": False,
    "checkpoint_threshold": "1TB",
}
TABLE, VARIABLE, ARRIVED = "TABLE", "VARIABLE", "ARRIVED"
_NAME = r"((?:\w+\.)?\w+)"
_WRITES = re.compile(
    rf"\s*(?:CREATE (?:OR REPLACE )?(?:TEMP )?TABLE|INSERT INTO|UPDATE|DELETE FROM|ALTER TABLE)\s+(?!IF\b){_NAME}"
)
_CREATES = re.compile(rf"\s*CREATE (?:OR REPLACE )?(?:TEMP )?TABLE {_NAME}")
_REPLACES = re.compile(r"\s*CREATE OR REPLACE\b")
_RENAMES = re.compile(rf"\s*ALTER TABLE {_NAME} RENAME TO (\w+)\s*;?\s*")
_DEFINES = re.compile(rf"\s*CREATE OR REPLACE (?:TEMP )?(VIEW|MACRO) {_NAME}")
_DROPS = re.compile(rf"\s*DROP (?:TABLE|VIEW)(?: IF EXISTS)? {_NAME}\s*;?\s*")
_OPENS = re.compile(r"\s*CREATE SCHEMA IF NOT EXISTS \w+\s*;?\s*")
_CLOSES = re.compile(r"\s*DROP SCHEMA (\w+) CASCADE\s*;?\s*")
_SETS = re.compile(r"\s*SET VARIABLE (\w+) = (.*)", re.DOTALL)
_READS = re.compile(r"\s*(?:SELECT|WITH|FROM)\b")
_RULES = re.compile(r"\b(?:DEFAULT|PRIMARY KEY|UNIQUE|NOT NULL,|CHECK \()")  # of a column
_FILES = re.compile(r"\bread_\w+\(")  # which may say something else tomorrow


@dataclass(frozen=True, slots=True)
class Known:
    """What a name stands for: a content, or the text that defines it."""

    kind: str
    content: str = ""
    text: str = ""


@dataclass(slots=True)
class Shelf:
    """Answers and contents, and the one real connection, with what its names stand for at the moment."""

    connection: duckdb.DuckDBPyConnection
    answers: dict[object, Any] = field(default_factory=dict)
    contents: dict[str, str | pa.Table] = field(default_factory=dict)  # where each content lies
    real: dict[str, tuple[str, str]] = field(default_factory=dict)  # kind and version
    kept: int = 0  # tables that have a name of their own for what lay elsewhere

    def run(self, sql: str, values: Any = None) -> Any:
        """Run it for real. By `execute`: `sql` plans it twice, which pays for large answers only."""
        return self.connection.execute(_parsed(sql), values or None)

    def clear(self, name: str, but: str = "") -> None:
        """Let nothing real have this name, or nothing but this kind of thing."""
        if name not in self.real or self.real[name][0] == but:
            return
        if self.move(name):
            return
        kind, _ = self.real.pop(name)
        if kind == ARRIVED:
            self.connection.unregister(name)
        else:
            self.run(f"{'RESET' if kind == VARIABLE else 'DROP'} {kind} {name}")

    def move(self, name: str) -> bool:
        """Give the content of a table that lies nowhere else another name. Was there one?"""
        if not self._is_home(name):
            return False
        _, content = self.real.pop(name)
        self.contents[content] = self._apart(name)
        self.run(f"ALTER TABLE {name} RENAME TO {self.contents[content].rpartition('.')[2]}")
        return True

    def copy(self, name: str) -> None:
        """Let what lies in this table only lie elsewhere too: it is about to be changed."""
        if self._is_home(name):
            apart = self.contents[self.real[name][1]] = self._apart(name)
            self.run(f"CREATE {'' if '.' in name else 'TEMP '}TABLE {apart} AS FROM {name}")

    def _is_home(self, name: str) -> bool:
        kind, content = self.real.get(name, ("", ""))
        return kind == TABLE and self.contents.get(content) == name

    def keep(self, name: str) -> str:
        """The content of a real table. That table is where it lies, until somebody is about to write there."""
        found = self.run(f"FROM {name}")
        columns = [(each[0], str(each[1])) for each in found.description]
        content = _digest(repr((columns, found.fetchall())))
        self.contents.setdefault(content, name)
        self.real[name] = TABLE, content
        return content

    def _apart(self, name: str) -> str:
        """Where nobody writes, in the same schema."""
        self.kept += 1
        return _beside(name, f"kept_{self.kept}")


@dataclass(slots=True)
class Remembering:
    """Stands in for a connection. `names`: everything that was made in it."""

    shelf: Shelf
    names: dict[str, Known] = field(default_factory=dict)

    def register(self, name: str, table: pa.Table) -> None:
        """As of a connection."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        content = hashlib.blake2b(sink.getvalue()).hexdigest()
        self.shelf.contents.setdefault(content, table)
        self.names[name] = Known(ARRIVED, content)

    def unregister(self, name: str) -> None:
        """As of a connection."""
        del self.names[name]

    def sql(self, sql: str, params: Any = None) -> Answer:
        """As of a connection."""
        return self.execute(sql, params)

    def execute(self, sql: str, values: Any = None) -> Answer:
        """As of a connection."""
        *before, last = _statements(sql)
        for each in before:
            self._do(each, None)
        return self._do(last, values)

    def _do(self, sql: str, values: Any) -> Answer:
        assert not _FILES.search(sql), f"nobody knows what this answers tomorrow: {sql}"
        assert not _RULES.search(sql), f"a copy of this table would not have them: {sql}"
        if found := _RENAMES.fullmatch(sql):
            self.names[_beside(found[1], found[2])] = self.names.pop(found[1])
        elif found := _DROPS.fullmatch(sql):
            self.names.pop(found[1], None)
        elif found := _CLOSES.fullmatch(sql):
            self.names = {name: known for name, known in self.names.items() if not name.startswith(f"{found[1]}.")}
        elif _OPENS.fullmatch(sql):
            if sql not in self.shelf.answers:  # a schema stays, empty, when everything in it is dropped
                self.shelf.answers[sql] = self.shelf.run(sql).fetchall()
        elif found := _DEFINES.match(sql):
            self.names[found[2]] = Known(found[1], text=sql)
        elif found := _SETS.match(sql):
            self._write(found[1], f"CREATE OR REPLACE TEMP TABLE {found[1]} AS SELECT {found[2]} AS value", values)
            self.names[found[1]] = replace(self.names[found[1]], kind=VARIABLE)
        elif found := _WRITES.match(sql):
            return Answer(self, rows=self._write(found[1], sql, values))
        else:
            assert _READS.match(sql), f"nothing is known of what this changes: {sql}"
            return Answer(self, sql, values)
        return Answer(self, rows=[])

    def _write(self, name: str, sql: str, values: Any) -> list[Any]:
        """How many rows it wrote, as a statement answers it."""
        key = self.key(sql, values)
        if key not in self.shelf.answers:
            self._make_way(name, sql)
            rows = self.shelf.run(sql, values).fetchall()
            self.shelf.answers[key] = Known(TABLE, self.shelf.keep(name)), rows
        self.names[name], written = self.shelf.answers[key]
        return list(written)

    def _make_way(self, name: str, sql: str) -> None:
        """For a statement that writes `name`: what it reads is there, and what lay only there lies elsewhere."""
        self.make_real(sql)
        if _written_only(sql) != name:
            self.shelf.copy(name)
        elif not self.shelf.move(name):
            self.shelf.clear(name, but=TABLE if _REPLACES.match(sql) else "")

    def key(self, sql: str, values: Any) -> object:
        """What the answer to a statement follows from."""
        return sql, repr(values), *((name, self._version(name, ())) for name in self._named(sql))

    def _named(self, sql: str) -> list[str]:
        words, made = _words(sql), _written_only(sql)
        return [name for name in sorted(self.names) if name in words and name != made]

    def _version(self, name: str, within: tuple[str, ...]) -> str:
        known = self.names[name]
        if not known.text:
            return known.content
        inner = [each for each in self._named(known.text) if each != name and each not in within]
        return _digest(known.text + "".join(each + self._version(each, (*within, name)) for each in inner))

    def make_real(self, sql: str, within: tuple[str, ...] = ()) -> None:
        """Let everything that a statement names be there, and nothing that it names but that is not there here."""
        words = _words(sql)
        for name in [each for each in self.shelf.real if each not in self.names]:
            if name in words:
                self.shelf.clear(name)
        for name in self._named(sql):
            if name not in within:
                self._make_real(name, within)

    def _make_real(self, name: str, within: tuple[str, ...]) -> None:
        known, now = self.names[name], (self.names[name].kind, self._version(name, ()))
        if known.text:
            self.make_real(known.text, (*within, name))
        if self.shelf.real.get(name) == now:
            return
        if not self.shelf.move(name):
            self.shelf.clear(name, but=known.kind)
        if known.text:
            try:
                self.shelf.run(known.text)
            except duckdb.CatalogException:  # what it is made of was dropped; nobody will ask it
                return
        elif known.kind == TABLE:
            temporary = "" if "." in name else "TEMP "
            self.shelf.run(f"CREATE OR REPLACE {temporary}TABLE {name} AS FROM {self.shelf.contents[known.content]}")
        elif known.kind == VARIABLE:
            self.shelf.run(f"SET VARIABLE {name} = (FROM {self.shelf.contents[known.content]})")
        else:
            self.shelf.connection.register(name, self.shelf.contents[known.content])
        self.shelf.real[name] = now


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement answered, in the shape in which it is asked for."""

    asker: Remembering
    sql: str = ""
    values: Any = None
    rows: list[Any] | None = None  # known already

    def fetchall(self) -> list[Any]:
        """As of a connection."""
        return list(self._as("rows") if self.rows is None else self.rows)

    def fetchone(self) -> Any:
        """As of a connection, of whom nobody asks for a second row."""
        return next(iter(self.fetchall()), None)

    def to_arrow_table(self) -> pa.Table:
        """As of a relation."""
        return self._as("arrow")

    @property
    def description(self) -> Any:
        """As of a connection."""
        return self._as("description")

    def _as(self, shape: str) -> Any:
        key = shape, self.asker.key(self.sql, self.values)
        answers = self.asker.shelf.answers
        if key not in answers:
            self.asker.make_real(self.sql)
            found = self.asker.shelf.run(self.sql, self.values)
            if shape == "arrow":
                with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is one copy more
                    answers[key] = found.to_arrow_table()
            else:
                told, rows = found.description, found.fetchall()
                answers[key] = rows if shape == "rows" else told
        return answers[key]


@cache
def _statements(sql: str) -> tuple[str, ...]:
    if ";" not in sql:
        return (sql,)
    return tuple(each.query for each in duckdb.extract_statements(sql))


@lru_cache(maxsize=2000)
def _parsed(sql: str) -> duckdb.Statement:
    (statement,) = duckdb.extract_statements(sql)
    return statement


@cache
def _words(sql: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", sql)) | frozenset(re.findall(r"\b(?=(\w+\.\w+))", sql))


@cache
def _written_only(sql: str) -> str:
    """The table that a statement makes without reading what was there before; "" when it makes none."""
    made = _CREATES.match(sql)
    return made[1] if made and len(re.findall(rf"(?<![\w.]){re.escape(made[1])}(?!\w)", sql)) == 1 else ""


def _beside(name: str, new: str) -> str:
    """A new name in the schema of an old one."""
    schema, dot, _ = name.rpartition(".")
    return f"{schema}{dot}{new}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode()).hexdigest()


def fresh() -> Shelf:
    """An empty shelf."""
    shelf = Shelf(duckdb.connect(":memory:", config=PLAIN))
    shelf.run("PRAGMA disable_optimizer")
    return shelf


@dataclass(slots=True)
class Shelves:
    """The shelf of this process, and of those that are forked from it. A new one begins when the old one is full."""

    shelf: Shelf = field(default_factory=fresh)
    opened_by: int = field(default_factory=os.getpid)
    rooms: int = 0  # that somebody is in
    left: list[Shelf] = field(default_factory=list)

    @contextmanager
    def room(self) -> Iterator[Remembering]:
        """A connection in which nothing is yet."""
        if not self.rooms and len(self.shelf.answers) > ANSWERS_MAX:
            self._begin_anew()
        self.rooms += 1
        try:
            yield Remembering(self.shelf)
        finally:
            self.rooms -= 1

    def _begin_anew(self) -> None:
        if self.opened_by == os.getpid():
            self.shelf.connection.close()
        else:
            # A forked child may ask what its parent opened: each statement runs in the thread that asks, which is all
            # that a fork has. Closing it would wait for the others.
            self.left.append(self.shelf)
        self.shelf, self.opened_by = fresh(), os.getpid()
