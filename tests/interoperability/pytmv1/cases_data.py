"""Observed attack techniques, objects, the sandbox, scripts, searches, the workbench."""

# First, because it says whom to trust before the client is imported.
from cases import accepted, api, case, done, failed, nothing

import fixtures
from pytmv1 import (
    AddAlertNoteResp,
    AddCustomScriptResp,
    AlertStatus,
    BytesResp,
    ConsumeLinkableResp,
    CustomScriptRequest,
    EndpointActivity,
    GetAlertNoteResp,
    GetEmailActivitiesCountResp,
    GetEndpointActivitiesCountResp,
    IntegrityLevel,
    ListAlertNoteResp,
    ListAlertsResp,
    ListCustomScriptsResp,
    ListEmailActivityResp,
    ListEndpointActivityResp,
    ListEndpointDataResp,
    ListExceptionsResp,
    ListSandboxSuspiciousResp,
    ListSuspiciousResp,
    MultiResp,
    NoContentResp,
    OatRiskLevel,
    ObjectRequest,
    ObjectType,
    Provider,
    QueryOp,
    ResultCode,
    SandboxAnalysisResultResp,
    SandboxSubmissionStatusResp,
    ScanAction,
    ScriptType,
    SubmitFileToSandboxResp,
    SuspiciousObjectRequest,
    TextResp,
)

DATE = fixtures.DATE
PIPELINE_ID = "83df1ed3-84e7-4e6d-98b5-d79468cccba1"

# Observed attack techniques and their pipelines.


@case("oat", "list_oat")
def _():
    response = done(api.oat.list(DATE, DATE, DATE, DATE))
    assert (response.count, response.total_count) == (0, 0), response
    first = response.items[0]
    assert first.endpoint.endpoint_name == "LAB-Luwak-1048", first
    assert first.uuid == "fdd69d98-58de-4249-9871-2e1b233b72ff", first
    assert first.source == "endpointActivityData" and isinstance(first.detail, EndpointActivity), first


@case("oat", "consume_oat")
def _():
    assert done(api.oat.consume(nothing, "next_link", DATE, DATE, DATE)).total_consumed == 3


LEVELS = [OatRiskLevel.INFO, OatRiskLevel.MEDIUM, OatRiskLevel.CRITICAL]


@case("oat", "create_pipeline")
def _():
    response = done(api.oat.create_pipeline(True, LEVELS, "a pipeline"))
    assert response.pipeline_id == "c80d8eaa-e55f-4c64-991f-9d0bdf59ee5b", response


@case("oat", "get_pipeline")
def _():
    response = done(api.oat.get_pipeline(PIPELINE_ID))
    assert response.etag == "0x8D9AB4B0CA9D336", response
    data = response.data
    assert data.id is None and data.has_detail and data.risk_levels == [OatRiskLevel.CRITICAL], data


@case("oat", "update_pipeline")
def _():
    tag = "b971d16b5f6330c81a7455fcb8ba8e09c11ba970"
    levels = [*LEVELS, OatRiskLevel.HIGH]
    done(api.oat.update_pipeline(PIPELINE_ID, tag, True, risk_levels=levels, description="changed"), NoContentResp)


@case("oat", "delete_pipelines")
def _():
    assert done(api.oat.delete_pipelines("853c03ea-33dd-435e-8fc6-bf551bfec024")).items[0].status == 204


@case("oat", "list_pipelines")
def _():
    response = done(api.oat.list_pipelines())
    first = response.items[0]
    assert response.count == 1 and first.has_detail and first.description == "siemhost1", response
    assert first.id == "8746fc45-6b9d-4923-b476-931aec6e06eb", first


@case("oat", "list_packages")
def _():
    response = done(api.oat.list_packages(PIPELINE_ID))
    assert (response.total_count, response.count) == (20, 2), response
    first = response.items[0]
    assert first.id == "2021103019-7898c20d-fc91-443b-9a4e-f8ec3ab745ab", first
    assert first.created_date_time == "2021-10-30T19:50:00Z", first


@case("oat", "consume_packages")
def _():
    pipeline = "8746fc45-6b9d-4923-b476-931aec6e06eb"
    assert done(api.oat.consume_packages(pipeline, nothing, "next_link", DATE)).total_consumed == 4


# Objects of three lists.

ADDRESS = ObjectRequest(objectType=ObjectType.IP, objectValue="1.1.1.1")
SUSPICIOUS = SuspiciousObjectRequest(objectType=ObjectType.IP, objectValue="1.1.1.1", scanAction=ScanAction.BLOCK)

