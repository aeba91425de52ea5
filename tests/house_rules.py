"""The rules of the house as checks over source text. Each takes one `Source` and returns what breaks it, in words.

`tests/test_house_rules.py` shows that each check fails on a bad snippet; `tests/test_architecture.py` runs them all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400
DAG_LINES_MAX = 150
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}

OURS = ("csp_receivables", "csp_airflow", "emulator")
# What each layer may import of ours: the arrows of DESIGN part 2, from left to right.
LAYERS: dict[str, tuple[str, ...]] = {
    "csp_receivables.domain": ("csp_receivables.domain",),
    "csp_receivables.ports": ("csp_receivables.domain",),
    "csp_receivables.made_up": ("csp_receivables.domain", "csp_receivables.made_up"),
    "csp_receivables.settings": ("csp_receivables.domain",),
    "csp_receivables.mail_settings": ("csp_receivables.settings",),
    "csp_receivables.outbox_ports": ("csp_receivables.domain",),
    "csp_receivables.microsoft_ports": ("csp_receivables.domain",),
    "csp_receivables.money_ports": ("csp_receivables.domain",),
    "csp_receivables.support_ports": ("csp_receivables.domain",),
    "csp_receivables.access_ports": ("csp_receivables.domain", "csp_receivables.outbox_ports"),
    "csp_receivables.microsoft_settings": ("csp_receivables.settings",),
    "csp_receivables.steps": (
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.outbox_ports",
        "csp_receivables.microsoft_ports",
        "csp_receivables.access_ports",
        "csp_receivables.money_ports",
        "csp_receivables.support_ports",
        "csp_receivables.settings",
    ),
    "csp_receivables.adapters": (
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.outbox_ports",
        "csp_receivables.microsoft_ports",
        "csp_receivables.access_ports",
        "csp_receivables.money_ports",
        "csp_receivables.support_ports",
        "csp_receivables.microsoft_settings",
        "csp_receivables.settings",
        "csp_receivables.mail_settings",
        "csp_receivables.adapters",
    ),
    "csp_receivables.wiring": (
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.outbox_ports",
        "csp_receivables.microsoft_ports",
        "csp_receivables.settings",
        "csp_receivables.mail_settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
    ),
    "csp_receivables.collections_wiring": (  # more of `wiring`, which would be too long
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
    ),
    "csp_receivables.notices_wiring": (  # more of `wiring`, which would be too long
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
    ),
    "csp_receivables.mail_wiring": (  # the same for what leaves the house
        "csp_receivables.domain",
        "csp_receivables.outbox_ports",
        "csp_receivables.microsoft_ports",
        "csp_receivables.settings",
        "csp_receivables.mail_settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
        "csp_receivables.collections_wiring",
    ),
    "csp_receivables.microsoft_wiring": (  # the same for what is asked of Microsoft
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.microsoft_ports",
        "csp_receivables.microsoft_settings",
        "csp_receivables.settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
    ),
    "csp_receivables.access_wiring": (  # the same for what is changed at Microsoft
        "csp_receivables.domain",
        "csp_receivables.access_ports",
        "csp_receivables.outbox_ports",
        "csp_receivables.microsoft_settings",
        "csp_receivables.settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
        "csp_receivables.mail_wiring",
        "csp_receivables.microsoft_wiring",
    ),
    "csp_receivables.money_wiring": (  # the same for what charges come to
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.money_ports",
        "csp_receivables.settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
    ),
    "csp_receivables.escalation_wiring": (  # the same for what reaches a person of the house
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.outbox_ports",
        "csp_receivables.settings",
        "csp_receivables.mail_settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
        "csp_receivables.mail_wiring",
        "csp_receivables.money_wiring",
        "csp_receivables.support_wiring",
    ),
    "csp_receivables.support_wiring": (  # the same for support, whose letters leave by `mail_wiring`
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.outbox_ports",
        "csp_receivables.microsoft_ports",
        "csp_receivables.support_ports",
        "csp_receivables.settings",
        "csp_receivables.mail_settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
        "csp_receivables.mail_wiring",
    ),
    "csp_receivables.worlds_wiring": (  # apart, so that nothing that runs for a partner reaches the generator
        "csp_receivables.domain",
        "csp_receivables.settings",
        "csp_receivables.steps",
        "csp_receivables.adapters",
        "csp_receivables.wiring",
        "csp_receivables.made_up",
    ),
    "csp_receivables.cli": (
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.settings",
        "csp_receivables.mail_settings",
        "csp_receivables.steps",
        "csp_receivables.wiring",
        "csp_receivables.collections_wiring",
        "csp_receivables.notices_wiring",
        "csp_receivables.mail_wiring",
        "csp_receivables.worlds_wiring",
        "csp_receivables.money_ports",
        "csp_receivables.microsoft_ports",
        "csp_receivables.microsoft_settings",
        "csp_receivables.microsoft_wiring",
        "csp_receivables.access_wiring",
        "csp_receivables.money_wiring",
        "csp_receivables.support_wiring",
        "csp_receivables.escalation_wiring",
        "csp_receivables.cli",
        "emulator",  # `csp emulator`
    ),
    "csp_airflow": (
        "csp_receivables.domain",
        "csp_receivables.ports",
        "csp_receivables.settings",
        "csp_receivables.mail_settings",
        "csp_receivables.steps",
        "csp_receivables.wiring",
        "csp_receivables.collections_wiring",
        "csp_receivables.mail_wiring",
        "csp_receivables.microsoft_ports",
        "csp_receivables.microsoft_settings",
        "csp_receivables.microsoft_wiring",
        "csp_receivables.access_wiring",
        "csp_receivables.money_wiring",
        "csp_receivables.support_wiring",
        "csp_receivables.escalation_wiring",
        "csp_receivables.cli",  # `make run` shows the same headline as `csp headline`
        "csp_airflow",
    ),
    "dags": ("csp_airflow", "csp_receivables.domain", "csp_receivables.settings"),
    "plugins": ("csp_airflow",),
    "emulator": ("csp_receivables.made_up", "emulator"),  # knows nothing of the product, so it can't agree by mistake
}
# The rules run on plain values: no clock, file, network, random or stored database, so none of their modules.
DOMAIN_MAY_IMPORT = {
    "__future__",
    "abc",
    "bisect",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",  # its values; its clock is caught by `reads_a_clock`
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "textwrap",
    "types",
    "typing",
    "unicodedata",
    "zoneinfo",  # a time zone is a value; which one is an argument
    "duckdb",  # the connection is handed in
    "holidays",
    "idna",
    "iso4217",
    "pyarrow",
    "rapidfuzz",
    "stdnum",
}
MONEY_CODE = (
    "csp_receivables.domain",
    "csp_receivables.steps",
    "csp_receivables.adapters.ledger",
    "csp_receivables.adapters.accounting_files",
    "csp_receivables.adapters.bank_files",
    "csp_receivables.adapters.microsoft_files",
    "csp_receivables.adapters.partner_center",
)
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("timezone", "utcnow"),
    ("pendulum", "now"),
    ("pendulum", "today"),
}
FLOAT_SQL = re.compile(r"\b(DOUBLE|FLOAT[48]?|REAL)\b")


@dataclass(frozen=True)
class Source:
    """One Python file: its dotted module name and its text."""

    module: str
    text: str

    @classmethod
    def read(cls, path: Path, root: Path) -> Source:
        """The file at `path`; `src/` is no part of the module's name."""
        parts = path.relative_to(root).with_suffix("").parts
        parts = parts[1:] if parts[0] == "src" else parts
        return cls(".".join(part for part in parts if part != "__init__"), path.read_text(encoding="utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in the tree; each check asks for it, and walking takes longer than any check."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def layer(self) -> str:
        """The longest layer name that the module lies in, or ""."""
        return max((layer for layer in LAYERS if _within(self.module, layer)), key=len, default="")

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of everything imported anywhere in the file."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{self._base(node)}.{alias.name}") for alias in node.names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.module.split(".")[: -node.level]
        return ".".join([*package, node.module] if node.module else package)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def breaks_an_arrow(source: Source) -> list[str]:
    """Imports of ours that run against the arrows: steps importing steps, anyone but wiring naming an adapter …"""
    allowed = LAYERS.get(source.layer, OURS)
    return [
        f"{source.module}:{line} imports {name}; {source.layer} may import {', '.join(allowed)}"
        for line, name in source.imports()
        if _within(name, OURS[0]) or _within(name, OURS[1])
        if not any(_within(name, package) for package in allowed)
        if not _is_own_package(source, name)
    ]


def _is_own_package(source: Source, name: str) -> bool:
    """A step made of several files may import its own files; a step is a module or folder right under `steps`."""
    own = source.module.split(".")[:3]
    return source.layer == "csp_receivables.steps" and len(own) == 3 and name.split(".")[:3] == own


def leaves_the_domain(source: Source) -> list[str]:
    """What the domain imports beyond its list."""
    if source.layer != "csp_receivables.domain":
        return []
    return [
        f"{source.module}:{line} imports {name}, which the domain may not"
        for line, name in source.imports()
        if name.split(".")[0] not in DOMAIN_MAY_IMPORT | {OURS[0]}
    ]


def reads_airflow(source: Source) -> list[str]:
    """Imports of Airflow outside csp_airflow, dags and plugins."""
    if source.layer in ("csp_airflow", "dags", "plugins"):
        return []
    found = [(line, name) for line, name in source.imports() if _within(name, "airflow")]
    return [f"{source.module}:{line} imports {name}; only csp_airflow touches Airflow" for line, name in found]


def reads_a_clock(source: Source) -> list[str]:
    """Uses of the machine's clock anywhere but in `settings.Settings.clock`."""
    allowed = _lines_of_the_clock(source)
    used = [
        (node.lineno, f"{_last_name(node.value)}.{node.attr}")
        for node in source.nodes
        if isinstance(node, ast.Attribute) and (_last_name(node.value), node.attr) in CLOCKS
    ]
    imported = [
        (line, name) for line, name in source.imports() if tuple(name.split(".")[-2:]) in CLOCKS - {("time", "time_ns")}
    ]
    return [
        f"{source.module}:{line} reads the clock ({name}); take the moment as an argument"
        for line, name in [*used, *imported]
        if line not in allowed
    ]


def _lines_of_the_clock(source: Source) -> range:
    if source.module != "csp_receivables.settings":
        return range(0)
    found = [node for node in source.nodes if isinstance(node, ast.FunctionDef) and node.name == "clock"]
    return range(found[0].lineno, (found[0].end_lineno or 0) + 1) if found else range(0)


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def uses_floats(source: Source) -> list[str]:
    """Floating point in code that handles money: literals, the type, Arrow's and SQL's floating types.

    A line that says `# not money: …` gives its reason and passes.
    """
    if not any(_within(source.module, package) for package in MONEY_CODE):
        return []
    lines = source.text.splitlines()
    docstrings = {id(node.body[0].value) for node in source.nodes if _has_docstring(node)}  # type: ignore[attr-defined]
    return [
        f"{source.module}:{node.lineno} uses floating point ({what})"
        for node in source.nodes
        if isinstance(node, ast.expr) and id(node) not in docstrings and (what := _float_in(node))
        if "# not money: " not in lines[node.lineno - 1]
    ]


def _float_in(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=float()):
            return f"the number {node.value}"
        case ast.Name(id="float"):
            return "float"
        case ast.Attribute(attr="float16" | "float32" | "float64"):
            return node.attr
        case ast.Constant(value=str(text)) if found := FLOAT_SQL.search(text):
            return f"{found.group()} in SQL"
    return ""


def _has_docstring(node: ast.AST) -> bool:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, kinds) and ast.get_docstring(node) is not None


