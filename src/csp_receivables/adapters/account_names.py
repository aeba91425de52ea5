"""The partner's bank accounts and their other names: include/bank/accounts.yaml, a list of names for each account."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import yaml

from csp_receivables.adapters.read_once import read_once
from csp_receivables.domain.account_names import AccountNames, name_key


class AccountNamesRefused(ValueError):
    """The file can't be used; the message names file and line, and what to do."""


@read_once
def read_account_names(path: Path) -> AccountNames:
    """The names in `path`; none when there is no such file. Raises AccountNamesRefused."""
    if not path.is_file():
        return AccountNames()
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise AccountNamesRefused(f"{path}: this is no YAML: {error}") from None
    names: dict[str, str] = {}
    for account, others in _pairs(path, root):
        if key := name_key(account):
            names.setdefault(key, account)  # an account without other names is one of ours too
        for other in others:
            key = name_key(other.value)
            if not key or names.get(key, account) != account:
                found = f"a second account for {other.value!r}" if key else f"{other.value!r} is no name"
                raise _refused(path, other, f"{found}. Each name belongs to one account")
            names[key] = account
    return AccountNames(MappingProxyType(names))


def _pairs(path: Path, root: yaml.Node | None) -> list[tuple[str, list[yaml.ScalarNode]]]:
    """Each account with the nodes of its other names, checked for their form."""
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        raise _refused(path, root, "there are no accounts here")
    pairs = []
    for account, others in root.value:
        if not isinstance(account, yaml.ScalarNode):
            raise _refused(path, account, "this is no account")
        named = others.value if isinstance(others, yaml.SequenceNode) else None
        if named is None or not all(isinstance(other, yaml.ScalarNode) for other in named):
            raise _refused(path, account, f"{account.value!r} has no list of other names")
        pairs.append(("".join(str(account.value).split()), named))
    return pairs


def _refused(path: Path, node: yaml.Node, found: str) -> AccountNamesRefused:
    place = f"{path.name}:{node.start_mark.line + 1}"
    return AccountNamesRefused(f"{place}: {found}. Write each as `SE4550000000058398257466: [991-2346]`")
