"""What the simulator must hold so that every method of `pytmv1` has something to find, with the values that the client's own
integration tests expect (they are facts about the service's examples: names, ids, ETags).

`SEED` is what a tenant holds. `ANSWERS` are answers that no tenant could give while keeping its state: examples that the
vendor's mock gives whatever was asked, such as an id in the answer that is not the one in the request. Both are sent to the
simulator's administration; nothing of this is its default behaviour.
"""

DATE = "2020-06-15T10:00:00Z"
EARLIER = "2020-06-01T10:00:00Z"
GUID = "35fa11da-a24e-40cf-8b56-baf8828cc151"
TAG = "33a64df551425fcc55e4d42a148795d9f25f89d4"
KEY_ID = "d367abdd-7739-4129-a36a-862c4ec018b4"

#: ETags without quotes, as the vendor's mock has them; and `startDateTime=next_link`, which is not a date.
RULES = {"quoted_etags": False, "lenient_dates": True}


def alert(number, created=EARLIER, **fields):
    """An alert of the provider SAE with all fields that it must have."""
    return {
        "id": number,
        "schemaVersion": "1.12",
        "investigationStatus": "New",
        "status": "Open",
        "investigationResult": "No Findings",
        "workbenchLink": f"https://portal.example/workbench/{number}",
        "alertProvider": "SAE",
        "model": "Credential Dumping",
        "modelId": "1ebd4f91-4b28-40b4-87f5-8defee4791d8",
        "modelType": "preset",
        "score": 64,
        "severity": "high",
        "impactScope": {
            "desktopCount": 1,
            "serverCount": 0,
            "accountCount": 0,
            "emailAddressCount": 0,
            "containerCount": 1,
            "cloudIdentityCount": 1,
            "entities": [
                {
                    "entityType": "host",
                    "entityValue": {"name": "client1", "ips": ["192.0.2.10"], "guid": GUID},
                    "entityId": GUID,
                    "relatedEntities": [],
                    "relatedIndicatorIds": [1],
                    "provenance": ["Alert"],
                }
            ],
        },
        "createdDateTime": created,
        "updatedDateTime": created,
        "description": "Somebody reads the memory of lsass.exe.",
        "matchedRules": [
            {
                "id": "5f52d1f1-53e7-411a-b74f-745ee81fa30b",
                "name": "Possible credential dumping",
                "matchedFilters": [
                    {
                        "id": "ccf86fc1-688f-4131-a46f-1d7a6ee2f88e",
                        "name": "Memory of lsass.exe",
                        "matchedDateTime": created,
                        "mitreTechniqueIds": ["T1003.001"],
                        "matchedEvents": [{"uuid": "fa9ff47c-e1b8-459e", "matchedDateTime": created, "type": "TELEMETRY"}],
                    }
                ],
            }
        ],
        "indicators": [
            {
                "id": 1,
                "type": "command_line",
                "field": "objectCmd",
                "value": "procdump.exe lsass",
                "relatedEntities": [GUID],
                "filterIds": ["ccf86fc1-688f-4131-a46f-1d7a6ee2f88e"],
                "provenance": ["Alert"],
            }
        ],
        **fields,
    }


def intelligence_alert():
    """An alert of the provider TI."""
    fields = alert("TI_ALERT")
    for name in ("description", "matchedRules"):
        del fields[name]
    return {
        **fields,
        "alertProvider": "TI",
        "campaign": "campaign",
        "industry": "industry",
        "regionAndCountry": "region",
        "createdBy": "n/a",
        "totalIndicatorCount": 1,
        "matchedIndicatorCount": 1,
        "reportLink": "https://portal.example/report",
        "matchedIndicatorPatterns": [{"id": "indicator--1", "pattern": "[file:hashes.'SHA-1' = '0']", "tags": []}],
        "indicators": [
            {
                "id": 1,
                "type": "file_sha1",
                "value": "0123456789abcdef0123456789abcdef01234567",
                "fields": [["processFileHashSha1"]],
                "relatedEntities": [GUID],
                "matchedIndicatorPatternIds": ["indicator--1"],
                "firstSeenDateTimes": [EARLIER],
                "lastSeenDateTimes": [EARLIER],
                "provenance": ["Sweeping"],
            }
        ],
    }