def has_long_functions(source: Source) -> list[str]:
    """Functions of more lines than a page shows."""
    lengths = [
        (node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in source.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [
        f"{source.module}:{line} {name} has {length} lines, {FUNCTION_LINES_MAX} are the most"
        for name, line, length in lengths
        if length > FUNCTION_LINES_MAX
    ]


def is_too_long(source: Source) -> list[str]:
    """Files nobody reads to the end; a DAG file only says when and in what order."""
    limit = DAG_LINES_MAX if source.layer == "dags" else FILE_LINES_MAX
    length = len(source.text.splitlines())
    return [f"{source.module} has {length} lines, {limit} are the most"] if length > limit else []


def has_a_vague_name(source: Source) -> list[str]:
    """Modules and packages named for nothing in particular."""
    vague = VAGUE_NAMES.intersection(source.module.split("."))
    return [f"{source.module} is named {', '.join(sorted(vague))}: name it for what it does"] if vague else []


def lacks_docstrings(source: Source) -> list[str]:
    """The module, its public functions and its public classes without a docstring. A DAG's is that of its module."""
    kinds = (ast.ClassDef,) if source.layer == "dags" else (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [node for node in source.tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    lacking = [f"{source.module}:{node.lineno} {node.name}" for node in public if not ast.get_docstring(node)]
    if source.text.strip() and not ast.get_docstring(source.tree):
        lacking.insert(0, source.module)
    return [f"{name} has no docstring" for name in lacking]
