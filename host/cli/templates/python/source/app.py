"""The action as the host calls it: pages in, requests out, one outcome for each object. In a dry run nothing is sent.

What decides is in `delivery`; what talks over `wasi:http` is in `post`.
"""

import delivery
import post
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.action import RunError_Stopped, RunError_UnknownAction, Stop
from wit_world.imports import circumstances, collection, results
from wit_world.imports.model import (
    Attribute,
    Offered,
    Outcome,
    Reason,
    Submission,
    Verdict,
    Verdict_Accepted,
    Verdict_Failed,
    Verdict_Planned,
    Verdict_Rejected,
    Verdict_Skipped,
)

# Objects in one request.
PAGE = 100


class Action(exports.Action):
    """The world's export `action`."""

    def run(self, action_id: str, configuration: list[Attribute]) -> None:
        if action_id != "send":
            raise Err(RunError_UnknownAction(action_id))
        settings = {setting.name: setting.value.value for setting in configuration}
        while page := collection.next(PAGE):
            taken = [one for one in page if delivery.accepts(one.object.subtype)]
            results.record([skip(one) for one in page if not delivery.accepts(one.object.subtype)])
            if circumstances.dry_run():
                results.record([outcome(one, Verdict_Planned(), None, 0) for one in taken])
            elif taken:
                send(taken, settings["service"])


def send(objects: list[Offered], service: str) -> None:
    """Sends the objects and reports their outcomes."""
    status, failure = None, None
    try:
        status = post.post(service, "/objects", delivery.body([one.object for one in objects]))
    except post.NoAnswer as error:
        failure = str(error)
    judged, code, message = delivery.judge(status, failure)
    if judged == delivery.STOPPED:
        raise Err(RunError_Stopped(Stop(Reason(code, message), "check the API Key")))
    verdict: Verdict = Verdict_Accepted()
    if judged == delivery.REJECTED:
        verdict = Verdict_Rejected(Reason(code, message))
    elif judged == delivery.FAILED:
        verdict = Verdict_Failed(Reason(code, message))
    results.record([outcome(one, verdict, status, 1) for one in objects])


def outcome(one: Offered, verdict: Verdict, status: int | None, attempts: int) -> Outcome:
    """The outcome of one object, with what was or would have been submitted for it."""
    submission = Submission(
        field=one.object.subtype,
        value=one.object.value,
        status=status,
        attempts=attempts,
        duplicate_of=None,
        comparison=None,
    )
    return Outcome(one.key, verdict, [submission], outputs=[], downloads=[])


def skip(one: Offered) -> Outcome:
    """The outcome of an object that the service does not accept."""
    message = f"the service does not accept objects of type `{one.object.subtype}`"
    return Outcome(one.key, Verdict_Skipped(Reason("type-not-accepted", message)), [], outputs=[], downloads=[])
