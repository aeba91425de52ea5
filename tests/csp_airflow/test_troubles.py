"""What passes by itself gets one name; everything else keeps its own."""

from __future__ import annotations

import psycopg
import pytest

from csp_airflow.troubles import PassingTrouble, told_apart
from csp_receivables.steps.take_inbox import InboxFailed


@pytest.mark.parametrize("trouble", [InboxFailed(["statement.xml"], []), psycopg.OperationalError("server closed")])
def test_what_passes_by_itself_is_renamed_and_keeps_its_words_and_cause(trouble: Exception) -> None:
    with pytest.raises(PassingTrouble) as raised, told_apart():
        raise trouble

    assert str(raised.value) == str(trouble)
    assert raised.value.__cause__ is trouble


def test_a_bug_keeps_its_name() -> None:
    with pytest.raises(KeyError), told_apart():
        raise KeyError("a bug")