def note(number):
    """A note of John Doe, whose ETag is that of the examples."""
    return {
        "id": number,
        "content": f"note {number}",
        "creatorName": "John Doe",
        "creatorMailAddress": "john.doe@example.com",
        "createdDateTime": EARLIER,
        "lastUpdatedBy": "John Doe",
        "lastUpdatedDateTime": EARLIER,
        "etag": TAG,
    }


def script(number, name, kind="bash", content="exit"):
    """A custom script."""
    return {"id": number, "fileName": name, "fileType": kind, "content": content}


def message(number):
    """A message with this id in one mailbox."""
    return {"mailBox": "someone@example.com", "messageId": number, "uniqueId": f"unique {number}"}


def plan(action=None, target=None, **fields):
    """What is to become of tasks."""
    return {"action": action, "target": target, **fields}


#: Alerts beside the three that tests name, so that there are two pages of ten.
MORE_ALERTS = [f"WB-1-20200601-{number:05}" for number in range(8)]

SEED = {
    # Its value is not hexadecimal: a seed is stored as it is.
    "suspicious_objects": [
        {"type": "fileSha256", "value": "asidj123123jsdsidjsid123sidsidj123sss123s224212312312312312sdaas"}
    ],
    "exceptions": [{"type": "url", "value": "https://*.example.com/path1/*"}],
    "endpoints": [
        {
            "agentGuid": GUID,
            "endpointName": "client1",
            "ip": ["192.0.2.10"],
            "macAddress": ["00:00:5e:00:53:01"],
            "loginAccount": ["EXAMPLE\\someone"],
            "osVersion": "10.0.19045",
            "osDescription": "Windows 10 Pro",
            "installedProductCodes": ["xes"],
            "componentUpdatePolicy": "N-2",
            "componentUpdateStatus": "pause",
            "componentVersion": "outdatedVersion",
        },
        {"agentGuid": "5f0ad5f4-3f8c-4a5e-9a5f-0a8b3cbb6a11", "endpointName": "optional_fields", "osName": "", "productCode": ""},
    ],
    "accounts": [{"accountName": "test"}],
    "messages": [
        message(name)
        for name in ("1", "internal_server_error", "insufficient_permissions", "action_not_supported", "task_duplication")
    ],
    "scripts": [
        script("download_script", "download.sh", content="#!/bin/sh Download Script"),
        script("delete_script", "delete.sh"),
        script("123", "update_script.sh"),
        script("0c5f3c5b-6f9b-4f65-8d0c-0d9a6e6f1d01", "test"),
        script("0c5f3c5b-6f9b-4f65-8d0c-0d9a6e6f1d02", "random_script.ps1", "powershell"),
    ],
    "sandbox": {
        "submissions": [
            {"id": "123", "object": "sample.exe"},
            {
                "id": "1",
                "object": "bad.exe",
                "analysis": {"risk_level": "high", "suspicious_objects": [{"type": "ip", "value": "6.6.6.6"}]},
            },
        ]
    },
    "alerts": [
        {"alert": alert("1", DATE), "etag": "d41d8cd98f00b204e9800998ecf8427e", "notes": [note(2), note(3)]},
        {"alert": alert("12345", DATE, incidentId="IC-1-20230706-00001"), "etag": TAG},
        {"alert": intelligence_alert(), "etag": TAG},
        *({"alert": alert(number)} for number in MORE_ALERTS),
    ],
    "endpoint_activities": [
        {"endpointGuid": GUID, "endpointHostName": "client1", "dpt": 443, "dst": "198.51.100.7", "objectIntegrityLevel": 8192}
    ],
    "email_activities": [{"msgUuid": "7d7f9d6c", "mailMsgSubject": "spam", "mailSenderIp": "192.169.1.1"}],
    "plans": [
        # The examples' ids, which a counter could not give.
        plan("disableAccount", task_id="00000009"),
        plan("enableAccount", task_id="00000010"),
        plan("resetPassword", task_id="00000011"),
        plan("forceSignOut", task_id="00000012"),
        # The message is deleted before it is quarantined and restored: it stays where it is.
        plan("deleteMessage", "1", end="failed"),
        plan("deleteMessage", "internal_server_error", refusal="internal-error"),
        plan("deleteMessage", "insufficient_permissions", refusal="insufficient-permissions"),
        plan("deleteMessage", "action_not_supported", refusal="not-supported"),
        plan("deleteMessage", "task_duplication", refusal="duplicate"),
    ],
}


