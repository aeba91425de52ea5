"""Jinja's code for a template, made once in a process. Making it takes longer than filling the template in."""

from __future__ import annotations

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_KEPT_MAX = 512  # of all notices in all languages there are some seventy


class Compiled(BytecodeCache):
    """Compiles a text once, however many environments read it: all of one kind, as their settings are in the code."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002 - the same text elsewhere is the same
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self._code.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if len(self._code) >= _KEPT_MAX:
            self._code.clear()
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()
