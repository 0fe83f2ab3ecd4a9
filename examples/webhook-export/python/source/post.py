"""One POST over `wasi:http`, from its body to the status of the answer.

Carries no credential: the host adds it to the requests that the manifest names.
"""

from componentize_py_types import Err
from wit_world.imports import outgoing_handler
from wit_world.imports.types import (
    Fields,
    Method_Post,
    OutgoingBody,
    OutgoingRequest,
    Scheme_Https,
)

# `blocking-write-and-flush` accepts at most this many bytes.
CHUNK = 4096


class NoAnswer(Exception):
    """No answer came; the text has the reason."""


def post(origin: str, path: str, body: bytes) -> int:
    """Sends the JSON and gives the status of the answer, whose body is not read. Raises `NoAnswer`."""
    headers = Fields.from_list([("content-type", b"application/json"), ("user-agent", b"webhook-export/0.1.0")])
    request = OutgoingRequest(headers)
    request.set_method(Method_Post())
    request.set_scheme(Scheme_Https())
    request.set_authority(origin.removeprefix("https://"))
    request.set_path_with_query(path)
    outgoing = request.body()
    try:
        future = outgoing_handler.handle(request, None)
    except Err as error:
        raise NoAnswer(why(error.value)) from error
    try:
        # The stream is a child of the body and has to go before the body is finished.
        with outgoing.write() as stream:
            for start in range(0, len(body), CHUNK):
                stream.blocking_write_and_flush(body[start : start + CHUNK])
        OutgoingBody.finish(outgoing, None)
    except Err:
        # A receiver may answer before it has read everything; the response shows what happened.
        pass
    with future.subscribe() as answered:
        answered.block()
    answer = future.get()
    if answer is None or isinstance(answer, Err):
        raise NoAnswer("it was already taken")
    if isinstance(answer.value, Err):
        raise NoAnswer(why(answer.value.value))
    with answer.value.value as response:
        return response.status()


def why(code: object) -> str:
    """The name of an error, as WIT writes it: `ErrorCode_ConnectionRefused` becomes `connection-refused`."""
    name = type(code).__name__.rpartition("_")[2]
    return "".join("-" + one.lower() if one.isupper() else one for one in name).lstrip("-")
