"""Write the sample month: `python -m bench.make_sample [FOLDER]` (default include/sample). Same seed, same bytes.

The plot is in `sample_month/month.py`, the files in `inbox.py`, and what the day should say of them in `truth.py`.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from bench.sample_month.describe import readme
from bench.sample_month.inbox import inbox
from bench.sample_month.month import make_month
from bench.sample_month.truth import expected

SAMPLE = Path(__file__).parents[1] / "include" / "sample"


def write_sample(folder: Path) -> int:
    """Write the inbox, README.md and expected.json under `folder`, replacing what lay there; returns how many files."""
    month = make_month()
    files = {f"inbox/{name}": content for name, content in inbox(month).items()}
    files["expected.json"] = (json.dumps(expected(month), indent=2, ensure_ascii=False) + "\n").encode()
    files["README.md"] = readme(month).encode()
    shutil.rmtree(folder / "inbox", ignore_errors=True)
    for name, content in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return len(files)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    print(f"{write_sample(target)} files in {target}")
