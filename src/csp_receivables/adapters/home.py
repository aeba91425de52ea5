"""CSP_HOME: its folders, and who may look into it. It holds what customers paid."""

from __future__ import annotations

import logging
import os
import stat
from functools import cache
from pathlib import Path

FOLDERS = (
    "inbox", "inbox/microsoft", "inbox/bank", "inbox/accounting", "inbox/bounces", "inbox/support",
    "archive", "set_aside", "lake", "outputs", "messages",
)  # fmt: skip
# What a home holds besides: of the ledger, of a demonstration, of the local Airflow, of large sorts.
OTHER_NAMES = frozenset(
    {"ledger.db", "ledger.db-wal", "ledger.db-shm", "demo.json", ".demo.json", "airflow", "spill", "lost+found"}
)
_OURS = frozenset(FOLDERS) | OTHER_NAMES
OTHERS_MAY = 0o067  # of a mode: a group may pass through (0710, for a program that delivers files), and no more

_log = logging.getLogger(__name__)


def make_home(home: Path) -> None:
    """Make the home and its folders, for their owner only, and close an existing home to others where it is ours."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(home)
    for folder in FOLDERS:
        (home / folder).mkdir(mode=0o700, exist_ok=True)


def _close(home: Path) -> None:
    """Take from others what they may do in `home`. A folder that is not only ours (/tmp, /var) is left as it is."""
    found = home.stat()
    mode = stat.S_IMODE(found.st_mode)
    if not mode & OTHERS_MAY:
        return
    if found.st_uid != os.geteuid():
        _say(f"CSP_HOME {home} may be read by others (mode {mode:04o}) and belongs to somebody else: "
             f"its owner should run chmod 700 {home}")  # fmt: skip
    elif other := sorted({path.name for path in home.iterdir()} - _OURS):
        _say(f"CSP_HOME {home} may be read by others (mode {mode:04o}) and holds more than ours ({other[0]}): "
             "name a folder of its own, or close it with chmod 700")  # fmt: skip
    else:
        home.chmod(0o700)
        _say(f"CSP_HOME {home} could be read by others (mode {mode:04o}); now only its owner may (0700)")


@cache
def _say(sentence: str) -> None:
    """To standard error, or the task's log; once in a process."""
    _log.warning(sentence)
