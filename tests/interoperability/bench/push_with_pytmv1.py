"""Adds a collection to a list with `pytmv1`, as its documentation shows: 1,000 suspicious objects or 100 exceptions in a
request, one request after the other. Run as `push_with_pytmv1.py ACTION COLLECTION`; ends with an error where the service
did not take everything.
"""

import os
import sys

import certifi
from collection import read, requests

# `pytmv1` has no setting for certificate authorities: it trusts the file that `certifi` names when it is imported.
certifi.where = lambda: os.environ["SIMULATOR_AUTHORITY"]

import pytmv1  # noqa: E402  (the authority must be known before)
from pytmv1 import ObjectRequest, ObjectType, ResultCode, RiskLevel, ScanAction, SuspiciousObjectRequest  # noqa: E402

action, collection = sys.argv[1:]
client = pytmv1.init("palisade-benchmark", os.environ["SIMULATOR_KEY"], os.environ["SIMULATOR_URL"])
types = {kind.value: kind for kind in ObjectType}


def suspicious(kind, value):
    return SuspiciousObjectRequest(
        object_type=types[kind],
        object_value=value,
        scan_action=ScanAction.BLOCK,
        risk_level=RiskLevel.HIGH,
        days_to_expiration=30,
    )


def plain(kind, value):
    return ObjectRequest(object_type=types[kind], object_value=value)


if action == "add-to-blocklist":
    add, make, most = client.object.add_suspicious, suspicious, 1_000
else:
    add, make, most = client.object.add_exception, plain, 100
for part in requests(read(collection), most):
    result = add(*[make(kind, value) for kind, value in part])
    if result.result_code != ResultCode.SUCCESS:
        sys.exit(f"{result.error or result.errors}")
