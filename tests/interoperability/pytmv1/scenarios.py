"""What `pytmv1` does on the simulator, one function for each scenario: what the client gives back, what the simulator
received, and what it holds afterwards. Run as `scenarios.py NAME`; an assertion that fails ends it with an error.
"""

import signal
import sys

# The tenant comes first: it says whom to trust before the client is imported.
from tenant import EXCEPTIONS, KEY, SUSPICIOUS, client, fault, header, held, received, settings

from pytmv1 import ObjectRequest, ObjectType, ResultCode, RiskLevel, ScanAction, SuspiciousObjectRequest

#: Seconds after which a scenario is ended from outside; each takes less than two.
LONGEST = 60

SHA1 = "0123456789abcdef0123456789abcdef01234567"
SHA256 = SHA1 + "0123456789abcdef01234567"

VALUES = [
    (ObjectType.DOMAIN, "bad.example"),
    (ObjectType.IP, "192.0.2.7"),
    (ObjectType.IP, "2001:db8::7"),
    (ObjectType.URL, "https://bad.example/path?q=1"),
    (ObjectType.SENDER_MAIL_ADDRESS, "sender@bad.example"),
    (ObjectType.FILE_SHA1, SHA1),
    (ObjectType.FILE_SHA256, SHA256),
]


def entries(values):
    return {(kind.value, value) for kind, value in values}


def suspicious(kind, value, **fields):
    return SuspiciousObjectRequest(object_type=kind, object_value=value, **fields)


def plain(kind, value, **fields):
    return ObjectRequest(object_type=kind, object_value=value, **fields)


def statuses(result):
    """The statuses of a multi-status that succeeded as a whole."""
    assert result.result_code == ResultCode.SUCCESS and result.errors == [], result
    return [item.status for item in result.response.items]


def errors(result):
    """Status and code of each entry of a multi-status in which something failed: the client keeps no response then."""
    assert result.result_code == ResultCode.ERROR and result.response is None, result
    return [(error.status, error.code) for error in result.errors]


def the_connection_is_checked():
    result = client().system.check_connectivity()
    assert result.result_code == ResultCode.SUCCESS and result.response.status == "available", result
    (request,) = received()
    assert request["tls"] and header(request, "Authorization") == f"Bearer {KEY}", request
    assert header(request, "User-Agent") == "palisade-tests-PyTMV1/0.11.0", request


def objects_of_every_type_are_added_listed_and_removed():
    api = client().object
    terms = {"scan_action": ScanAction.LOG, "risk_level": RiskLevel.MEDIUM, "days_to_expiration": 7}
    tasks = [suspicious(kind, value, description=f"seen as {value}", **terms) for kind, value in VALUES]
    assert statuses(api.add_suspicious(*tasks)) == [201] * len(VALUES)
    assert held(SUSPICIOUS).keys() == entries(VALUES)
    for (_, value), entry in held(SUSPICIOUS).items():
        assert (entry["scanAction"], entry["riskLevel"]) == ("log", "medium"), entry
        assert entry["description"] == f"seen as {value}", entry

    listed = api.list_suspicious()
    assert listed.result_code == ResultCode.SUCCESS, listed
    assert {(item.type.value, item.value) for item in listed.response.items} == entries(VALUES)
    for item in listed.response.items:
        assert (item.scan_action, item.risk_level) == (ScanAction.LOG, RiskLevel.MEDIUM), item
        assert not item.in_exception_list and item.expired_date_time > item.last_modified_date_time, item

    # The client sends a description with what it removes, too.
    tasks = [plain(kind, value, description="gone") for kind, value in VALUES]
    assert statuses(api.delete_suspicious(*tasks)) == [204] * len(VALUES)
    assert held(SUSPICIOUS) == {}
    sent = [(request["method"], len(request["body"] or [])) for request in received()]
    assert sent == [("POST", len(VALUES)), ("GET", 0), ("POST", len(VALUES))], sent


def exceptions_of_every_type_are_added_listed_and_removed():
    api = client().object
    values = [*VALUES, (ObjectType.DOMAIN, "*.good.example"), (ObjectType.URL, "https://*.good.example/a/*")]
    tasks = [plain(kind, value, description="known") for kind, value in values]
    assert statuses(api.add_exception(*tasks)) == [201] * len(values)
    assert held(EXCEPTIONS).keys() == entries(values)

    listed = api.list_exception()
    assert listed.result_code == ResultCode.SUCCESS, listed
    assert {(item.type.value, item.value) for item in listed.response.items} == entries(values)
    assert {item.description for item in listed.response.items} == {"known"}

    # What is on both lists says so.
    assert statuses(api.add_suspicious(suspicious(ObjectType.DOMAIN, "www.good.example"))) == [201]
    (item,) = api.list_suspicious().response.items
    assert item.in_exception_list, item

    assert statuses(api.delete_exception(*(plain(kind, value) for kind, value in values))) == [204] * len(values)
    assert held(EXCEPTIONS) == {}


