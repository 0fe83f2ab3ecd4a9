"""The action as the host calls it: pages in, requests out, one outcome for each object.

What decides is in `delivery`; what talks over `wasi:http` is in `post`. In a dry run nothing is sent.
"""

import delivery
import post
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.action import (
    RunError_InvalidConfiguration,
    RunError_Stopped,
    RunError_UnknownAction,
    Stop,
)
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
)


class Action(exports.Action):
    """The world's export `action`."""

    def run(self, action_id: str, configuration: list[Attribute]) -> None:
        if action_id != "export":
            raise Err(RunError_UnknownAction(action_id))
        settings = {setting.name: setting.value.value for setting in configuration}
        problem = delivery.fault(settings)
        if problem is not None:
            raise Err(RunError_InvalidConfiguration([Reason(*problem)]))
        while page := collection.next(settings["objects_per_request"]):
            if circumstances.dry_run():
                results.record([outcome(one, Verdict_Planned(), None, 0) for one in page])
            else:
                send(page, settings)


def send(objects: list[Offered], settings: dict) -> None:
    """Sends the objects in one request, or in several if one would be larger than the host allows."""
    body = delivery.body(circumstances.run_id(), [one.object for one in objects])
    most = circumstances.limit("request-body-bytes")
    if most is not None and len(body) > most:
        if len(objects) == 1:
            problem = Reason("object-too-large", f"the object takes {len(body)} bytes as JSON")
            results.record([outcome(objects[0], Verdict_Rejected(problem), None, 0)])
            return
        middle = len(objects) // 2
        send(objects[:middle], settings)
        send(objects[middle:], settings)
        return
    status, failure = None, None
    try:
        status = post.post(settings["webhook_origin"], settings["webhook_path"], body)
    except post.NoAnswer as error:
        failure = str(error)
    judged, code, message = delivery.judge(status, failure)
    if judged == delivery.STOPPED:
        hint = "check the Bearer Token, and whether the receiver knows it"
        raise Err(RunError_Stopped(Stop(Reason(code, message), hint)))
    verdict: Verdict = Verdict_Accepted()
    if judged == delivery.REJECTED:
        verdict = Verdict_Rejected(Reason(code, message))
    elif judged == delivery.FAILED:
        verdict = Verdict_Failed(Reason(code, message))
    results.record([outcome(one, verdict, status, 1) for one in objects])


def outcome(one: Offered, verdict: Verdict, status: int | None, attempts: int) -> Outcome:
    """The outcome of one object, with what was or would have been submitted for it."""
    submission = Submission(
        field="object", value=one.object.value, status=status, attempts=attempts, duplicate_of=None, comparison=None
    )
    return Outcome(one.key, verdict, [submission], outputs=[], downloads=[])
