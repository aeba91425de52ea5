"""The inbox: files are taken when they have stopped growing, then archived or set aside; nothing is lost or held up."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from csp_receivables.adapters.accounting_files.forms import CANONICAL_FORMS
from csp_receivables.adapters.accounting_files.reading import AccountingFiles
from csp_receivables.adapters.inbox import FolderInbox
from csp_receivables.adapters.ledger import Ledger, tables
from csp_receivables.adapters.ledger.customers import LedgerCustomerBook
from csp_receivables.adapters.ledger.receivables import LedgerReceivableBook
from csp_receivables.domain.imports import FileReport, Outcome
from csp_receivables.steps.import_accounting import import_accounting, rank_of
from csp_receivables.steps.take_inbox import InboxFailed, take_inbox
from tests.accounting_exports import customer, customers_file, invoice, receivables_file, rows_of

READER = AccountingFiles(CANONICAL_FORMS, seller="partner")


@dataclass
class Home:
    """A home with an inbox, and an importer that refuses files saying `bad`."""

    path: Path
    between_looks: Callable[[], None] = lambda: None
    imported: list[str] = field(default_factory=list)

    @property
    def bank(self) -> Path:
        return self.path / "inbox" / "bank"

    def put(self, name: str, content: str = "good") -> Path:
        path = self.bank / name
        path.write_text(content)
        return path

    def inbox(self) -> FolderInbox:
        return FolderInbox(home=self.path, pause=self.between_looks, month=lambda: "2026-11")

    def import_file(self, path: Path) -> FileReport:
        content = path.read_text()
        self.imported.append(path.name)
        outcome = Outcome.REFUSED if "bad" in content else Outcome.IMPORTED
        return FileReport(name=path.name, digest="", outcome=outcome, taken_for="test", because=content)

    def take(self, import_file: Callable[[Path], FileReport] | None = None) -> tuple[FileReport, ...]:
        return take_inbox("bank", self.inbox(), import_file or self.import_file, lambda _: 0)

    def names(self, *folder: str) -> list[str]:
        return sorted(path.name for path in self.path.joinpath(*folder).glob("*"))

    def archived(self) -> list[str]:
        return [name.partition("-")[2] for name in self.names("archive", "bank", "2026-11")]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    for purpose in ("bank", "accounting", "microsoft"):
        (tmp_path / "home" / "inbox" / purpose).mkdir(parents=True)
    before = os.umask(0o022)  # an ordinary shell's: privacy must not depend on it
    yield Home(tmp_path / "home")
    os.umask(before)


def test_a_good_file_is_archived_by_its_digest(home: Home) -> None:
    home.put("camt.xml")

    reports = home.take()

    assert [report.outcome for report in reports] == [Outcome.IMPORTED]
    assert home.names("archive", "bank", "2026-11") == ["770e607624d6-camt.xml"]
    assert home.names("inbox", "bank") == []


def test_a_refused_file_lies_aside_with_its_reason(home: Home) -> None:
    home.put("camt.xml", "bad thing")

    home.take()

    assert home.names("set_aside", "bank") == ["camt.xml", "camt.xml.reason.txt"]
    reason = (home.path / "set_aside/bank/camt.xml.reason.txt").read_text()
    assert "File: camt.xml" in reason
    assert "Refused: bad thing" in reason


def test_what_is_kept_is_readable_by_its_owner_only(home: Home) -> None:
    for name, content in (("good.xml", "good"), ("bad.xml", "bad")):
        home.put(name, content).chmod(0o644)

    home.take()

    kept = [path for folder in ("archive", "set_aside") for path in (home.path / folder).rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in kept}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize("name", ["camt.xml.part", "CAMT.TMP", ".hidden", "x.filepart", "x~", "x.reason.txt"])
def test_unfinished_and_hidden_names_are_left_alone(home: Home, name: str) -> None:
    home.put(name)

    assert home.take() == ()
    assert home.names("inbox", "bank") == [name]


def test_a_file_that_grows_between_the_looks_waits(home: Home) -> None:
    path = home.put("growing.xml")
    home.put("ready.xml")

    def grow() -> None:
        path.write_text(path.read_text() + "more")

    home.between_looks = grow
    home.take()
    assert home.imported == ["ready.xml"]
    assert home.names("inbox", "bank") == ["growing.xml"]

    home.between_looks = lambda: None
    home.take()
    assert home.imported == ["ready.xml", "growing.xml"]


def test_a_file_that_appears_or_goes_between_the_looks_is_no_trouble(home: Home) -> None:
    gone = home.put("gone.xml")

    def change() -> None:
        gone.unlink()
        home.put("new.xml")

    home.between_looks = change

    assert home.take() == ()
    assert home.names("inbox", "bank") == ["new.xml"]


def test_a_file_that_grows_while_it_is_imported_stays_for_the_next_run(home: Home) -> None:
    path = home.put("camt.xml")

    def slow(taken: Path) -> FileReport:
        report = home.import_file(taken)
        taken.write_text("good and longer")
        return report

    home.take(slow)
    assert path.exists()
    assert home.archived() == []

    home.take()
    assert home.archived() == ["camt.xml"]


def test_files_are_taken_by_name_and_the_same_bytes_twice_are_both_archived(home: Home) -> None:
    for name in ("b.xml", "a.xml", "c.xml"):
        home.put(name)

    home.take()

    assert home.imported == ["a.xml", "b.xml", "c.xml"]
    assert home.archived() == ["a.xml", "b.xml", "c.xml"]


def test_the_same_file_again_is_archived_once(home: Home) -> None:
    for _ in range(2):
        home.put("a.xml")
        home.take()

    assert home.archived() == ["a.xml"]


def test_refused_files_of_one_name_do_not_replace_each_other(home: Home) -> None:
    for content in ("bad 1", "bad 2", "bad 2"):
        home.put("a.xml", content)
        home.take()

    assert home.names("set_aside", "bank") == ["2-a.xml", "2-a.xml.reason.txt", "a.xml", "a.xml.reason.txt"]
    assert (home.path / "set_aside/bank/a.xml").read_text() == "bad 1"


def test_a_symbolic_link_is_refused_and_what_it_points_to_is_untouched(home: Home, tmp_path: Path) -> None:
    outside = tmp_path / "outside.xml"
    outside.write_text("good")
    outside.chmod(0o644)
    (home.bank / "link.xml").symlink_to(outside)

    [report] = home.take()

    assert (report.outcome, home.imported) == (Outcome.REFUSED, [])
    assert "symbolic link" in report.because
    assert (outside.read_text(), stat.S_IMODE(outside.stat().st_mode)) == ("good", 0o644)
    assert home.names("inbox", "bank") == []


def test_a_pipe_is_never_opened(home: Home) -> None:
    os.mkfifo(home.bank / "pipe")

    [report] = home.take()

    assert "no regular file" in report.because
    assert "pipe.reason.txt" in home.names("set_aside", "bank")


def test_a_folder_is_reported_and_stays(home: Home) -> None:
    (home.bank / "folder").mkdir()
    home.put("a.xml")

    assert [report.outcome for report in home.take()] == [Outcome.IMPORTED, Outcome.REFUSED]
    assert home.names("inbox", "bank") == ["folder"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_set_aside(home: Home) -> None:
    home.put("a.xml").chmod(0)

    [report] = home.take()

    assert "can't be read" in report.because
    assert "a.xml.reason.txt" in home.names("set_aside", "bank")


def test_a_name_as_long_as_can_be_is_archived_and_set_aside(home: Home) -> None:
    good, bad = "g" * 251 + ".xml", "b" * 251 + ".xml"
    home.put(good)
    home.put(bad, "bad")

    home.take()

    assert [name[-4:] for name in home.names("archive", "bank", "2026-11")] == [".xml"]
    assert bad in home.names("set_aside", "bank")
    assert len(home.names("set_aside", "bank")) == 2


def test_a_failure_that_is_not_the_files_leaves_it_and_holds_up_no_other(home: Home) -> None:
    for name in ("a.xml", "b.xml", "c.xml"):
        home.put(name)

    def failing(path: Path) -> FileReport:
        if path.name == "b.xml":
            raise OSError(errno.ENOSPC, "No space left on device")
        return home.import_file(path)

    with pytest.raises(InboxFailed, match=r"b\.xml") as failure:
        home.take(failing)

    assert [report.name for report in failure.value.reports] == ["a.xml", "c.xml"]
    assert home.names("inbox", "bank") == ["b.xml"]
    home.take()
    assert home.archived() == ["a.xml", "b.xml", "c.xml"]


def test_a_sidecar_goes_with_its_file_and_waits_without_it(home: Home) -> None:
    home.put("G1.invoice.json")
    assert home.take() == ()
    assert home.names("inbox", "bank") == ["G1.invoice.json"]

    home.put("G1_lines.csv")
    home.take()

    assert home.imported == ["G1_lines.csv"]
    assert sorted(home.archived()) == ["G1.invoice.json", "G1_lines.csv"]


def test_a_sidecar_of_two_files_stays_until_both_are_taken(home: Home) -> None:
    for name, content in (("G1.invoice.json", ""), ("G1_a.csv", "good"), ("G1_b.csv", "bad")):
        home.put(name, content)
    seen: list[bool] = []

    def looking(path: Path) -> FileReport:
        seen.append((home.bank / "G1.invoice.json").exists())
        return home.import_file(path)

    home.take(looking)

    assert seen == [True, True]
    assert home.names("set_aside", "bank") == ["G1.invoice.json", "G1_b.csv", "G1_b.csv.reason.txt"]


def test_a_file_waits_for_a_sidecar_that_grows(home: Home) -> None:
    sidecar = home.put("G1.invoice.json")
    home.put("G1_lines.csv")

    def grow() -> None:
        sidecar.write_text("longer")

    home.between_looks = grow

    assert home.take() == ()
    assert home.names("inbox", "bank") == ["G1.invoice.json", "G1_lines.csv"]


def test_customers_are_imported_before_receivables_whatever_their_names(home: Home, ledger: Ledger) -> None:
    folder = home.path / "inbox" / "accounting"
    receivables_file(folder, invoice(), name="a.csv")
    customers_file(folder, customer(), name="b.csv")
    (folder / "0.csv").write_text("garbage\n")
    books = LedgerCustomerBook(ledger), LedgerReceivableBook(ledger)

    reports = take_inbox(
        "accounting",
        home.inbox(),
        lambda path: import_accounting(path, READER, *books),
        lambda path: rank_of(path, READER),
    )

    assert [(report.name, report.outcome.value) for report in reports] == [
        ("b.csv", "imported"),
        ("a.csv", "imported"),
        ("0.csv", "refused"),
    ]
    assert all(report.findings == () for report in reports[:2])
    assert len(rows_of(ledger, tables.receivable)) == 1
