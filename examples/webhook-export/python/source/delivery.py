"""What is sent and what an answer means. Pure: no imports of the contract, so that it is tested without WebAssembly.

An answer that is not understood never counts as accepted.
"""

import json

ACCEPTED = "accepted"
REJECTED = "rejected"
FAILED = "failed"
STOPPED = "stopped"

# The largest integer that a number in JavaScript represents exactly.
MOST_EXACT = 2**53 - 1


def fault(settings: dict) -> tuple[str, str] | None:
    """Code and sentence of what is wrong with the settings; None if nothing is."""
    path = settings["webhook_path"]
    if not path.startswith("/"):
        return "webhook-path", "the Webhook Path does not begin with `/`"
    if any(not 0x21 <= ord(one) <= 0x7E or one == "#" for one in path):
        return "webhook-path", "the Webhook Path has characters that must be written as `%` and two digits"
    return None


def body(run: str, objects: list) -> bytes:
    """The JSON of one request: the run's id, and each object as its source has it."""
    return json.dumps(
        {"run": run, "objects": [entry(one) for one in objects]}, ensure_ascii=False, separators=(",", ":")
    ).encode()


def entry(one) -> dict:
    """One object as JSON."""
    return {
        "kind": one.kind,
        "subtype": one.subtype,
        "value": one.value,
        "id": one.id,
        "score": one.score,
        "status": one.status,
        "description": one.description,
        "attributes": [{"name": attribute.name, "value": plain(attribute.value)} for attribute in one.attributes],
        "tags": list(one.tags),
        "expires": None if one.expires is None else number(one.expires),
    }


def plain(value):
    """A typed value as JSON."""
    content = value.value
    if type(value).__name__ == "Value_Json":
        return json.loads(content)
    return number(content) if type(content) is int else content


def number(integer: int) -> int | str:
    """An integer that JavaScript cannot represent exactly becomes a string."""
    return integer if abs(integer) <= MOST_EXACT else str(integer)


def judge(status: int | None, failure: str | None) -> tuple[str, str, str]:
    """What an answer means for every object of its request: the verdict, a code and a sentence.

    `status` is the HTTP status, None if there was no answer; `failure` has the reason.
    """
    if status is None:
        return FAILED, "no-answer", f"the receiver gave no answer: {failure}"
    if 200 <= status <= 299:
        return ACCEPTED, "", ""
    message = f"the receiver answered with status {status}"
    if status in (401, 403):
        return STOPPED, "credential-refused", message
    if status in (408, 425, 429) or not 400 <= status <= 499:
        return FAILED, "receiver-error", message
    return REJECTED, "receiver-refused", message
