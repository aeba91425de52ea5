"""Rendered notices as files to look at, and the gallery: every notice in every language on every awkward case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from csp_receivables.adapters.notices import RenderedNotice, render
from csp_receivables.adapters.notices.wording import kinds, languages
from csp_receivables.domain.collections.notice_content import STATEMENT
from csp_receivables.domain.collections.notice_examples import example_notices

INDEX = "gallery.html.j2"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


def write_notice(notice: RenderedNotice, folder: Path, name: str) -> tuple[Path, ...]:
    """Write `<name>.txt` (with the subject on its first line), `<name>.html` and the attachments into `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = _NOT_IN_A_NAME.sub("-", name).strip("-")
    files = {f"{stem}.txt": f"{notice.subject}\n\n{notice.text}".encode(), f"{stem}.html": notice.html.encode()}
    files |= {f"{stem}-{each.name}": each.data for each in notice.attachments}
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return tuple(folder / file for file in files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One picture of the gallery. `files` are names beside the index."""

    language: str
    kind: str
    case: str
    subject: str
    files: tuple[str, ...]


def write_gallery(folder: Path, templates: Path) -> tuple[Path, int]:
    """Write the gallery into `folder`; returns its index page and how many notices it shows. Equal bytes each time."""
    shown = list(_shown(folder, templates))
    environment = Environment(loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined)
    index = folder / "index.html"
    index.write_text(environment.get_template(INDEX).render(shown=shown), encoding="utf-8", newline="\n")
    return index, len(shown)


def _shown(folder: Path, templates: Path) -> Iterator[Shown]:
    for language in languages(templates):
        for kind in kinds(templates, language):
            for case, content in example_notices(kind, language).items():
                attach = kind == STATEMENT or case == "statement attached"
                notice = render(replace(content, attach_statement=attach), templates)
                files = write_notice(notice, folder, f"{language}-{kind}-{case}")
                names = tuple(file.name for file in files)
                yield Shown(language=language, kind=kind, case=case, subject=notice.subject, files=names)
