"""The part of WASI 0.2 that the Vision One component imports: clocks, polling, streams, and `wasi:http` over `http.client`.

`wasmtime` has these interfaces too, but adds no credential to requests and does not ask before it sends them. Here a request
is sent when its body is finished, and the response is complete before the component goes on: one request at a time.
"""

import http.client
import secrets
import ssl
import time

from wasmtime.component import Record, ResourceHost, ResourceType, Variant

# The resources. The position of a name is the number of its type.
NAMES = [
    "pollable",
    "error",
    "input-stream",
    "output-stream",
    "fields",
    "outgoing-request",
    "outgoing-body",
    "request-options",
    "future-incoming-response",
    "incoming-response",
    "incoming-body",
    "terminal-input",
    "terminal-output",
]
# Other names of resources in the interfaces that use them.
ALIASES = {"io-error": "error", "headers": "fields", "trailers": "fields"}
# Interfaces that the standard library of the component's language imports, and does not use here.
UNUSED = ["environment", "exit", "stdin", "stdout", "stderr", "terminal-input", "terminal-output", "terminal-stdin"]
UNUSED += ["terminal-stdout", "terminal-stderr"]
OK = Variant("ok")


class Request:
    """A request, from its headers to its response: status and body, or an error code of `wasi:http`."""

    def __init__(self, headers: dict[str, str]):
        self.headers, self.body, self.response = headers, bytearray(), None
        self.method, self.scheme, self.authority, self.path = "get", None, None, "/"

    def send(self, credential: str, connect_to: str) -> None:
        connection = http.client.HTTPSConnection(connect_to, timeout=60, context=ssl.create_default_context())
        headers = {**self.headers, "Authorization": credential}
        try:
            connection.request(self.method.upper(), self.path, bytes(self.body) or None, headers)
            response = connection.getresponse()
            self.response = response.status, response.read()
        except ssl.SSLCertVerificationError:
            self.response = Variant("TLS-certificate-error")
        except ConnectionRefusedError:
            self.response = Variant("connection-refused")
        except (OSError, http.client.HTTPException):
            self.response = Variant("connection-terminated")
        finally:
            connection.close()


class Resources:
    """The values of the host behind the component's handles."""

    def __init__(self):
        self.values, self.created = {}, 0

    def own(self, name: str, value) -> ResourceHost:
        self.created += 1
        self.values[self.created] = value
        return ResourceHost.own(self.created, NAMES.index(name))

    def get(self, store, borrowed):
        # `to_host` also ends the borrow. Every function with a borrowed argument has to do that.
        return self.values[borrowed.to_host(store).rep]

    def take(self, store, owned):
        return self.values.pop(owned.to_host(store).rep)

    def drop(self, _store, number: int) -> None:
        self.values.pop(number, None)

    def define(self, root, interface: str, names: list[str], functions: dict) -> None:
        with root.add_instance(interface) as instance:
            for name in names:
                kind = ResourceType.host(NAMES.index(ALIASES.get(name, name)))
                instance.add_resource(name, kind, self.drop)
            for name, function in functions.items():
                instance.add_func(name, function)


def define(root, granted, credential: str, connect_to: str) -> None:
    """Adds the interfaces to the linker's root. Sends only requests for which `granted` returns true."""
    resources = Resources()

    def returns(value):
        """A method that returns this value."""
        return lambda store, borrowed: (resources.get(store, borrowed), value)[1]

    def sets(attribute, read=lambda value: value):
        """A method that sets an attribute of a request."""
        return lambda store, borrowed, value: (setattr(resources.get(store, borrowed), attribute, read(value)), OK)[1]

    def opens(name, read=lambda value: value):
        """A method that returns a new resource."""
        return lambda store, borrowed: resources.own(name, read(resources.get(store, borrowed)))

    # The value of a pollable is a function that returns the seconds until it is ready.
    ready = opens("pollable", lambda _: lambda: 0)

    def poll(store, pollables):
        waits = [resources.get(store, one)() for one in pollables]
        time.sleep(min(waits))
        return [index for index, wait in enumerate(waits) if wait <= min(waits)]

    def write(store, borrowed, content):
        resources.get(store, borrowed).body.extend(content)
        return OK

    def read(store, borrowed, most):
        body = resources.get(store, borrowed)
        part, body[:] = bytes(body[:most]), body[most:]
        # None is the error `closed`.
        return part or None

    def fields(_store, entries):
        return resources.own("fields", {name: value.decode() for name, value in entries})

    def request(store, headers):
        return resources.own("outgoing-request", Request(resources.take(store, headers)))

    def handle(store, owned, _options):
        asked = resources.take(store, owned)
        if not granted(asked):
            # An exception traps, which ends the run.
            raise PermissionError(f"not granted: {asked.method} {asked.authority}{asked.path}")
        return resources.own("future-incoming-response", asked)

    def finish(store, owned, _trailers):
        resources.take(store, owned).send(credential, connect_to)

    def response(store, borrowed):
        found = resources.get(store, borrowed).response
        if found is None:
            return Variant("none")
        return Variant("some", found if isinstance(found, Variant) else resources.own("incoming-response", found))

    def unused(*_):
        raise NotImplementedError("this host does not have `wasi:cli`")

    def now(_store):
        moment = Record()
        moment.seconds, moment.nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        return moment

    def instant(_store, when):
        return resources.own("pollable", lambda: max(0, when - time.monotonic_ns()) / 1e9)

    interfaces = {
        "wasi:io/poll": {"poll": poll, "[method]pollable.block": returns(None)},
        "wasi:io/error": {},
        "wasi:io/streams": {
            "[method]output-stream.check-write": returns(65_536),
            "[method]output-stream.write": write,
            "[method]output-stream.flush": returns(OK),
            "[method]output-stream.blocking-flush": returns(OK),
            "[method]output-stream.subscribe": ready,
            "[method]input-stream.read": read,
            "[method]input-stream.subscribe": ready,
        },
        "wasi:clocks/monotonic-clock": {"now": lambda _: time.monotonic_ns(), "subscribe-instant": instant},
        "wasi:clocks/wall-clock": {"now": now},
        "wasi:http/types": {
            "http-error-code": returns(None),
            "[static]fields.from-list": fields,
            "[constructor]outgoing-request": request,
            "[method]outgoing-request.set-method": sets("method", lambda method: method.tag),
            "[method]outgoing-request.set-scheme": sets("scheme", lambda scheme: scheme and scheme.tag),
            "[method]outgoing-request.set-authority": sets("authority"),
            "[method]outgoing-request.set-path-with-query": sets("path"),
            "[method]outgoing-request.body": opens("outgoing-body"),
            "[method]outgoing-body.write": opens("output-stream"),
            "[static]outgoing-body.finish": finish,
            "[method]future-incoming-response.subscribe": ready,
            "[method]future-incoming-response.get": response,
            "[method]incoming-response.status": lambda store, borrowed: resources.get(store, borrowed)[0],
            "[method]incoming-response.consume": opens("incoming-body", lambda found: found[1]),
            "[method]incoming-body.stream": opens("input-stream", bytearray),
        },
        "wasi:http/outgoing-handler": {"handle": handle},
        "wasi:random/insecure-seed": {"insecure-seed": lambda _: (secrets.randbits(64), secrets.randbits(64))},
        **{f"wasi:cli/{name}": {"exit" if name == "exit" else f"get-{name}": unused} for name in UNUSED},
    }
    for interface, functions in interfaces.items():
        # Each interface may name every resource, as what it defines or uses.
        resources.define(root, f"{interface}@0.2.12", [*NAMES, *ALIASES], functions)
