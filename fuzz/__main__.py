"""`make fuzz`: every target for some minutes, two at a time, then fuzz/RESULTS.md.

python -m fuzz                                  all of them, 300 seconds each
python -m fuzz camt mt940 --seconds 30          some
python -m fuzz camt --replay FILE               one input, with its traceback; needs no atheris
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import machine
from fuzz.seeds import SIZE_MAX, seeds
from fuzz.targets import PLANTED, TARGETS, Target
from fuzz.tokens import dictionary

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "fuzz"  # git-ignored: corpora, logs and inputs that crashed
PUBLISHED = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "fuzz" / "RESULTS.md"
KEPT = ROOT / "fuzz" / "results"  # committed: fuzzing one target leaves the other rows of the page
MEMORY_MB, HANG_SECONDS = 500, 10
AT_A_TIME = 2
SECONDS_FOR_PLANTED = 60
NO_ANSWER_SECONDS = 120  # beyond its own time: then libFuzzer itself hangs
KINDS = {"crash": "an error that is no refusal", "timeout": f"more than {HANG_SECONDS} s", "oom": "too much memory"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What fuzzing one target came to."""

    target: str
    seconds: int
    executions: int
    edges: int
    peak_mb: int
    verdict: str  # "survived", or what happened
    found: tuple[Path, ...] = ()

    @property
    def survived(self) -> bool:
        return self.verdict == "survived"


def main(arguments: list[str]) -> int:
    """Run the targets named (all by default); not zero when one of them did not survive."""
    asked = _asked(arguments)
    if asked.replay:
        return _replay(TARGETS[asked.targets[0]], asked.replay)
    if not notices_the_planted_mistake():
        print(f"the mistake planted in fuzz/planted.py was not found: see {BUILD / PLANTED.name / 'log.txt'}")
        return 2
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        results = list(pool.map(lambda name: _kept(told(fuzz(TARGETS[name], asked.seconds))), asked.targets))
    RESULTS.write_text(_page(), encoding="utf-8")
    return exit_code(results)


def exit_code(results: Sequence[Result]) -> int:
    """Not zero when a target did not survive."""
    return 0 if all(result.survived for result in results) else 1


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", default=list(TARGETS), type=_known, metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=300, help="for each target")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="read one input with the one target named")
    asked = parser.parse_args(arguments)
    if asked.replay and len(asked.targets) != 1:
        parser.error("--replay needs one target")
    return asked


def _known(name: str) -> str:
    if name not in TARGETS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(TARGETS)}")
    return name


def _replay(target: Target, path: Path) -> int:
    """What the harness raises is the answer, as Python prints it."""
    target.harness()(path.read_bytes())
    print(f"{target.name} reads or refuses {path.name} as it should")
    return 0


def notices_the_planted_mistake() -> bool:
    """Does coverage guide the search today? A mistake behind four bytes must be found."""
    return bool(fuzz(PLANTED, SECONDS_FOR_PLANTED, [b""], "# none\n").found)


def fuzz(target: Target, seconds: int, start: Sequence[bytes] | None = None, words: str | None = None) -> Result:
    """Fuzz one target in a process of its own. `start` and `words`: instead of the target's seeds and tokens."""
    folder = BUILD / target.name
    for name in ("corpus", "seeds", "found"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for old in (folder / "seeds").iterdir():
        old.unlink()
    for old in (folder / "found").iterdir():
        old.replace(folder / "corpus" / old.name)  # tried again first, and found again unless it is mended
    for number, data in enumerate(seeds(target.name) if start is None else start):
        (folder / "seeds" / f"{number:03}").write_bytes(data)
    (folder / "tokens.dict").write_text(dictionary(target.name) if words is None else words, encoding="utf-8")
    log, is_hung = _run(target, folder, seconds)
    return _result(target, folder, seconds, log, is_hung=is_hung)


def _run(target: Target, folder: Path, seconds: int) -> tuple[str, bool]:
    """What libFuzzer printed, and whether it had to be ended."""
    options = (
        f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={HANG_SECONDS}", f"-max_len={SIZE_MAX}",
        f"-artifact_prefix={folder / 'found'}/", f"-dict={folder / 'tokens.dict'}", "-print_final_stats=1",
    )  # fmt: skip
    published = [str(PUBLISHED / name) for name in target.published if (PUBLISHED / name).is_dir()]
    command = [sys.executable, "-m", "fuzz.guided", target.name, str(folder / "found"), *options]
    command += [str(folder / "corpus"), str(folder / "seeds"), *published]
    log = folder / "log.txt"
    is_hung = False
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        try:
            process.wait(seconds + NO_ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            is_hung = True
    return log.read_text(encoding="utf-8", errors="replace") + f"\nexit code {process.returncode}\n", is_hung


def _result(target: Target, folder: Path, seconds: int, log: str, *, is_hung: bool) -> Result:
    found = tuple(sorted(path for path in (folder / "found").iterdir()))
    said = [KINDS[kind] for path in found if (kind := path.name.partition("-")[0]) in KINDS]
    ended_well = log.endswith("exit code 0\n") and re.search(r"^Done \d+ runs", log, re.M)
    otherwise = "; ".join(said) or ("hung" if is_hung else "ended with an error")
    return Result(
        target=target.name,
        seconds=seconds,
        executions=_last(r"(?m)^#(\d+)\t", log),
        edges=_last(r"cov: (\d+)", log),
        peak_mb=_last(r"(?:peak_rss_mb:|rss:) *(\d+)", log),
        verdict="survived" if ended_well and not said else otherwise,
        found=found,
    )


def _last(pattern: str, log: str) -> int:
    found = re.findall(pattern, log)
    return int(found[-1]) if found else 0


def told(result: Result) -> Result:
    """The result, printed; with the command that shows what happened."""
    print(
        f"{result.target:12} {result.executions:>9,} executions {result.edges:>6,} edges {result.peak_mb:>4} MB  "
        f"{result.verdict}",
        flush=True,
    )
    for path in result.found:
        print(f"  {path.name}: python -m fuzz {result.target} --replay {os.path.relpath(path)}", flush=True)
    if not result.survived and not result.found:
        print(f"  see {os.path.relpath(BUILD / result.target / 'log.txt')}", flush=True)
    return result


def _kept(result: Result) -> Result:
    """The result, kept until the target is fuzzed again."""
    known = {name: value for name, value in asdict(result).items() if name != "found"}
    measured = {"measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "machine": machine()}
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{result.target}.json").write_text(json.dumps(known | measured, indent=1) + "\n", encoding="utf-8")
    return result


def _page() -> str:
    kept = [path for name in TARGETS if (path := KEPT / f"{name}.json").is_file()]
    columns = ("target", "seconds", "executions", "edges", "peak_mb", "verdict", "measured", "machine")
    results = [json.loads(path.read_text(encoding="utf-8")) for path in kept]
    rows = "".join(f"| {' | '.join(str(each[column]) for column in columns)} |\n" for each in results)
    return f"""# Fuzzing

Written by `make fuzz`. Each target is one reader, fed by libFuzzer through atheris for the seconds named, guided by the
coverage of our own modules. It must neither raise anything but its own refusal, nor take {HANG_SECONDS} s for one
input, nor {MEMORY_MB} MB in all; what it reads must keep the claims of `fuzz/claims.py`, and be the same when read
again. A row is the newest run of its target; {AT_A_TIME} run at a time.

| target | seconds | executions | edges | peak MB | verdict | measured | machine |
| --- | --: | --: | --: | --: | --- | --- | --- |
{rows}"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
