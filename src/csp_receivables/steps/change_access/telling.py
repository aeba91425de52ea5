"""Telling a customer that access was taken or came back: a letter through the outbox and its gate, like any other."""

from __future__ import annotations

from csp_receivables.access_ports import AccessBook
from csp_receivables.domain.collections.notice_content import ACCESS_LETTERS
from csp_receivables.outbox_ports import LastLook


def tell(customer_id: str, look: LastLook, book: AccessBook) -> None:
    """Ask for the letter that the facts of now want. The day's decisions ask for it, too, should this be the last line
    that is reached; its id makes it happen once."""
    book.look_anew()
    fresh = look.look([customer_id]).get(customer_id)
    wanted = [each.letter for each in fresh.letters.values() if each.letter] if fresh else []
    book.propose_letters(letter for letter in wanted if letter.kind in ACCESS_LETTERS)
