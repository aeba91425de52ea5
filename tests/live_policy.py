"""What finance keeps, with a policy that is live: the shipped one only runs dry."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


def live_include(folder: Path, **changed: str) -> Path:
    """A copy of `include` whose policy is live since January. `changed`: lines of the policy by their key."""
    include = shipped_include(folder)
    go_live(include, **changed)
    return include


def shipped_include(folder: Path) -> Path:
    """A copy of `include` as it is."""
    return Path(shutil.copytree(ROOT / "include", folder / "include"))


def go_live(include: Path, **changed: str) -> None:
    """Let the policy of a copy be live since January. `changed`: lines of the policy by their key."""
    policy = include / "policies" / "collections.yaml"
    text = policy.read_text(encoding="utf-8")
    for key, value in {"live_from": "2026-01-01", "dry_days": "0", **changed}.items():
        text, found = re.subn(rf"(?m)^{key}: *[^#\n]+", f"{key}: {value} ", text)
        assert found == 1, f"the shipped policy has no line {key}"
    policy.write_text(text, encoding="utf-8")


@cache
def include_with(policy: str) -> Path:
    """A copy of `include` with this policy of collections, made once: a process looks at each folder of templates once,
    too, and for longer than most tests take. Whoever changes more asks for `live_include`.
    """
    folder = Path(tempfile.mkdtemp(prefix="csp-include-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    include = live_include(folder)
    (include / "policies" / "collections.yaml").write_text(policy, encoding="utf-8")
    return include
