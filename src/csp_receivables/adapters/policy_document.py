"""The collections policy as a document for customers, in plain words: Markdown, and from it HTML.

The words lie in include/templates/policy/<language>/policy.md.j2; here are the facts they are filled with. What is
filled in is escaped for both forms, so no name can become markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markupsafe import Markup

from csp_receivables.adapters.compiled_templates import Compiled
from csp_receivables.adapters.notices.locales import Manner
from csp_receivables.adapters.outside_text import visible_text
from csp_receivables.adapters.policy_document_facts import facts
from csp_receivables.domain.collections.interest import LateInterestRules
from csp_receivables.domain.collections.policy import CollectionsPolicy
from csp_receivables.domain.collections.seller import Seller

PAGE, WORDS, LAYOUT = "policy.md.j2", "words.j2", "layout.html.j2"
_compiled = Compiled()
_MARKUP = re.compile(r"([\\`*_\[\]|~])")


class NoSuchWords(ValueError):
    """The policy can't be written in this language; the message names the file and what to do."""


def languages(templates: Path) -> tuple[str, ...]:
    """The languages that the policy can be written in, in order."""
    return tuple(sorted(path.parent.name for path in templates.glob(f"*/{PAGE}")))


def policy_markdown(
    policy: CollectionsPolicy, seller: Seller, rules: LateInterestRules, *, language: str, today: date, templates: Path
) -> str:
    """The document as Markdown. `today` sets the example's dates. Raises NoSuchWords."""
    if language not in languages(templates):
        there = ", ".join(languages(templates)) or "none"
        raise NoSuchWords(f"no policy is written in {language!r}; there are {there}. Add {templates / language / PAGE}")
    environment = _environment(templates)
    name = f"{language}/{PAGE}"
    try:
        locale = environment.get_template(f"{language}/{WORDS}").module.locale  # type: ignore[attr-defined]
        manner = Manner(Locale.parse(str(locale)))
        environment.globals |= _words(manner)
        text = environment.get_template(name).render(
            facts(policy, seller, rules, manner=manner, language=language, today=today)
        )
    except (TemplateError, AttributeError, TypeError, KeyError) as error:
        raise NoSuchWords(f"{name}: {error}. Compare it with another language's") from None
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def policy_html(markdown: str, *, language: str, templates: Path) -> str:
    """The Markdown as one HTML page that needs nothing but itself."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    content = (
        parser.render(markdown).replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    )
    title = next((line[2:] for line in markdown.splitlines() if line.startswith("# ")), "")
    frame = Environment(loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined)
    try:
        template = frame.get_template(LAYOUT)
    except TemplateNotFound:
        raise NoSuchWords(f"{LAYOUT} is missing in {templates}. Copy it from the distribution") from None
    return template.render(language=language, title=title, content=Markup(content))  # noqa: S704 - html is off above


def _environment(templates: Path) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_escaped,
        bytecode_cache=_compiled,
    )
    environment.filters |= {"one_line": _one_line, "capital": _capital}
    return environment


def _words(manner: Manner) -> dict[str, Any]:
    def listed_words(keys: Sequence[str], words: Mapping[str, str]) -> str:
        return manner.listed([words[key] for key in keys])

    def listed_or(things: Sequence[str]) -> str:
        return " / ".join(things)

    return {"plural": manner.plural, "listed": manner.listed, "listed_words": listed_words, "listed_or": listed_or}


def _escaped(value: Any) -> Any:
    """Plain text as Markdown that shows just that, in HTML too; what Jinja marked as safe stays."""
    if type(value) is not str:
        return value
    text = _MARKUP.sub(r"\\\1", visible_text(" ".join(value.split(" "))))
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))  # noqa: S704


def _one_line(text: str) -> str:
    joined = re.sub(r"\s*\n\s*", " ", str(text)).strip()
    return _kept(re.sub(r" +,", ",", joined), text)


def _capital(text: str) -> str:
    return _kept(str(text)[:1].upper() + str(text)[1:], text)


def _kept(changed: str, before: str) -> str:
    """As safe as it was before."""
    return Markup(changed) if isinstance(before, Markup) else changed  # noqa: S704
