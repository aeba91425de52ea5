"""The harnesses of `make fuzz`, without atheris: they take their seeds and all that was found, and see mistakes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pytest

from csp_receivables.adapters.bank_files.camt import CamtReader
from csp_receivables.domain.accounting import Purpose
from csp_receivables.domain.findings import Finding, Severity
from csp_receivables.domain.payment_ids import EqualsBefore
from csp_receivables.domain.references import Kind, Reference
from csp_receivables.domain.statements import Statement
from csp_receivables.ports import BankFilePart
from fuzz import __main__ as runner
from fuzz import accounting_files, bank_files, claims, references
from fuzz.seeds import FOUND, SIZE_MAX, seeds
from fuzz.targets import PLANTED, TARGETS
from fuzz.tokens import dictionary
from tests.camt_files import Entry, camt

pytestmark = pytest.mark.usefixtures("own_duckdb")  # the targets are what `make fuzz` runs

ROOT = Path(__file__).parents[2]
STATEMENT = camt([Entry(amount="100.00", ref="A"), Entry(amount="1.00", ref="B")])


@pytest.mark.parametrize("name", TARGETS)
def test_each_target_takes_its_seeds_and_what_was_found_before(name: str) -> None:
    harness, start = TARGETS[name].harness(), seeds(name)

    assert len(start) >= 2
    assert all(len(data) <= SIZE_MAX for data in start)
    for data in start:
        harness(data)


def test_every_crash_found_so_far_belongs_to_a_target() -> None:
    assert {folder.name for folder in FOUND.iterdir()} <= set(TARGETS)


@pytest.mark.parametrize("name", ["camt", "mt940", "bai2", "bgmax", "nets_ocr", "stripe", "bank_csv"])
def test_the_seeds_of_a_bank_format_are_read_by_its_reader_as_money(name: str) -> None:
    outcomes = [bank_files.survives(bank_files.READERS[name], data) for data in seeds(name)]

    assert any(lines.num_rows for _, lines, _, refused in filter(None, outcomes) if not refused)


def test_the_seeds_of_accounting_are_read_as_what_they_are() -> None:
    for name, purpose in (("receivables", Purpose.RECEIVABLES), ("customers", Purpose.CUSTOMERS)):
        assert {accounting_files.purpose_of(data) for data in seeds(name)} == {purpose}


@pytest.mark.parametrize("name", TARGETS)
def test_each_target_has_its_words_in_the_form_of_libfuzzer(name: str) -> None:
    lines = dictionary(name).splitlines()

    assert len(lines) > 20
    assert all(line.startswith('"\\x') and line.endswith('"') and line.isascii() for line in lines)


class Spoilt(CamtReader):
    """A reader with a mistake: what it gives is changed on its way out."""

    def __init__(self, kind: type, change: Any) -> None:
        self.kind, self.change, self.times = kind, change, 0

    def read(
        self, stream: BinaryIO, *, source: str, digest: str, equals_before: EqualsBefore = lambda _: {}
    ) -> Iterator[BankFilePart]:
        self.times += 1
        for part in super().read(stream, source=source, digest=digest, equals_before=equals_before):
            yield self.change(part, self.times) if isinstance(part, self.kind) else part


def _column(batch: pa.RecordBatch, name: str, values: list[Any]) -> pa.RecordBatch:
    place = batch.schema.get_field_index(name)
    field = batch.schema.field(place)
    return batch.set_column(place, field, pa.array(values, field.type))


def _raises(_part: object, _times: int) -> BankFilePart:
    raise IndexError("list index out of range")


def _first(name: str) -> Any:
    return lambda batch, _: _column(batch, name, [batch.column(name)[0].as_py()] * batch.num_rows)


MISTAKES = {
    "an error that is no refusal": (Statement, _raises, IndexError),
    "a statement that proves and does not add up": (
        Statement, lambda part, _: replace(part, opening=part.opening + 1, booked=part.booked - 1), claims.Broken,
    ),
    "a statement held without a word": (Statement, lambda part, _: replace(part, controls_hold=False), claims.Broken),
    "one payment id twice": (pa.RecordBatch, _first("payment_id"), claims.Broken),
    "money on its way out": (pa.RecordBatch, lambda part, _: _column(part, "amount", [1, 2]), claims.Broken),
    "an unknown currency": (pa.RecordBatch, lambda part, _: _column(part, "currency", ["SEK", "QQQ"]), claims.Broken),
    "a text that can't be kept": (pa.RecordBatch, lambda part, _: _column(part, "text", ["a", "\x00"]), claims.Broken),
    "another text each time": (pa.RecordBatch, lambda part, n: _column(part, "text", ["a", str(n)]), claims.Broken),
    "a line of no statement": (Statement, lambda part, _: replace(part, statement_id="other"), claims.Broken),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "seen"), MISTAKES.values(), ids=MISTAKES)
def test_the_harness_sees_a_readers_mistake(kind: type, change: Any, seen: type[Exception]) -> None:
    sound = bank_files.survives(CamtReader(), STATEMENT)
    assert sound is not None
    assert (len(sound[0]), sound[3]) == (1, "")

    with pytest.raises(seen):
        bank_files.survives(Spoilt(kind, change), STATEMENT)


@pytest.mark.parametrize("wrong", [{"line": 0}, {"remedy": ""}, {"source": "another"}, {"code": "match.x"}])
def test_the_harness_sees_a_finding_that_does_not_help(wrong: dict[str, Any]) -> None:
    usual = {"code": "bank.x", "severity": Severity.WARNING, "found": "f", "remedy": "r", "source": "s", "line": 1}
    claims.findings_say_where([Finding(**usual)], "s", "bank.")

    with pytest.raises(claims.Broken):
        claims.findings_say_where([Finding(**usual | wrong)], "s", "bank.")


def test_the_harness_sees_a_reference_that_nobody_wrote() -> None:
    references.references(b"OCR 1234567897")

    with pytest.raises(claims.Broken, match="stands in the text"):
        references.references(b"nothing", lambda *_, **__: [Reference(Kind.OCR, "1234567897")])


def test_an_input_is_replayed_with_its_traceback(tmp_path: Path) -> None:
    path = tmp_path / "crash"
    path.write_bytes(STATEMENT)

    assert runner.main(["camt", "--replay", str(path)]) == 0


def test_coverage_leads_the_runner_to_a_planted_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("atheris", reason="SKIPPED FOR WANT OF ATHERIS: make fuzz installs it")
    monkeypatch.setattr(runner, "BUILD", tmp_path)

    result = runner.fuzz(PLANTED, 60, [b""], "# none\n")

    assert result.verdict == runner.KINDS["crash"]
    assert [path.read_bytes()[:4] for path in result.found] == [b":61:"]
    runner.told(result)
    assert "--replay" in capsys.readouterr().out


def test_one_target_that_did_not_survive_is_the_commands_exit_code() -> None:
    good = runner.Result(target="camt", seconds=1, executions=1, edges=1, peak_mb=1, verdict="survived")

    assert runner.exit_code([good, good]) == 0
    assert runner.exit_code([good, replace(good, verdict=runner.KINDS["crash"])]) == 1


def test_a_replay_needs_no_atheris(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"RF18 5390 0754 7034")
    code = "import sys; sys.modules['atheris'] = None; from fuzz.__main__ import main; sys.exit(main(sys.argv[1:]))"

    done = subprocess.run(
        [sys.executable, "-c", code, "references", "--replay", str(path)], cwd=ROOT, capture_output=True, check=False
    )

    assert done.returncode == 0, done.stderr.decode()
