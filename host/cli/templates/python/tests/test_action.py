"""The packed bundle as an operator runs it: `palisade run` against a service on this machine.

If `palisade` is not on the path, set the variable PALISADE to its path. Needs `openssl` for the service's certificate.
"""

import http.server
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading
import unittest

HOST = "service.test"
KEY = "a-key-for-tests"
ZIP = pathlib.Path(__file__).parent.parent / "build" / "{{name}}.zip"


class Service:
    """A service on this machine that answers everything with one status."""

    def __init__(self, status: int):
        self.received = received = []
        self.directory = tempfile.TemporaryDirectory()
        self.certificate = self.path("certificate.pem")
        openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl += ["-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        openssl += ["-addext", "basicConstraints=critical,CA:FALSE"]
        openssl += ["-keyout", self.path("certificate.key"), "-out", self.certificate]
        subprocess.run(openssl, check=True, capture_output=True)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                received.append((self.path, self.headers["authorization"], body))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.path("certificate.key"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.directory.cleanup()

    def path(self, name: str) -> str:
        return str(pathlib.Path(self.directory.name) / name)

    def run(self, collection: str, *arguments: str) -> list[str]:
        """Runs the bundle on a collection and gives the verdicts in its order."""
        if not ZIP.exists():
            raise AssertionError(f"`{ZIP}` is missing: build and pack first")
        pathlib.Path(self.path("collection.txt")).write_text(collection)
        configuration = f"service: https://{HOST}\napi_key: {{ env: TEST_KEY }}\n"
        pathlib.Path(self.path("configuration.yaml")).write_text(configuration)
        command = [os.environ.get("PALISADE", "palisade"), "run", "--bundle", str(ZIP), "--action", "send"]
        command += ["--allow-unsigned", "--deadline", "60", "--config", self.path("configuration.yaml")]
        command += ["--collection", self.path("collection.txt"), "--report", self.path("report.json")]
        command += ["--connect-to", f"{HOST}:443:127.0.0.1:{self.server.server_port}"]
        command += ["--ca-cert", self.certificate, *arguments]
        run = subprocess.run(command, env={**os.environ, "TEST_KEY": KEY}, capture_output=True, text=True, timeout=300)
        try:
            report = json.loads(pathlib.Path(self.path("report.json")).read_text())
        except FileNotFoundError:
            raise AssertionError(run.stderr) from None
        return [one["verdict"] for one in report["objects"]]


class Action(unittest.TestCase):
    def test_each_object_arrives_and_has_one_verdict(self):
        with Service(200) as service:
            verdicts = service.run("malware.example\n198.51.100.23\nsomebody@example.com\n")
            self.assertEqual(verdicts, ["accepted", "accepted", "skipped"])
            sent = [
                {"type": "FQDN", "value": "malware.example"},
                {"type": "IP Address", "value": "198.51.100.23"},
            ]
            self.assertEqual(service.received, [("/objects", f"Bearer {KEY}", sent)])

    def test_what_the_service_refuses_is_not_accepted(self):
        with Service(400) as service:
            self.assertEqual(service.run("malware.example\n"), ["rejected"])

    def test_a_dry_run_sends_nothing(self):
        with Service(200) as service:
            self.assertEqual(service.run("malware.example\n", "--dry-run"), ["planned"])
            self.assertEqual(service.received, [])


if __name__ == "__main__":
    unittest.main()
