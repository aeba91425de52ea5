"""Damaged files for `csp match` are refused with their name, or their rows are findings; nothing else comes out."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from csp_receivables.adapters.engine import engine
from csp_receivables.adapters.match_files.reading import ReadFile, read_file
from csp_receivables.domain.match_files import PAYMENTS, FileRefused

ROW = b"P1,2026-10-15,SEK,12.50\n"


def read(folder: Path, content: bytes) -> ReadFile:
    path = folder / "payments"
    path.write_bytes(content)
    with engine(folder) as connection:
        return read_file(connection, path, PAYMENTS)


def parquet() -> bytes:
    columns = {"payment_id": ["P1"], "booked_on": [date(2026, 10, 15)], "currency": ["SEK"], "amount": ["12.50"]}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def test_a_sound_parquet_file_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, parquet()).rows == 1


def test_a_parquet_file_whose_pages_are_damaged_is_refused(tmp_path: Path) -> None:
    content = bytearray(parquet())
    content[4:24] = b"\xff" * 20  # the header of the first page; the columns stand at the end

    with pytest.raises(FileRefused, match=r"payments: the Parquet file can't be read: .+\. Write it again"):
        read(tmp_path, bytes(content))


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_parquet_file_that_is_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    content = parquet()

    with pytest.raises(FileRefused, match="can't be read"):
        read(tmp_path, content[: int(len(content) * share)])


@pytest.mark.parametrize(
    "header",
    [
        b"payment_id,booked_on,currency,amount\rtext",
        b'payment_id,booked_on,currency,amount,"' + b"x" * 200_000 + b'"',
        b'payment_id,booked_on,currency,amount,"open',
        b"payment_id,booked_on,currency,amount," + b"," * 50,
    ],
    ids=["a bare carriage return", "a name of 200 kB", "a quote that does not close", "names that are empty"],
)
def test_a_header_that_is_none_is_refused(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(FileRefused, match="header"):
        read(tmp_path, header + b"\n" + ROW)


def test_a_header_is_refused_whatever_was_read_before(tmp_path: Path) -> None:
    header = b"payment_id,booked_on,currency,amount,text\n"
    assert read(tmp_path, header + b"P1,2026-10-15,SEK,much,\n").findings  # looked for in the file, with long fields

    with pytest.raises(FileRefused, match="header"):
        read(tmp_path, b'payment_id,booked_on,currency,amount,"' + b"x" * 200_000 + b'"\n' + ROW)


def test_a_file_of_old_line_ends_is_read_or_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="header"):
        read(tmp_path, b"payment_id,booked_on,currency,amount\r" + ROW.replace(b"\n", b"\r"))


@pytest.mark.parametrize(
    ("content", "line"),
    [(ROW + b"2\r", 3), (ROW + b'P2,2026-10-15,"S\rEK",1.00\nP3,2026-10-15,S\rEK,1.00\n' + ROW, 4)],
    ids=["at the end of the file", "within a row, after one within quotes"],
)
def test_a_carriage_return_that_ends_no_line_is_refused_with_its_line(
    tmp_path: Path, content: bytes, line: int
) -> None:
    with pytest.raises(FileRefused, match=rf"payments:{line}: a carriage return .+ Save it again"):
        read(tmp_path, b"payment_id,booked_on,currency,amount\n" + content)


def test_a_zero_character_in_a_text_is_shown_as_damage(tmp_path: Path) -> None:
    content = b"payment_id,booked_on,currency,amount,text\nP\0,2026-10-15,SEK,1.00,inv\0oice\n" + ROW.strip() + b",\n"
    path = tmp_path / "payments"
    path.write_bytes(content)

    with engine(tmp_path) as connection:
        file = read_file(connection, path, PAYMENTS)
        rows = connection.execute("SELECT payment_id, text FROM payments ORDER BY payment_id").fetchall()

    assert (file.rows, file.findings) == (2, ())
    assert rows == [("P1", ""), ("P\ufffd", "inv\ufffdoice")]


def test_a_file_of_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, b"payment_id,booked_on,currency,amount\n").rows == 0
