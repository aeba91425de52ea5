"""What Microsoft leaves open, or does now one way and now another: chosen here, and changeable while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Seconds are the emulator's own, unless a client is asked to wait: those are the client's."""

    # sign-in
    token_seconds: int = 3599
    refresh_token_days: int = 90
    refresh_tokens_work_once: bool = False
    users_pass_mfa: bool = True
    # manners
    bom: bool = True
    throttle_seconds: int = 10  # `Retry-After` of a 429; Microsoft's own example says 57
    seconds_per_request: float = 0.0  # how far each request moves the clock
    slow_pauses: tuple[float, ...] = (0.01, 0.01, 0.01)  # real seconds between the pieces of a slow body
    # exports
    polls_until_done: int = 2  # looks at an operation that find it not done yet
    seconds_until_done: float = 0.0
    poll_after_seconds: int = 10  # `Retry-After` of an operation that goes on
    inline_manifest: bool = False
    timestamps_without_z: bool = False
    done_status: str = "succeeded"  # the documentation also prints `completed`
    data_format: str = "compressedJSON"  # or `compressedJSONLines`
    lines_per_blob: int = 100_000
    numbers_as_text: bool = False
    operation_seconds: int = 24 * 3600  # from then on 410
    sas_seconds: int = 12 * 3600
    # invoices
    pdf_link_seconds: int = 30 * 60
    # subscriptions
    slow_share: float = 0.0  # of accepted PATCHes: answered 202, settled later
    settle_seconds: float = 120.0
    entitlement_settle_seconds: float = 600.0
    renewal_seconds: int = 3600  # how long a renewal takes from 00:01; 24 h at most
    renewal_code: int = 800082  # of a change during a renewal; 900278 is documented, too
    patch_answers_in_capitals: bool = False
    changes_a_day: int = 20  # of one subscription, before it was updated too many times
