"""The report as files and as a letter: page, workbook and PDF from the same document, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from csp_receivables.adapters.escalation.composing import LANGUAGE, compose
from csp_receivables.adapters.escalation.workbook import report_workbook
from csp_receivables.adapters.notices import as_html, as_pdf
from csp_receivables.adapters.notices.text import as_text
from csp_receivables.adapters.whole_folder import alone, replace_whole
from csp_receivables.domain.day import Mode
from csp_receivables.domain.escalation.report import EscalationReport, to_json
from csp_receivables.domain.outbox.letters import Attachment, Content

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DIGEST_FILE = "digest.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationFiles:
    """Implements support_ports.ReportFiles under `outputs`; `include`: the folder of templates and fonts."""

    outputs: Path
    include: Path
    sender: str
    shown_max: int

    def write(self, report: EscalationReport) -> Sequence[Path]:
        """Write the files; the same report again changes nothing."""
        folder = self.folder(report)
        stem = _stem(report)
        names = [f"{stem}.{kind}" for kind in ("html", "pdf", "xlsx", "json")]
        with alone(folder):
            marked = folder / DIGEST_FILE
            is_there = all((folder / name).is_file() for name in names) and marked.is_file()
            if not is_there or marked.read_text(encoding="utf-8").strip() != report.digest:
                replace_whole(folder, lambda new: self._fill(new, report, stem))
        return [folder / name for name in names]

    def letter(self, report: EscalationReport) -> Content:
        """The report as a letter: its page and text, with workbook and PDF attached."""
        document, stem = compose(report, self.sender, self.shown_max), _stem(report)
        return Content(
            subject=document.subject,
            text=as_text(document),
            html=as_html(document, self._templates),
            language=LANGUAGE,
            attachments=(
                Attachment(name=f"{stem}.xlsx", kind=XLSX, content=report_workbook(report)),
                Attachment(name=f"{stem}.pdf", kind="application/pdf", content=self._pdf(report)),
            ),
        )

    def folder(self, report: EscalationReport) -> Path:
        """Where the files of a report lie; a historical one's apart from the live one's."""
        place = self.outputs / "escalation" / report.kind.value
        if report.mode is Mode.LIVE:
            return place / report.as_of.isoformat()
        moment = "".join(sign for sign in report.known_at if sign.isalnum())
        return place / "historical" / f"{report.as_of.isoformat()}@{moment}"

    def _fill(self, folder: Path, report: EscalationReport, stem: str) -> None:
        letter = self.letter(report)
        (folder / f"{stem}.html").write_text(letter.html, encoding="utf-8", newline="\n")
        (folder / f"{stem}.json").write_text(to_json(report) + "\n", encoding="utf-8")
        for attachment in letter.attachments:
            (folder / attachment.name).write_bytes(attachment.content)
        (folder / DIGEST_FILE).write_text(report.digest + "\n", encoding="utf-8")

    def _pdf(self, report: EscalationReport) -> bytes:
        return as_pdf(compose(report, self.sender, self.shown_max), report.as_of, self.include / "fonts")

    @property
    def _templates(self) -> Path:
        return self.include / "templates" / "notices"


def _stem(report: EscalationReport) -> str:
    return f"escalation-{report.kind}-{report.as_of.isoformat()}"
