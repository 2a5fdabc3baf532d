"""What counts as the original of an input record, and its hash: the same bytes for router, sink and reader.

The original is what the tool wrote about the one item, redacted; where a direct producer gave none, and of what a
person said, it is the record itself as JSON with sorted keys.
"""

import orjson

from schemas.answers import Answer
from schemas.events import Alert, Change, Entity
from schemas.feedback import Feedback
from schemas.identity import content_hash
from streams.redact import redact, redact_text

Published = Alert | Change | Entity | Feedback | Answer


def original_text(message: Published) -> str:
    """The redacted original of a published record, as text; redacting it again changes nothing."""
    written = "" if isinstance(message, Feedback) else message.original
    if not written:
        return _dumped(redact(message.model_dump()))
    try:
        return _dumped(redact(orjson.loads(written)))
    except orjson.JSONDecodeError:
        return redact_text(written)


def original_hash(message: Published) -> str:
    """SHA-256 over the bytes of `original_text`, in hexadecimal digits."""
    return content_hash(original_text(message).encode())


def _dumped(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
