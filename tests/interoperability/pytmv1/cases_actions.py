"""Accounts, keys, tasks, messages, endpoints, and how many connections the client opens."""

# First, because it says whom to trust before the client is imported.
from cases import accepted, api, at_once, case, connections, done, failed, nothing, refused

from tenant import KEY, TIMEOUT, URL

import fixtures
import pytmv1
from pytmv1 import (
    AccountRequest,
    ApiKeyRequest,
    ApiStatus,
    CollectFileRequest,
    CollectFileTaskResp,
    EmailMessageIdRequest,
    EndpointRequest,
    GetEndpointDetailsResp,
    ListEndpointSecurityResp,
    MultiResp,
    NoContentResp,
    Status,
    TerminateProcessRequest,
)

KEY_ID = fixtures.KEY_ID

# Accounts: the ids are those of the examples.

for method, name, task in (
    ("disable", "disable_accounts", "00000009"),
    ("enable", "enable_accounts", "00000010"),
    ("reset", "reset_accounts", "00000011"),
    ("sign_out", "sign_out_accounts", "00000012"),
):

    @case("account", name)
    def _(method=method, task=task):
        result = getattr(api.account, method)(AccountRequest(accountName="test"))
        assert accepted(result).task_id == task, result


# Keys.


@case("api_key", "create_api_key")
def _():
    first = done(api.api_key.create(ApiKeyRequest(name="test", role="Master Administrator"))).items[0]
    assert (first.status, first.id, first.value) == (201, KEY_ID, "string"), first


@case("api_key", "update_api_key")
def _():
    done(api.api_key.update(key_id=KEY_ID, etag="d41d8cd98f00b204e9800998ecf8427e", name="another"), NoContentResp)


@case("api_key", "delete_api_key")
def _():
    assert done(api.api_key.delete(KEY_ID)).items[0].status == 204


@case("api_key", "get_api_key")
def _():
    response = done(api.api_key.get(KEY_ID))
    assert response.etag == "d41d8cd98f00b204e9800998ecf8427e", response
    data = response.data
    assert (data.id, data.status, data.name) == (KEY_ID, ApiStatus.ENABLED, "test"), data
    assert data.role == "Master Administrator", data


@case("api_key", "list_api_keys")
def _():
    assert done(api.api_key.list(name="test", role="Master Administrator")).items[0].id == KEY_ID


@case("api_key", "consume_api_keys")
def _():
    response = done(api.api_key.consume(nothing, name="test", role="Master Administrator"))
    assert response.total_consumed == 1, response


# Tasks, and items that fail.


@case("common", "check_connectivity")
def _():
    assert done(api.system.check_connectivity()).status == "available"


def collected(result):
    task = done(result, CollectFileTaskResp)
    assert (task.id, task.action, task.status) == ("00000003", "collectFile", Status.SUCCEEDED), task
    assert task.file_sha256, task


@case("common", "get_task_result")
def _():
    collected(api.task.get_result("collect_file"))


@case("common", "collect_file_task_result")
def _():
    collected(api.task.get_result_class("collect_file", CollectFileTaskResp, False))


for name, task, status, code in (
    ("collect_file_task_result_is_failed", "internal_error", 500, "InternalServerError"),
    ("collect_file_task_result_is_bad_request", "bad_request", 400, "BadRequest"),
):

    @case("common", name)
    def _(task=task, status=status, code=code):
        failed(api.task.get_result_class(task, CollectFileTaskResp, False), status, code)


for group, name, message, status, code in (
    ("common", "multi_status_is_failed", "internal_server_error", 500, "InternalServerError"),
    ("common", "multi_status_is_bad_request", "fields_not_found", 400, "BadRequest"),
    ("common", "multi_status_is_denied", "insufficient_permissions", 403, "AccessDenied"),
    ("common", "multi_status_is_not_supported", "action_not_supported", 400, "NotSupported"),
    ("common", "multi_status_is_task_error", "task_duplication", 400, "TaskError"),
    ("email", "delete_email_messages_is_failed", "server_error", 500, "InternalServerError"),
    ("email", "delete_email_messages_is_bad_request", "invalid_format", 400, "BadRequest"),
    ("email", "delete_email_messages_is_denied", "access_denied", 403, "AccessDenied"),
):

    @case(group, name)
    def _(message=message, status=status, code=code):
        refused(api.email.delete(EmailMessageIdRequest(messageId=message)), status, code)


# Messages.

for method, name in (
    ("delete", "delete_email_messages"),
    ("quarantine", "quarantine_email_messages"),
    ("restore", "restore_email_messages"),
):

    @case("email", name)
    def _(method=method):
        accepted(getattr(api.email, method)(EmailMessageIdRequest(messageId="1")))


# Endpoints.

for method, name, request in (
    ("collect_file", "collect_endpoints_file", CollectFileRequest(endpointName="client1", filePath="/tmp/dummy.txt")),
    ("isolate", "isolate_endpoints", EndpointRequest(endpointName="client1")),
    ("restore", "restore_endpoints", EndpointRequest(endpointName="client1")),
    (
        "terminate_process",
        "terminate_endpoints_process",
        TerminateProcessRequest(endpointName="client1", fileSha1="sha12345", fileName="dummy.exe"),
    ),
):

    @case("endpoint", name)
    def _(method=method, request=request):
        accepted(getattr(api.endpoint, method)(request), MultiResp)


@case("endpoint", "list_endpoint_security")
def _():
    select = ["endpointName", "agentGuid", "isolationStatus"]
    result = api.endpoint.list_endpoints(select=select, top=50, osPlatform="windows")
    assert len(done(result, ListEndpointSecurityResp).items) > 0


@case("endpoint", "consume_endpoint_security")
def _():
    assert done(api.endpoint.consume_endpoints(nothing, osPlatform="windows")).total_consumed > 0


@case("endpoint", "get_endpoint_security")
def _():
    guid = done(api.endpoint.list_endpoints(top=10)).items[0].agent_guid
    assert done(api.endpoint.get_endpoint(guid), GetEndpointDetailsResp).data.agent_guid == guid


# Connections: one client has one, whatever it does.


@case("network", "conn_opened_with_single_call_single_client_is_one")
def _():
    done(api.object.list_exception())
    assert connections() == 1, connections()


@case("network", "conn_opened_with_multi_call_single_client_is_one", *range(10))
def _():
    done(api.object.list_exception())
    assert connections() == 1, connections()


@case("network", "conn_opened_with_multi_processing_single_client_is_one")
def _():
    at_once(lambda: done(api.note.create("1", "dummy note")))
    assert connections() == 1, connections()


@case("network", "conn_opened_with_multi_processing_multi_client_is_two")
def _():
    def another():
        second = pytmv1.init("palisade-tests-2", KEY, URL, connect_timeout=TIMEOUT, read_timeout=TIMEOUT)
        done(second.object.list_exception())

    done(api.object.list_exception())
    at_once(another)
    assert connections() == 2, connections()
