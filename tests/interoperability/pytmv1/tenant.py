"""A tenant to talk to: the simulator's administration, and `pytmv1` as it comes from the package index.

`pytmv1` has no setting for certificate authorities and takes none from the environment: it hands requests to the adapter
of `requests`, which trusts the file that `certifi` names when it is imported. That name is changed here, before the import,
as an operator would change the file; the client itself stays as it is.
"""

import json
import os
import ssl
import urllib.request

import certifi

URL = os.environ["SIMULATOR_URL"]
KEY = os.environ["SIMULATOR_KEY"]
AUTHORITY = os.environ["SIMULATOR_AUTHORITY"]

certifi.where = lambda: AUTHORITY

import pytmv1  # noqa: E402  (the authority must be known before)

#: Seconds that one exchange may take; an answer of the simulator takes milliseconds.
TIMEOUT = 20

SUSPICIOUS = "suspiciousObjects"
EXCEPTIONS = "suspiciousObjectExceptions"


def client(key=KEY):
    """The client, with the simulator's key or another."""
    return pytmv1.init("palisade-tests", key, URL, connect_timeout=TIMEOUT, read_timeout=TIMEOUT)


def administration(call, body=None):
    """One administration call; with a body it is a POST."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/_simulator/{call}", data=data)
    context = ssl.create_default_context(cafile=AUTHORITY)
    with urllib.request.urlopen(request, timeout=TIMEOUT, context=context) as answer:
        return json.load(answer)


def settings(**changes):
    """Changes settings of the simulator."""
    administration("settings", changes)


def fault(**fields):
    """Injects a fault."""
    administration("faults", fields)


def held(which):
    """What a list holds: each entry by its type and value."""
    entries = administration("state")[which]["items"]
    return {(entry["type"], entry[entry["type"]]): entry for entry in entries}


def received():
    """Every request on record, oldest first."""
    return administration("requests")


def header(request, name):
    """A header of a request on record."""
    return next((value for key, value in request["headers"] if key.lower() == name.lower()), None)
