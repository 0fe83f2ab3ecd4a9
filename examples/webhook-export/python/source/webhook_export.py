"""The action as the host calls it: pages in, requests out, one outcome for each object.

What decides is in `delivery`; what talks over `wasi:http` is in `post`. In a dry run nothing is sent.
"""

import delivery
import post
from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.action import (
    Context,
    RunError_InvalidConfiguration,
    RunError_Stopped,
    RunError_UnknownAction,
    Setting,
    Stop,
)
from wit_world.imports import collection, results
from wit_world.imports.palisade_action_types import (
    Object,
    Outcome,
    Problem,
    Submission,
    Verdict,
    Verdict_Accepted,
    Verdict_Failed,
    Verdict_Planned,
    Verdict_Rejected,
)


class Action(exports.Action):
    """The world's export `action`."""

    def run(self, action_id: str, context: Context, configuration: list[Setting]) -> None:
        if action_id != "export":
            raise Err(RunError_UnknownAction(action_id))
        settings = {setting.name: setting.value.value for setting in configuration}
        problem = delivery.fault(settings)
        if problem is not None:
            raise Err(RunError_InvalidConfiguration([Problem(*problem)]))
        while objects := collection.next(settings["objects_per_request"]):
            if context.dry_run:
                results.record([outcome(one, Verdict_Planned(), None, 0) for one in objects])
            else:
                send(objects, context, settings)


def send(objects: list[Object], context: Context, settings: dict) -> None:
    """Sends the objects in one request, or in several where one would be larger than the host allows."""
    body = delivery.body(context.run_id, objects)
    if len(body) > context.limits.request_body_bytes:
        if len(objects) == 1:
            problem = Problem("object-too-large", f"the object takes {len(body)} bytes as JSON")
            results.record([outcome(objects[0], Verdict_Rejected(problem), None, 0)])
            return
        middle = len(objects) // 2
        send(objects[:middle], context, settings)
        send(objects[middle:], context, settings)
        return
    status, failure = None, None
    try:
        status = post.post(settings["webhook_origin"], settings["webhook_path"], body)
    except post.NoAnswer as error:
        failure = str(error)
    judged, code, message = delivery.judge(status, failure)
    if judged == delivery.STOPPED:
        hint = "check the Bearer Token, and whether the receiver knows it"
        raise Err(RunError_Stopped(Stop(Problem(code, message), hint)))
    verdict: Verdict = Verdict_Accepted()
    if judged == delivery.REJECTED:
        verdict = Verdict_Rejected(Problem(code, message))
    elif judged == delivery.FAILED:
        verdict = Verdict_Failed(Problem(code, message))
    results.record([outcome(one, verdict, status, 1) for one in objects])


def outcome(one: Object, verdict: Verdict, status: int | None, attempts: int) -> Outcome:
    """The outcome of one object, with what was or would have been submitted for it."""
    submission = Submission(
        field="object", value=one.value, status=status, attempts=attempts, duplicate_of=None, comparison=None
    )
    return Outcome(one.key, verdict, [submission])
