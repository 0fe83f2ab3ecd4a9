"""Adds a collection to the suspicious object list with `tm-visionone`, as its documentation shows: 1,000 objects in a
request, one request after the other. The client knows no exceptions. Run as `push_with_tm_visionone.py ACTION COLLECTION`;
ends with an error where the service did not take everything.
"""

import os
import sys

from collection import read, requests

# `requests`, which the client uses, takes the authority from its own environment variable.
os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SIMULATOR_AUTHORITY"]

from tm_visionone import VisionOneClient  # noqa: E402

action, collection = sys.argv[1:]
if action != "add-to-blocklist":
    sys.exit("the client knows no exceptions")
client = VisionOneClient(api_key=os.environ["SIMULATOR_KEY"])
# The client knows the service's regions only.
client.base_url = os.environ["SIMULATOR_URL"]
terms = {"scanAction": "block", "riskLevel": "high", "daysToExpiration": 30}
for part in requests(read(collection), 1_000):
    result = client.upload_suspicious_objects([{kind: value, **terms} for kind, value in part])
    if not result["success"] or any(entry["status"] != 201 for entry in result["data"]):
        sys.exit(f"{result}"[:1_000])
