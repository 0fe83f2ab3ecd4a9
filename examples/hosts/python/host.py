"""A host for the Trend Vision One component, in Python: reads objects, sends granted requests with the credential, and prints
one line for each object. Usage: python host.py COMPONENT OBJECTS
"""

import json
import os
import sys
import time

import wasi
from wasmtime import Engine, Store, WasmtimeError
from wasmtime.component import Component, Linker, Record, Variant

CONTRACT = "palisade:action/{}@0.2.0"
API_HOST = os.environ.get("API_HOST", "api.xdr.trendmicro.com")
# Where requests to API_HOST are sent, for tests.
CONNECT_TO = os.environ.get("CONNECT_TO", API_HOST)
DRY_RUN = bool(os.environ.get("DRY_RUN"))
LIMITS = {
    "page-objects": 1000,
    "concurrent-requests": 1,
    "request-body-bytes": 1_000_000,
    "response-body-bytes": 1_000_000,
}
DEADLINE = time.monotonic() + 60


def granted(request: wasi.Request) -> bool:
    """What the operator grants. A dry run may only read."""
    return (
        request.scheme == "HTTPS"
        and request.authority == API_HOST
        and request.method == ("get" if DRY_RUN else "post")
        and request.path.split("?")[0] == "/v3.0/threatintel/suspiciousObjects"
    )


def record(**fields) -> Record:
    """A record of the contract. An underscore stands for the hyphen in a field's name."""
    made = Record()
    vars(made).update({name.replace("_", "-"): value for name, value in fields.items()})
    return made


class Run:
    """The objects of one activation and their outcomes."""

    def __init__(self, objects: list[dict]):
        self.objects, self.handed_out, self.outcomes = objects, 0, {}

    def next(self, _store, limit: int) -> list[Record]:
        keys = range(self.handed_out, min(len(self.objects), self.handed_out + min(limit, LIMITS["page-objects"])))
        self.handed_out = keys.stop
        return [self.offered(key, self.objects[key]) for key in keys]

    def offered(self, key: int, given: dict) -> Record:
        absent = dict.fromkeys(["id", "score", "status", "description", "expires"])
        content = record(**{**absent, "attributes": [], "tags": [], **given})
        return record(key=key, object=content, idempotency_key=f"example-{key}", uncertain=False, state=None)

    def record(self, _store, outcomes: list[Record]) -> None:
        for one in outcomes:
            if one.key >= self.handed_out or one.key in self.outcomes:
                raise ValueError(f"object {one.key} is unknown or already has an outcome")
            self.outcomes[one.key] = one.verdict

    def imports(self) -> dict:
        """The functions of each interface."""
        return {
            "circumstances": {
                "run-id": lambda _: "example",
                "dry-run": lambda _: DRY_RUN,
                "compare": lambda _: False,
                "most-evictions": lambda _: None,
                "mark": lambda _: None,
                "cursor": lambda _: None,
                "host-retries-transport": lambda _: False,
                "milliseconds-left": lambda _: max(0, int(1000 * (DEADLINE - time.monotonic()))),
                "limit": lambda _, name: LIMITS.get(name),
            },
            "collection": {"next": self.next},
            "results": {
                "record": self.record,
                "ingest": lambda *_: None,
                "evicting": lambda *_: None,
                "holds": lambda *_: None,
            },
            "log": {"emit": lambda _, level, message, fields: print(f"{level}: {message}", file=sys.stderr)},
        }


def execute(component: str, run: Run) -> tuple[str, str]:
    """Runs the action. Returns code and message for the objects without an outcome."""
    engine = Engine()
    store, linker = Store(engine), Linker(engine)
    with linker.root() as root:
        wasi.define(root, granted, f"Bearer {os.environ['API_KEY']}", CONNECT_TO)
        for interface, functions in run.imports().items():
            with root.add_instance(CONTRACT.format(interface)) as instance:
                for name, function in functions.items():
                    instance.add_func(name, function)
    instance = linker.instantiate(store, Component.from_file(engine, component))
    action = instance.get_export_index(store, CONTRACT.format("action"))
    function = instance.get_func(store, instance.get_export_index(store, "run", action))
    settings = {
        "api_region": API_HOST,
        "url_scheme": "http",
        "scan_action": "block",
        "risk_level": "high",
        "ioc_expiration": "30",
    }
    configuration = [record(name=name, value=Variant("text", value)) for name, value in settings.items()]
    # An error is a text, a list of reasons, or for `stopped` a record.
    error = function(store, "add-to-blocklist", configuration)
    if isinstance(error, Record):
        return error.problem.code, error.problem.message
    if error is not None:
        return "run-failed", error if isinstance(error, str) else "; ".join(reason.message for reason in error)
    return "no-verdict", "the run ended without a verdict"


def main() -> None:
    component, collection = sys.argv[1:]
    with open(collection, encoding="utf-8") as file:
        # The only numbers in it are scores, which the contract has as `f64`.
        run = Run(json.load(file, parse_int=float))
    try:
        code, message = execute(component, run)
    except (WasmtimeError, PermissionError, ValueError) as error:
        # The component trapped, or did something that the host does not allow.
        code, message = "run-failed", str(error)
    for key, one in enumerate(run.objects):
        verdict = run.outcomes.get(key, Variant("failed", record(code=code, message=message)))
        reason = [verdict.payload.code, verdict.payload.message] if verdict.payload else []
        print(*[verdict.tag, one["value"], *reason], sep="\t")


if __name__ == "__main__":
    main()
