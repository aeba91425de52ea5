"""A policy is understood once for the same bytes, and anew as soon as a byte of it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from csp_receivables.adapters.read_once import KEPT_MAX, read_once


class Reader:
    """Counts how often it has to read."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, path: Path, words: object = ()) -> str:
        self.times += 1
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        return " ".join(each.read_text() for each in files if each.is_file()) + str(words)


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_the_same_bytes_are_read_once(tmp_path: Path, reader: Reader) -> None:
    (path := tmp_path / "policy.yaml").write_text("days: 10")
    read = read_once(reader.__call__)

    assert {read(path), read(path)} == {"days: 10()"}
    path.write_text("days: 11")  # as long as before
    assert read(path) == "days: 11()"
    path.write_text("days: 10")
    assert read(path) == "days: 10()"
    assert reader.times == 2


def test_a_file_in_a_folder_counts_as_the_folder(tmp_path: Path, reader: Reader) -> None:
    (deep := tmp_path / "en" / "words.j2").parent.mkdir()
    deep.write_text("one")
    read = read_once(reader.__call__)

    assert read(tmp_path) == "one()"
    deep.rename(deep.with_name("other.j2"))
    read(tmp_path)
    assert reader.times == 2, "a name is content, too"
    deep.write_text("two")
    assert "two" in read(tmp_path)


def test_other_arguments_are_another_question(tmp_path: Path, reader: Reader) -> None:
    (path := tmp_path / "seller.yaml").write_text("name")
    read = read_once(reader.__call__)

    assert read(path, ("sv",)) != read(path, ("en",))
    assert read(path, words=["en"]) == "name['en']"


def test_a_refusal_is_not_kept_nor_a_file_that_was_not_there(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "policy.yaml"

    def refusing(path: Path) -> str:
        if not path.is_file():
            raise ValueError("there is no such file")
        return path.read_text()

    read = read_once(refusing)
    for _ in range(2):
        with pytest.raises(ValueError, match="no such file"):
            read(path)
    path.write_text("there")
    assert read(path) == "there"


def test_what_was_read_while_somebody_wrote_is_not_kept(tmp_path: Path) -> None:
    (path := tmp_path / "policy.yaml").write_text("old")

    def interrupted(path: Path) -> str:
        said = path.read_text()
        path.write_text("new")
        return said

    read = read_once(interrupted)
    assert read(path) == "old"
    path.write_text("old")
    path.chmod(0o600)
    assert read(path) == "old"
    assert path.read_text() == "new", "it was read again, not remembered"


def test_no_more_is_kept_than_a_process_meets(tmp_path: Path, reader: Reader) -> None:
    path, read = tmp_path / "policy.yaml", read_once(reader.__call__)
    for number in (*range(KEPT_MAX + 1), 0):
        path.write_text(str(number))
        assert read(path) == f"{number}()"
    assert reader.times == KEPT_MAX + 2
