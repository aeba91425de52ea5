"""One process of libFuzzer on one target: `python -m fuzz.guided TARGET FOUND [options of libFuzzer] [corpus folders]`.

An input at which the harness raises is kept in the folder FOUND by ourselves: libFuzzer keeps it after the interpreter
has been taken down, which native libraries with threads do not always live through.
Only the modules of the product are instrumented, so that only they guide the mutations.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
import traceback
from pathlib import Path

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

from fuzz.targets import PLANTED, TARGETS, Harness, Target
from fuzz.unpacking import unpack

PACKAGE = "csp_receivables"
EXIT_FOUND = 77  # as libFuzzer ends for an error in the target


def main(arguments: list[str]) -> None:
    """Fuzz until libFuzzer ends the process: 0 when nothing was found."""
    name, found, *options = arguments
    if name == PLANTED.name:
        target, harness = PLANTED, atheris.instrument_func(PLANTED.harness())
    else:
        target = TARGETS[name]
        with atheris.instrument_imports(include=[PACKAGE]):
            harness = target.harness()
    atheris.Setup([f"fuzz {name}", *options], _keeping(Path(found), harness), **_mutator(target))
    atheris.Fuzz()


def _keeping(found: Path, harness: Harness) -> Harness:
    """The harness, ending the process with the input kept when it raises."""

    def keeping(data: bytes) -> None:
        try:
            harness(data)
        except Exception:
            (found / f"crash-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(EXIT_FOUND)

    return keeping


def _mutator(target: Target) -> dict[str, object]:
    return {"custom_mutator": _inside} if target.is_packed else {}


def _inside(data: bytes, size_max: int, seed: int) -> bytes:
    """Every fourth mutation is of the archive itself, the others of what it holds."""
    content = unpack(data) if seed % 4 else None
    if content is None:
        return bytes(atheris.Mutate(data, size_max))
    return gzip.compress(bytes(atheris.Mutate(content, max(len(content) * 2, 1_000))), mtime=0)[:size_max]


if __name__ == "__main__":
    main(sys.argv[1:])