def answer(method, path, status=200, body=None, headers=None, holding=()):
    """An answer that does not depend on what the tenant holds."""
    effect = {"kind": "status", "status": status, "headers": headers or {}}
    if body is not None:
        effect["body"] = body
    return {"method": method, "path": f"/v3.0/{path}", "holding": list(holding), "effect": effect}


def detection(number):
    """An observed attack technique."""
    return {
        "source": "endpointActivityData",
        "uuid": "fdd69d98-58de-4249-9871-2e1b233b72ff",
        "filters": [{"id": "F1", "name": f"filter {number}", "highlightedObjects": [], "riskLevel": "low", "type": "preset"}],
        "endpoint": {"endpointName": "LAB-Luwak-1048", "agentGuid": GUID, "ips": ["192.0.2.48"]},
        "entityType": "endpoint",
        "entityName": "LAB-Luwak-1048",
        "detectedDateTime": EARLIER,
        "detail": {"endpointGuid": GUID},
    }


def counted(items, count=None, total=None, **more):
    """A page of a list with both counts."""
    total = len(items) if total is None else total
    return {"items": items, "count": len(items) if count is None else count, "totalCount": total, **more}


PACKAGES = [
    {"id": "2021103019-7898c20d-fc91-443b-9a4e-f8ec3ab745ab", "createdDateTime": "2021-10-30T19:50:00Z"},
    {"id": "2021103020-7898c20d-fc91-443b-9a4e-f8ec3ab745ab", "createdDateTime": "2021-10-30T20:50:00Z"},
]

API_KEY = {
    "id": KEY_ID,
    "name": "test",
    "status": "enabled",
    "role": "Master Administrator",
    "expiredDateTime": DATE,
    "lastUsedDateTime": EARLIER,
    "description": "",
}

DIGEST = {"sha1": "0123456789abcdef0123456789abcdef01234567", "sha256": "0" * 64}


def submitted(url, task, number, md5):
    """An entry for a URL that was submitted."""
    return {
        "status": 202,
        "headers": [{"name": "Operation-Location", "value": f"https://api.example/v3.0/sandbox/tasks/{task}"}],
        "body": {"url": url, "id": number, "digest": {"md5": md5, **DIGEST}},
    }


URL_1 = submitted(
    "https://www.trendmicro.com", "00000005", "012e4eac-9bd9-4e89-95db-77e02f75a6f5", "f3a2e1227de8d5ae7296665c1f34b28d"
)
URL_2 = submitted(
    "https://www.trendmicro2.com", "00000006", "01232cs823-9bd9-4e89-95db-77e02f75a6f34", "x23s2sd11227de8d5ae7296665c1f34b3212"
)
BAD_URL = {"status": 400, "body": {"url": "test", "error": {"code": "BadRequest", "message": "URL format is not right"}}}

COLLECTED = {
    "id": "00000003",
    "status": "succeeded",
    "createdDateTime": EARLIER,
    "lastActionDateTime": DATE,
    "action": "collectFile",
    "agentGuid": GUID,
    "endpointName": "client1",
    "filePath": "/tmp/dummy.txt",
    "fileSize": 7,
    "fileSha1": DIGEST["sha1"],
    "fileSha256": DIGEST["sha256"],
}

#: The endpoint as a query shows it.
CLIENT_1 = {
    "agentGuid": GUID,
    "endpointName": {"value": "client1", "updatedDateTime": EARLIER},
    **{name: {"value": [], "updatedDateTime": EARLIER} for name in ("loginAccount", "macAddress", "ip")},
    "osName": "Windows",
    "osVersion": "10.0.19045",
    "osDescription": "Windows 10 Pro",
    "productCode": "xes",
    "installedProductCodes": ["xes"],
    "componentUpdatePolicy": "N-2",
    "componentUpdateStatus": "pause",
    "componentVersion": "outdatedVersion",
}

PIPELINE = {"hasDetail": True, "registeredDateTime": EARLIER}
PIPELINES = "oat/dataPipelines"

