"""What is decided, without WebAssembly."""

import json
import pathlib
import sys
import unittest
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "source"))

import delivery


class Delivery(unittest.TestCase):
    def test_only_a_2xx_counts_as_success(self):
        expected = {
            200: delivery.ACCEPTED,
            204: delivery.ACCEPTED,
            302: delivery.FAILED,
            400: delivery.REJECTED,
            401: delivery.STOPPED,
            403: delivery.STOPPED,
            413: delivery.REJECTED,
            429: delivery.FAILED,
            503: delivery.FAILED,
            None: delivery.FAILED,
        }
        for status, verdict in expected.items():
            self.assertEqual(delivery.judge(status, "connection-refused")[0], verdict, status)

    def test_an_object_is_sent_as_its_source_has_it(self):
        attribute = SimpleNamespace(name="Source", value=SimpleNamespace(value="hönig"))
        one = SimpleNamespace(
            kind="Indicator",
            subtype="FQDN",
            value="malware.example",
            id=None,
            score=7.5,
            status=None,
            description=None,
            attributes=[attribute],
            tags=["a"],
            expires=1_800_000_000_000,
        )
        entry = {
            "kind": "Indicator",
            "subtype": "FQDN",
            "value": "malware.example",
            "id": None,
            "score": 7.5,
            "status": None,
            "description": None,
            "attributes": [{"name": "Source", "value": "hönig"}],
            "tags": ["a"],
            "expires": 1_800_000_000_000,
        }
        self.assertEqual(json.loads(delivery.body("r", [one])), {"run": "r", "objects": [entry]})

    def test_a_value_keeps_its_type(self):
        class Value_Json(SimpleNamespace):
            pass

        for value in ["a", 7, 7.5, True, ["a", "b"]]:
            self.assertIs(delivery.plain(SimpleNamespace(value=value)), value)
        self.assertEqual(delivery.plain(SimpleNamespace(value=2**60)), str(2**60))
        self.assertEqual(delivery.plain(Value_Json(value='{"a": [1]}')), {"a": [1]})

    def test_a_path_that_is_none_is_refused(self):
        self.assertIsNone(delivery.fault({"webhook_path": "/a/b?c=%20"}))
        for path in ["", "a", "/a b", "/a#b", "/ä", "/a\n"]:
            self.assertIsNotNone(delivery.fault({"webhook_path": path}), path)


if __name__ == "__main__":
    unittest.main()
