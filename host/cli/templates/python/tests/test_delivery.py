"""What is decided, without WebAssembly."""

import pathlib
import sys
import unittest
from types import SimpleNamespace

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "source"))

import delivery


class Delivery(unittest.TestCase):
    def test_only_a_2xx_counts_as_success(self):
        self.assertEqual(delivery.judge(204, None)[0], delivery.ACCEPTED)
        self.assertEqual(delivery.judge(302, None)[0], delivery.FAILED)
        self.assertEqual(delivery.judge(400, None)[0], delivery.REJECTED)
        self.assertEqual(delivery.judge(401, None)[0], delivery.STOPPED)
        self.assertEqual(delivery.judge(500, None)[0], delivery.FAILED)
        self.assertEqual(delivery.judge(None, "connection-refused")[0], delivery.FAILED)

    def test_the_body_holds_type_and_value(self):
        one = SimpleNamespace(subtype="FQDN", value="a.example")
        self.assertEqual(delivery.body([one]), b'[{"type": "FQDN", "value": "a.example"}]')


if __name__ == "__main__":
    unittest.main()
