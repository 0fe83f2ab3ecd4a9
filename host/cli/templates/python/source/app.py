"""The action as the host calls it: pages in, requests out, one outcome for each object. In a dry run nothing is sent.

What decides is in `delivery`; what talks over `wasi:http` is in `post`.
"""

import delivery
import post
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.action import Context, RunError_Stopped, RunError_UnknownAction, Setting, Stop
from wit_world.imports import collection, results
from wit_world.imports.palisade_action_types import (
    Object,
    Outcome,
    Problem,
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

    def run(self, action_id: str, context: Context, configuration: list[Setting]) -> None:
        if action_id != "send":
            raise Err(RunError_UnknownAction(action_id))
        settings = {setting.name: setting.value.value for setting in configuration}
        while page := collection.next(PAGE):
            taken = [one for one in page if delivery.accepts(one.subtype)]
            results.record([skip(one) for one in page if not delivery.accepts(one.subtype)])
            if context.dry_run:
                results.record([outcome(one, Verdict_Planned(), None, 0) for one in taken])
            elif taken:
                send(taken, settings["service"])


def send(objects: list[Object], service: str) -> None:
    """Sends the objects and says what became of them."""
    status, failure = None, None
    try:
        status = post.post(service, "/objects", delivery.body(objects))
    except post.NoAnswer as error:
        failure = str(error)
    judged, code, message = delivery.judge(status, failure)
    if judged == delivery.STOPPED:
        raise Err(RunError_Stopped(Stop(Problem(code, message), "check the API Key")))
    verdict: Verdict = Verdict_Accepted()
    if judged == delivery.REJECTED:
        verdict = Verdict_Rejected(Problem(code, message))
    elif judged == delivery.FAILED:
        verdict = Verdict_Failed(Problem(code, message))
    results.record([outcome(one, verdict, status, 1) for one in objects])


def outcome(one: Object, verdict: Verdict, status: int | None, attempts: int) -> Outcome:
    """The outcome of one object, with what was or would have been submitted for it."""
    submission = Submission(
        field=one.subtype, value=one.value, status=status, attempts=attempts, duplicate_of=None, comparison=None
    )
    return Outcome(one.key, verdict, [submission])


def skip(one: Object) -> Outcome:
    """The outcome of an object that the service does not take."""
    message = f"the service does not take objects of type `{one.subtype}`"
    return Outcome(one.key, Verdict_Skipped(Reason("type-not-accepted", message)), [])
