"""The words of a language: `words.j2` and one file a notice, in `include/templates/notices/<language>/`.

A file of words gives plain text; layout escapes it. So the same words serve text, HTML and PDF, and no name from
outside can become markup in any of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from csp_receivables.adapters.compiled_templates import Compiled
from csp_receivables.adapters.notices.locales import Manner, locale_of

SUBJECT, TITLE, OPENING, CLOSING = "subject", "title", "opening", "closing"
NOTICE_WORDS = (SUBJECT, TITLE, OPENING, CLOSING)  # what each file of a notice sets
COMMON = "words.j2"
_BREAKS = re.compile(r"[ \t\r\n]+")


class BadTemplate(ValueError):
    """A notice can't be written in this language; the message names the file, what is wrong with it, and the remedy."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language, and the manner of one locale of it."""

    language: str
    manner: Manner
    environment: ImmutableSandboxedEnvironment
    common: Any  # the module that words.j2 makes: macros by name
    said: dict[str, str] = field(default_factory=dict)  # what says the same each time

    def say(self, name: str, *arguments: Any) -> str:
        """What the macro `name` of words.j2 says, as one line. BadTemplate when it is missing or fails."""
        if arguments:
            return self._said_anew(name, arguments)
        if name not in self.said:
            self.said[name] = self._said_anew(name, ())
        return self.said[name]

    def _said_anew(self, name: str, arguments: tuple[Any, ...]) -> str:
        macro = getattr(self.common, name, None)
        if macro is None:
            raise BadTemplate(f"{self.language}/{COMMON}: {name} is missing. Add it as the other languages have it")
        try:
            return _BREAKS.sub(" ", str(macro(*arguments)) if callable(macro) else str(macro)).strip()
        except (TemplateError, TypeError, KeyError, AttributeError) as error:
            where = f"{self.language}/{COMMON}: {name}"
            raise BadTemplate(f"{where}: {error}. Compare it with another language's") from None

    def notice(self, kind: str, notice: Mapping[str, Any]) -> dict[str, str]:
        """The words of one notice by name (NOTICE_WORDS). BadTemplate when the file or one of them is missing."""
        name = f"{self.language}/{kind}.j2"
        try:
            said = _template(self.environment, name).make_module({"notice": notice, "words": self.common})
        except TemplateNotFound:
            raise BadTemplate(f"{name} is missing. Copy that of another language and translate its words") from None
        except (TemplateError, TypeError, KeyError) as error:
            raise BadTemplate(f"{name}{_line(error)}: {error}. Compare it with another language's") from None
        if missing := [each for each in NOTICE_WORDS if not hasattr(said, each)]:
            raise BadTemplate(f"{name}: {missing[0]} is not set. Add {{% set {missing[0]} %}} … {{% endset %}}")
        return {each: str(getattr(said, each)).strip() for each in NOTICE_WORDS}


_compiled = Compiled()


@lru_cache(maxsize=64)  # languages × the countries that customers sit in; a run has a handful
def wording(templates: Path, language: str, country: str) -> Wording:
    """The words of `language` for readers in `country`. BadTemplate when there is no such folder."""
    first = _wording(templates, language, Locale.parse("en"))
    locale = locale_of(language, country, first.say("locale"))
    return _wording(templates, language, locale)


@lru_cache(maxsize=64)
def _wording(templates: Path, language: str, locale: Locale) -> Wording:
    manner = Manner(locale)
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates),
        autoescape=False,  # plain text comes out; layout.html.j2 escapes all of it
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled,
        auto_reload=False,  # a run says the same from its first notice to its last
    )
    environment.globals |= {"plural": manner.plural, "listed": manner.listed}
    try:
        common = environment.get_template(f"{language}/{COMMON}").module
    except TemplateNotFound:
        raise BadTemplate(f"{language}/{COMMON} is missing. A language is a folder of templates/notices") from None
    except TemplateError as error:
        raise BadTemplate(f"{language}/{COMMON}{_line(error)}: {error}") from None
    return Wording(language, manner, environment, common)


def read_anew() -> None:
    """Let the next notice read its words from the files, which may have changed."""
    wording.cache_clear()
    _wording.cache_clear()


def _line(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return f":{line}" if line else ""


def _template(environment: ImmutableSandboxedEnvironment, name: str) -> Template:
    return environment.get_template(name)


def languages(templates: Path) -> tuple[str, ...]:
    """The languages there are: the folders with words, in order."""
    return tuple(sorted(path.parent.name for path in templates.glob(f"*/{COMMON}")))


def kinds(templates: Path, language: str) -> tuple[str, ...]:
    """The notices that a language has words for, in order."""
    return tuple(sorted(path.stem for path in (templates / language).glob("*.j2") if path.name != COMMON))