ANSWERS = [
    # Tasks whose ids are words, and of which one has another id in its body.
    answer("GET", "response/tasks/collect_file", body=COLLECTED),
    answer("GET", "response/tasks/internal_error", 500),
    answer("GET", "response/tasks/bad_request", 400),
    # Refusals of whole requests.
    answer("POST", "response/emails/delete", 500, holding=["server_error"]),
    answer("POST", "response/emails/delete", 400, holding=["invalid_format"]),
    answer("POST", "response/emails/delete", 403, holding=["access_denied"]),
    answer("PATCH", "workbench/alerts/1", 404, holding=["not_found"]),
    answer("POST", "sandbox/files/analyze", 413, holding=["tooBig.txt"]),
    answer("POST", "sandbox/files/analyze", 429, holding=["tooMany.txt"]),
    # One item that lacks a field by its value.
    {
        "method": "POST",
        "path": "/v3.0/response/emails/delete",
        "effect": {
            "kind": "items",
            "values": ["fields_not_found"],
            "status": 400,
            "message": "Invalid request - Required fields not found: messageId.",
        },
    },
    # Answers whose URLs are not those of the request.
    answer("POST", "sandbox/urls/analyze", 207, [URL_1, URL_2], holding=["https://trendmicro.com"]),
    answer("POST", "sandbox/urls/analyze", 207, [URL_1, BAD_URL], holding=["bad_request"]),
    # Notes that are read after they are deleted, and changed under a tag that they do not have.
    answer("POST", "workbench/alerts/1/notes/delete", 204),
    answer("PATCH", "workbench/alerts/1/notes/2", 204, holding=["3"]),
    # Python 3.11 writes a member of an enumeration by its name, so that the client asks for what is nowhere.
    answer(
        "GET",
        "workbench/alerts",
        body=counted([alert("12345")]),
        holding=["severity eq 'Severity.HIGH'"],
    ),
    answer(
        "GET",
        "eiqs/endpoints",
        body={"items": [CLIENT_1]},
        holding=["endpointName eq 'client1' and productCode eq 'ProductCode.XES'"],
    ),
    # Techniques whose counts are not those of the items.
    answer("GET", "oat/detections", body=counted([detection(number) for number in range(3)]), holding=["next_link"]),
    answer("GET", "oat/detections", body=counted([detection(0)], 0, 0)),
    # Calls that the simulator does not have: data pipelines, and the administration of keys.
    answer("POST", PIPELINES, 201, headers={"Location": f"{PIPELINES}/c80d8eaa-e55f-4c64-991f-9d0bdf59ee5b"}),
    answer(
        "GET",
        PIPELINES,
        body={
            "count": 1,
            "items": [
                {**PIPELINE, "id": "8746fc45-6b9d-4923-b476-931aec6e06eb", "riskLevels": ["low"], "description": "siemhost1"}
            ],
        },
    ),
    answer("POST", f"{PIPELINES}/delete", 207, [{"status": 204}]),
    answer(
        "GET",
        f"{PIPELINES}/83df1ed3-84e7-4e6d-98b5-d79468cccba1",
        body={**PIPELINE, "riskLevels": ["critical"]},
        headers={"ETag": "0x8D9AB4B0CA9D336"},
    ),
    answer("PATCH", f"{PIPELINES}/83df1ed3-84e7-4e6d-98b5-d79468cccba1", 204),
    answer(
        "GET",
        f"{PIPELINES}/83df1ed3-84e7-4e6d-98b5-d79468cccba1/packages",
        body=counted(PACKAGES, 2, 20, requestedDateTime=DATE),
    ),
    answer(
        "GET",
        f"{PIPELINES}/8746fc45-6b9d-4923-b476-931aec6e06eb/packages",
        body=counted(PACKAGES * 2, requestedDateTime=DATE),
    ),
    answer(
        "POST",
        "iam/apiKeys",
        207,
        [{"status": 201, "body": {"id": KEY_ID, "value": "string", "expiredDateTime": DATE}}],
    ),
    answer("GET", "iam/apiKeys", body=counted([API_KEY])),
    answer("GET", f"iam/apiKeys/{KEY_ID}", body=API_KEY, headers={"ETag": "d41d8cd98f00b204e9800998ecf8427e"}),
    answer("PATCH", f"iam/apiKeys/{KEY_ID}", 204),
    answer("POST", "iam/apiKeys/delete", 207, [{"status": 204}]),
]