def a_field_that_is_left_out_takes_the_tenants_setting():
    api = client().object
    # The client leaves out what is false in Python's eyes: nought days are never sent.
    task = suspicious(ObjectType.DOMAIN, "a.example", days_to_expiration=0)
    never = suspicious(ObjectType.DOMAIN, "b.example", days_to_expiration=-1)
    assert statuses(api.add_suspicious(task, never)) == [201, 201]
    assert received()[0]["body"] == [{"domain": "a.example"}, {"domain": "b.example", "daysToExpiration": -1}]
    entry = held(SUSPICIOUS)["domain", "a.example"]
    assert (entry["scanAction"], entry["riskLevel"]) == ("block", "high"), entry
    # The client fails for a whole page where an object has no date, also one that never expires.
    listed = api.list_suspicious()
    assert listed.result_code == ResultCode.SUCCESS and len(listed.response.items) == 2, listed


def adding_again_updates():
    api = client().object
    for level in (RiskLevel.LOW, RiskLevel.HIGH):
        task = suspicious(ObjectType.URL, "http://bad.example/", risk_level=level, description=level.value)
        assert statuses(api.add_suspicious(task)) == [201]
    (entry,) = held(SUSPICIOUS).values()
    assert (entry["riskLevel"], entry["description"]) == ("high", "high"), entry


def one_bad_object_among_good_ones_fails_alone():
    api = client().object
    tasks = [
        suspicious(ObjectType.DOMAIN, "first.example"),
        suspicious(ObjectType.FILE_SHA1, "0123"),
        suspicious(ObjectType.IP, "192.0.2.300"),
        # A level of other parts of the service, which this list does not take.
        suspicious(ObjectType.DOMAIN, "level.example", risk_level=RiskLevel.NO_RISK),
        suspicious(ObjectType.DOMAIN, "days.example", days_to_expiration=366),
        suspicious(ObjectType.DOMAIN, "last.example"),
    ]
    bad = (400, "BadRequest")
    assert errors(api.add_suspicious(*tasks)) == [(201, None), bad, bad, bad, bad, (201, None)]
    assert held(SUSPICIOUS).keys() == {("domain", "first.example"), ("domain", "last.example")}

    tasks = [plain(ObjectType.DOMAIN, "good.example"), plain(ObjectType.IP, "192.0.2.0/24")]
    assert errors(api.add_exception(*tasks)) == [(201, None), bad]
    assert held(EXCEPTIONS).keys() == {("domain", "good.example")}


def objects_that_the_service_fails_to_store_are_named_by_their_place():
    api = client().object
    fault(effect={"kind": "items", "values": ["b.example"], "status": 429})
    fault(effect={"kind": "items", "values": ["c.example"], "status": 500})
    tasks = [suspicious(ObjectType.DOMAIN, f"{letter}.example") for letter in "abc"]
    result = api.add_suspicious(*tasks)
    assert errors(result) == [(201, None), (429, "TooManyRequests"), (500, "InternalServerError")], result
    assert all(error.message and error.number for error in result.errors[1:]), result
    assert held(SUSPICIOUS).keys() == {("domain", "a.example")}


def removing_what_is_not_there_is_said_object_by_object():
    api = client().object
    known, unknown = plain(ObjectType.DOMAIN, "known.example"), plain(ObjectType.DOMAIN, "unknown.example")
    assert statuses(api.add_suspicious(suspicious(ObjectType.DOMAIN, "known.example"))) == [201]
    assert errors(api.delete_suspicious(unknown, known)) == [(404, "NotFound"), (204, None)]
    assert held(SUSPICIOUS) == {}
    assert statuses(api.add_exception(known)) == [201]
    assert errors(api.delete_exception(known, unknown)) == [(204, None), (404, "NotFound")]
    assert held(EXCEPTIONS) == {}


def a_key_that_is_not_known_is_refused():
    stranger = client("not-the-key")
    for result in (stranger.system.check_connectivity(), stranger.object.list_suspicious()):
        assert result.result_code == ResultCode.ERROR, result
        assert (result.error.status, result.error.code) == (401, "InvalidCredentials"), result
    result = stranger.object.add_suspicious(suspicious(ObjectType.DOMAIN, "bad.example"))
    assert errors(result) == [(401, "InvalidCredentials")], result
    assert held(SUSPICIOUS) == {}


