"""`csp policy render`: the policy as a document for customers, in plain words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from csp_receivables import collections_wiring
from csp_receivables.cli.output import JsonOption, Refused, say
from csp_receivables.cli.policy_check import PolicyFile
from csp_receivables.settings import Settings


class Form(StrEnum):
    """What the document is written as."""

    MARKDOWN = "md"
    HTML = "html"


Language = Annotated[str, typer.Option("--language", help="A folder of include/templates/policy, such as sv.")]
FormOption = Annotated[Form, typer.Option("--format", help="Markdown, or one HTML page that needs nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write to this file instead of the terminal.")]


def render(
    file: PolicyFile = None,
    *,
    language: Language = "en",
    form: FormOption = Form.MARKDOWN,
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Write the policy as customers read it: steps, days, amounts, access, disputes, whom to call."""
    settings = Settings.from_environment()
    try:
        document = collections_wiring.policy_document(settings, file, language, as_html=form is Form.HTML)
    except collections_wiring.NoSuchWords as refused:
        raise Refused(str(refused)) from None
    if out is None:
        say(document.removesuffix("\n"), {"language": language, "text": document}, as_json=as_json)
        return
    out.write_text(document, encoding="utf-8", newline="\n")
    say(str(out), {"language": language, "file": str(out)}, as_json=as_json)