for method, name, request, status, has_task in (
    ("add_exception", "add_exceptions", ADDRESS, 201, False),
    ("add_block", "add_block", ADDRESS, 202, True),
    ("add_suspicious", "add_suspicious", SUSPICIOUS, 201, False),
    ("delete_block", "delete_block", ADDRESS, 202, True),
    ("delete_exception", "delete_exceptions", ADDRESS, 204, False),
    ("delete_suspicious", "delete_suspicious", ADDRESS, 204, False),
):

    @case("object", name)
    def _(method=method, request=request, status=status, has_task=has_task):
        first = done(getattr(api.object, method)(request), MultiResp).items[0]
        assert first.status == status and bool(first.task_id) == has_task, first


@case("object", "list_exceptions")
def _():
    first = done(api.object.list_exception(), ListExceptionsResp).items[0]
    assert (first.type, first.value) == (ObjectType.URL, "https://*.example.com/path1/*"), first


@case("object", "list_suspicious")
def _():
    first = done(api.object.list_suspicious(), ListSuspiciousResp).items[0]
    assert first.type == ObjectType.FILE_SHA256, first
    assert first.value == fixtures.SEED["suspicious_objects"][0]["value"], first


@case("object", "consume_exceptions")
def _():
    assert done(api.object.consume_exception(nothing)).total_consumed == 1


@case("object", "consume_suspicious")
def _():
    assert done(api.object.consume_suspicious(nothing)).total_consumed == 1


# The sandbox.


@case("sandbox", "submit_sandbox_file")
def _():
    assert done(api.sandbox.submit_file(b"content", "fileName.txt"), SubmitFileToSandboxResp).id


@case("sandbox", "submit_sandbox_file_is_too_large_file")
def _():
    failed(api.sandbox.submit_file(b"content", "tooBig.txt"), 413, "RequestEntityTooLarge")


@case("sandbox", "submit_sandbox_file_is_too_many_request")
def _():
    failed(api.sandbox.submit_file(b"content", "tooMany.txt"), 429, "TooManyRequests")


@case("sandbox", "submit_sandbox_urls_with_multi_url")
def _():
    items = done(api.sandbox.submit_url("https://trendmicro.com", "https://trendmicro2.com")).items
    shown = [(item.status, item.url, item.task_id, item.id, item.digest.md5) for item in items]
    first = ("00000005", "012e4eac-9bd9-4e89-95db-77e02f75a6f5", "f3a2e1227de8d5ae7296665c1f34b28d")
    second = ("00000006", "01232cs823-9bd9-4e89-95db-77e02f75a6f34", "x23s2sd11227de8d5ae7296665c1f34b3212")
    assert shown == [(202, "https://www.trendmicro.com", *first), (202, "https://www.trendmicro2.com", *second)], shown


@case("sandbox", "submit_sandbox_urls_is_bad_request")
def _():
    result = api.sandbox.submit_url("bad_request")
    assert result.result_code == ResultCode.ERROR, result
    good, bad = result.errors
    assert (good.status, good.extra["url"], good.task_id) == (202, "https://www.trendmicro.com", "00000005"), good
    assert (bad.status, bad.extra["url"], bad.code) == (400, "test", "BadRequest"), bad
    assert bad.message == "URL format is not right", bad


@case("sandbox", "get_sandbox_submission_status")
def _():
    assert done(api.sandbox.get_submission_status("123"), SandboxSubmissionStatusResp).id == "123"


@case("sandbox", "get_sandbox_analysis_result")
def _():
    assert done(api.sandbox.get_analysis_result("123", False), SandboxAnalysisResultResp).id == "123"


@case("sandbox", "list_sandbox_suspicious")
def _():
    first = done(api.sandbox.list_suspicious("1", False), ListSandboxSuspiciousResp).items[0]
    assert (first.type, first.value) == ("ip", "6.6.6.6"), first


for method, name in (
    ("download_analysis_result", "download_sandbox_analysis_result"),
    ("download_investigation_package", "download_sandbox_investigation_package"),
):

    @case("sandbox", name)
    def _(method=method):
        assert done(getattr(api.sandbox, method)("1", False), BytesResp).content


# Custom scripts.


@case("script", "add_custom_script")
def _():
    result = api.script.create(
        script_type=ScriptType.BASH, script_name="add_script.sh", script_content="#!/bin/sh\necho added"
    )
    assert done(result, AddCustomScriptResp).script_id


@case("script", "delete_custom_script")
def _():
    done(api.script.delete("delete_script"), NoContentResp)


@case("script", "download_custom_script")
def _():
    assert done(api.script.download("download_script"), TextResp).text == "#!/bin/sh Download Script"


@case("script", "run_custom_scripts")
def _():
    accepted(api.script.run(CustomScriptRequest(fileName="test", endpointName="client1")), MultiResp)


@case("script", "update_custom_script")
def _():
    result = api.script.update(
        script_id="123", script_type=ScriptType.BASH, script_name="update_script.sh", script_content="#!/bin/sh"
    )
    done(result, NoContentResp)


RANDOM = {"fileName": "random_script.ps1", "fileType": "powershell"}


@case("script", "consume_custom_scripts")
def _():
    assert done(api.script.consume(nothing, **RANDOM), ConsumeLinkableResp).total_consumed == 1