def a_key_without_the_role_may_read_and_not_write():
    no_role = {"value": "nobody", "permissions": []}
    settings(keys=[{"value": "reader", "permissions": ["view-suspicious-objects"]}, no_role])
    reader = client("reader").object
    assert reader.list_suspicious().result_code == ResultCode.SUCCESS
    task = plain(ObjectType.DOMAIN, "bad.example")
    for write in (reader.add_suspicious, reader.delete_suspicious, reader.add_exception, reader.delete_exception):
        is_adding = write == reader.add_suspicious
        result = write(suspicious(ObjectType.DOMAIN, "bad.example") if is_adding else task)
        assert errors(result) == [(403, "AccessDenied")], result
    result = client("nobody").object.list_exception()
    assert (result.error.status, result.error.code) == (403, "AccessDenied"), result
    assert held(SUSPICIOUS) == {} and held(EXCEPTIONS) == {}


def too_many_requests_are_refused_until_the_window_ends():
    fault(method="POST", times=1, effect={"kind": "too-many-requests", "retry_after": {"seconds": 1}})
    api = client().object
    task = suspicious(ObjectType.DOMAIN, "bad.example")
    result = api.add_suspicious(task)
    assert errors(result) == [(429, "TooManyRequests")], result
    # The client does not repeat by itself, whatever the service says about waiting.
    assert len(received()) == 1 and held(SUSPICIOUS) == {}
    assert statuses(api.add_suspicious(task)) == [201]
    settings(rate={"requests": 1})
    result = [api.list_suspicious() for _ in range(2)][-1]
    assert (result.error.status, result.error.code, result.error.number) == (429, "TooManyRequests", 4290102), result


def every_page_of_a_list_is_consumed():
    api = client().object
    names = {f"d{number:03}.example" for number in range(250)}
    added = api.add_suspicious(*(suspicious(ObjectType.DOMAIN, name) for name in sorted(names)))
    assert statuses(added) == [201] * 250
    seen = []
    result = api.consume_suspicious(seen.append)
    assert result.result_code == ResultCode.SUCCESS and result.response.total_consumed == 250, result
    assert {item.value for item in seen} == names and len(seen) == 250
    pages = [request for request in received() if request["method"] == "GET"]
    assert [request["status"] for request in pages] == [200, 200, 200], pages
    assert ["skipToken" in (request["query"] or "") for request in pages] == [False, True, True], pages

    for start in (0, 100):
        names = [plain(ObjectType.DOMAIN, f"e{number:03}.example") for number in range(start, start + 100)]
        assert statuses(api.add_exception(*names)) == [201] * 100
    seen = []
    result = api.consume_exception(seen.append)
    assert result.response.total_consumed == 200, result
    assert {item.value for item in seen} == {f"e{number:03}.example" for number in range(200)}


def a_page_token_that_has_expired_ends_the_listing():
    settings(paging={"token_seconds": 0})
    api = client().object
    tasks = [suspicious(ObjectType.DOMAIN, f"d{number:03}.example") for number in range(150)]
    assert statuses(api.add_suspicious(*tasks)) == [201] * 150
    seen = []
    result = api.consume_suspicious(seen.append)
    assert result.result_code == ResultCode.ERROR and len(seen) == 100, result
    assert (result.error.status, result.error.number) == (400, 1010550), result


def a_request_with_too_many_objects_is_refused_as_a_whole():
    api = client().object
    tasks = [suspicious(ObjectType.DOMAIN, f"d{number}.example") for number in range(1001)]
    result = api.add_suspicious(*tasks)
    assert errors(result) == [(400, "BadRequest")], result
    assert "exceeds the maximum limit" in result.errors[0].message, result
    result = api.add_exception(*(plain(ObjectType.DOMAIN, f"d{number}.example") for number in range(101)))
    assert errors(result) == [(400, "BadRequest")], result
    long = [suspicious(ObjectType.DOMAIN, f"d{number}.example", description="x" * 1000) for number in range(1000)]
    result = api.add_suspicious(*long)
    assert errors(result) == [(413, "RequestEntityTooLarge")], result
    assert held(SUSPICIOUS) == {} and held(EXCEPTIONS) == {}


def errors_of_the_gateway_are_understood():
    for status in (500, 502, 503, 504):
        fault(times=1, effect={"kind": "status", "status": status})
        result = client().object.list_suspicious()
        assert result.result_code == ResultCode.ERROR and result.error.status == status, result
        assert result.error.message, result
    fault(times=1, effect={"kind": "close"})
    result = client().object.list_suspicious()
    assert result.result_code == ResultCode.ERROR and result.error.code == "ConnectionError", result


def main():
    signal.alarm(LONGEST)
    (name,) = sys.argv[1:]
    globals()[name]()
    print(f"passed: {name}")


if __name__ == "__main__":
    main()
