"""What is sent and what an answer means. Pure, so that it is tested without WebAssembly.

An answer that is not understood never counts as accepted.
"""

import json

ACCEPTED = "accepted"
REJECTED = "rejected"
FAILED = "failed"
STOPPED = "stopped"

# The types of objects that the service accepts; the manifest's `accepts` lists the same types.
ACCEPTED_TYPES = ("FQDN", "IP Address", "URL")


def accepts(subtype: str) -> bool:
    """Whether the service accepts objects of this type."""
    return subtype in ACCEPTED_TYPES


def body(objects: list) -> bytes:
    """The JSON of one request: type and value of each object."""
    return json.dumps([{"type": one.subtype, "value": one.value} for one in objects]).encode()


def judge(status: int | None, failure: str | None) -> tuple[str, str, str]:
    """What an answer means for every object of its request: the verdict, a stable code and a sentence.

    `status` is the HTTP status, None if there was no answer; `failure` has the reason.
    """
    if status is None:
        return FAILED, "no-answer", f"the service gave no answer: {failure}"
    if 200 <= status <= 299:
        return ACCEPTED, "", ""
    message = f"the service answered with status {status}"
    if status in (401, 403):
        return STOPPED, "credential-refused", message
    if status in (408, 425, 429) or not 400 <= status <= 499:
        return FAILED, "service-error", message
    return REJECTED, "service-refused", message