@case("script", "list_custom_scripts")
def _():
    assert len(done(api.script.list(**RANDOM), ListCustomScriptsResp).items) > 0


# Searches.


@case("search", "consume_email_activities")
def _():
    assert done(api.email.consume_activity(nothing, mailMsgSubject="spam")).total_consumed == 1


@case("search", "list_email_activities")
def _():
    result = api.email.list_activity(mailMsgSubject="spam", mailSenderIp="192.169.1.1")
    assert len(done(result, ListEmailActivityResp).items) > 0


@case("search", "get_email_activities_count")
def _():
    assert done(api.email.get_activity_count(mailMsgSubject="spam"), GetEmailActivitiesCountResp).total_count > 0


@case("search", "consume_endpoint_activities")
def _():
    assert done(api.endpoint.consume_activity(nothing, dpt="443")).total_consumed == 1


@case("search", "list_endpoint_activities")
def _():
    first = done(api.endpoint.list_activity(dpt="443"), ListEndpointActivityResp).items[0]
    assert first.object_integrity_level == IntegrityLevel.MEDIUM, first


@case("search", "get_endpoint_activities_count")
def _():
    assert done(api.endpoint.get_activity_count(dpt="443"), GetEndpointActivitiesCountResp).total_count > 0


@case("search", "consume_endpoint_data")
def _():
    assert done(api.endpoint.consume_data(nothing, QueryOp.AND, endpointName="client1")).total_consumed == 1


@case("search", "list_endpoint_data")
def _():
    # A text, because Python 3.11 writes a member of an enumeration by its name.
    first = done(api.endpoint.list_data(endpointName="client1", productCode="xes"), ListEndpointDataResp).items[0]
    shown = (first.component_update_policy, first.component_update_status, first.component_version)
    assert shown == ("N-2", "pause", "outdatedVersion"), first


@case("search", "list_endpoint_data_optional_fields")
def _():
    first = done(api.endpoint.list_data(endpointName="optional_fields"), ListEndpointDataResp).items[0]
    assert not (first.product_code or first.os_name or first.os_version or first.os_description), first


# The workbench.


@case("workbench", "create_note")
def _():
    assert done(api.note.create("1", "dummy note"), AddAlertNoteResp).note_id.isdigit()


@case("workbench", "update_note")
def _():
    done(api.note.update("1", "2", "3", "changed"), NoContentResp)


@case("workbench", "delete_note")
def _():
    done(api.note.delete("1", "2", "3"), NoContentResp)


@case("workbench", "get_note")
def _():
    response = done(api.note.get("1", "2"), GetAlertNoteResp)
    assert response.etag == fixtures.TAG and response.data.content, response


@case("workbench", "list_notes")
def _():
    assert len(done(api.note.list("1", creatorName="John Doe"), ListAlertNoteResp).items) > 0


@case("workbench", "consume_notes")
def _():
    assert done(api.note.consume(nothing, "1", creatorName="John Doe")).total_consumed == 2


@case("workbench", "consume_alerts")
def _():
    assert done(api.alert.consume(nothing, DATE, DATE)).total_consumed == 2


@case("workbench", "consume_alerts_with_next_link")
def _():
    assert done(api.alert.consume(nothing, "next_link", DATE)).total_consumed == 11


@case("workbench", "update_alert_status")
def _():
    tag = "d41d8cd98f00b204e9800998ecf8427e"
    done(api.alert.update_status("1", tag, AlertStatus.IN_PROGRESS), NoContentResp)


for name, tag, status, code in (
    ("update_alert_status_is_precondition_failed", "precondition_failed", 412, "ConditionNotMet"),
    ("update_alert_status_is_not_found", "not_found", 404, "NotFound"),
):

    @case("workbench", name)
    def _(tag=tag, status=status, code=code):
        failed(api.alert.update_status("1", tag, AlertStatus.IN_PROGRESS), status, code)


@case("workbench", "get_alert")
def _():
    response = done(api.alert.get("12345"))
    data = response.data
    assert (response.etag, data.alert_provider) == (fixtures.TAG, Provider.SAE), response
    assert data.incident_id == "IC-1-20230706-00001" and data.indicators[0].field == "objectCmd", data
    assert (data.impact_scope.container_count, data.impact_scope.cloud_identity_count) == (1, 1), data


@case("workbench", "get_alert_ti")
def _():
    response = done(api.alert.get("TI_ALERT"))
    data = response.data
    assert (response.etag, data.alert_provider, data.campaign) == (fixtures.TAG, Provider.TI, "campaign"), response
    assert data.indicators[0].fields[0][0] == "processFileHashSha1", data


@case("workbench", "list_alerts")
def _():
    # A text, for the same reason as above.
    assert len(done(api.alert.list(DATE, DATE, severity="high"), ListAlertsResp).items) > 0
