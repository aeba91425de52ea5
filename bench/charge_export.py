"""An export of a million charges in gzip JSON lines, 47 attributes, into lake and ledger, against inflating its parts.

    python -m bench.charge_export [--lines 1000000 10000000] [--rounds 3]

Prints seconds, the ratio to the floor and peak memory for each number of lines: memory must stay flat.
"""

from __future__ import annotations

import argparse
import tempfile
import zlib
from pathlib import Path

from bench.measure import Budget, measure_pair, report
from bench.recon_csv import make_ledger
from bench.worlds import write_export

BUDGET = Budget(ratio=4.0, peak_mb=1000)
MILLION = 1_000_000


def floor(record: str) -> int:
    """Inflate every part and keep nothing."""
    inflated = 0
    for path in sorted(Path(record).parent.glob("part-*.json.gz")):
        with path.open("rb") as file:
            stream = zlib.decompressobj(wbits=31)
            while block := file.read(1 << 20):
                inflated += len(stream.decompress(block))
                while stream.eof and stream.unused_data:  # the next member
                    rest, stream = stream.unused_data, zlib.decompressobj(wbits=31)
                    inflated += len(stream.decompress(rest))
    return inflated


def main() -> None:
    """Write the export, measure both, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[MILLION, 10 * MILLION])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        ledger = make_ledger(Path(home))
        for lines in options.lines:
            with tempfile.TemporaryDirectory() as folder:
                record = write_export(Path(folder), lines)
                base, done = measure_pair(
                    ("bench.charge_export:floor", str(record)),
                    ("bench.recon_csv:ours", str(record), str(ledger)),
                    options.rounds if lines <= MILLION else 1,
                )
                name = f"charges as JSON lines, {lines // MILLION or lines / MILLION} M"
                report(name, base, done, BUDGET, lines=lines, inflated=base.returned, returned=done.returned)


if __name__ == "__main__":
    main()
