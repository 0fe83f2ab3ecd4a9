"""What the document says in words alone: formats, and what has to go together. Read by Schemathesis."""

import uuid

import schemathesis
from hypothesis import strategies

MINUTES = strategies.integers(0, 59).map(str)
HOURS = strategies.integers(0, 23).map(str)
DAYS = strategies.one_of(strategies.just("*"), strategies.integers(1, 28).map(str))
MONTHS = strategies.one_of(strategies.just("*"), strategies.integers(1, 12).map(str))
WEEKDAYS = strategies.one_of(strategies.just("*"), strategies.integers(0, 6).map(str))

schemathesis.openapi.format(
    "cron", strategies.tuples(MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS).map(" ".join)
)
schemathesis.openapi.format(
    "iana-time-zone", strategies.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"])
)
schemathesis.openapi.format(
    "https-origin", strategies.integers(1, 9_999).map(lambda number: f"https://threatq-{number}.example")
)

schemathesis.openapi.format(
    "visible-name", strategies.text(strategies.sampled_from("abcXYZ019.-_@éł名"), min_size=1, max_size=64)
)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A key belongs to one call: one that was used for another call is refused, as the document says."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and key.strip() and len(key) <= 128:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


@schemathesis.hook
def filter_body(context, body):
    """The lowest score is not above the highest; JSON has no way to say so."""
    wanted = body.get("filter") if isinstance(body, dict) else None
    if not isinstance(wanted, dict):
        return True
    low, high = wanted.get("score_from"), wanted.get("score_to")
    numbers = isinstance(low, (int, float)) and isinstance(high, (int, float))
    return not numbers or low <= high


# No call is meant to install anything: what counts is how it is refused.
schemathesis.openapi.media_type("application/zip", strategies.binary(max_size=200))
