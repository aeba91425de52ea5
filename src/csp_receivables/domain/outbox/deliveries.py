"""What became of messages, and what that means for the notice they carry."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import pyarrow as pa

from csp_receivables.domain.collections.cases import Delivery


class MessageEvent(StrEnum):
    """What happens to a message."""

    HANDING_OVER = "handing_over"  # written before the first byte leaves: without a later word it is in doubt
    ACCEPTED = "accepted"
    TRY_LATER = "try_later"
    REFUSED_ADDRESS = "refused_address"
    REFUSED_MESSAGE = "refused_message"
    IN_DOUBT = "in_doubt"
    NOT_HANDED_OVER = "not_handed_over"  # a person's word on one in doubt, or a stop at the last moment
    DELAYED = "delayed"  # a soft bounce: the other side still tries
    BOUNCED = "bounced"


# What a message's newest word means for its notice; one that is not here was never handed over.
DELIVERY: Mapping[MessageEvent, Delivery] = MappingProxyType(
    {
        MessageEvent.HANDING_OVER: Delivery.IN_DOUBT,
        MessageEvent.IN_DOUBT: Delivery.IN_DOUBT,
        MessageEvent.ACCEPTED: Delivery.ACCEPTED,
        MessageEvent.DELAYED: Delivery.ACCEPTED,
        MessageEvent.BOUNCED: Delivery.BOUNCED,
        MessageEvent.REFUSED_ADDRESS: Delivery.FAILED,
        MessageEvent.REFUSED_MESSAGE: Delivery.FAILED,
    }
)
# Of several messages of one action (another contact after a bounce) the first of these speaks for the notice.
OUTRANKS = (Delivery.ACCEPTED, Delivery.IN_DOUBT, Delivery.BOUNCED, Delivery.FAILED)

NOTICE = pa.schema(  # a notice that was handed over, and what became of it; at most one row for each action
    [
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("round_id", pa.string(), nullable=False),
        pa.field("on", pa.date32(), nullable=False),  # when it was handed over, the partner's day
        pa.field("delivery", pa.string(), nullable=False),  # of `Delivery`
        pa.field("receivable_ids", pa.list_(pa.string()), nullable=False),  # what it named, oldest due first
        pa.field("kind", pa.string(), nullable=False),  # of `Answer`
    ]
)
