"""What the cases of `suite.py` have in common: the client, how a case is registered, and what a result must be."""

import os
import threading
from urllib.parse import urlsplit

# The tenant comes first: it says whom to trust before the client is imported.
from tenant import URL, client

from pytmv1 import ResultCode

api = client()
cases = []


def case(group, name, *variants):
    """Registers a function under the name of the vendor's test; with variants, once for each."""

    def register(function):
        for variant in variants or (None,):
            cases.append((f"test_{group}.test_{name}" + ("" if variant is None else f"[{variant}]"), function))
        return function

    return register


def nothing(_):
    """Consumes an item."""


def done(result, kind=None):
    """The response of a call that succeeded."""
    assert result.result_code == ResultCode.SUCCESS, result
    assert kind is None or isinstance(result.response, kind), result
    return result.response


def accepted(result, kind=None):
    """The first entry of a multi-status, which was accepted."""
    first = done(result, kind).items[0]
    assert first.status == 202, result
    return first


def failed(result, status, code):
    """Whether a call failed in this way, as a whole."""
    assert result.result_code == ResultCode.ERROR and not result.response, result
    assert (result.error.status, result.error.code) == (status, code), result


def refused(result, status, code):
    """Whether the first item, or the whole of a call with items, failed in this way."""
    assert result.result_code == ResultCode.ERROR and not result.response, result
    assert (result.errors[0].status, result.errors[0].code) == (status, code), result


def connections():
    """How many connections this process has to the simulator."""
    port = urlsplit(URL).port
    sockets = set()
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            sockets.add(os.readlink(f"/proc/self/fd/{descriptor}"))
        except OSError:
            continue
    established = "01"
    count = 0
    with open("/proc/self/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            fields = line.split()
            is_ours = f"socket:[{fields[9]}]" in sockets
            count += is_ours and fields[3] == established and int(fields[2].split(":")[1], 16) == port
    return count


def at_once(function):
    """Calls a function in ten threads."""
    threads = [threading.Thread(target=function) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
