"""Every method of `pytmv1` on one simulator with the fixtures beside this file, in one run, so that what one case does is there
for the next.

The vendor's repository has integration tests of the client, which are not part of its package. Each case here asks what the
test of the same name asks: the same call, the same conditions on its result, in our own words. `test_oat.test_get_package` is
missing, because no server can satisfy it: it compares a field that the client's own model has as an integer with a text.

Run as `suite.py`; prints `passed: NAME` for each case, and ends with an error if one fails.
"""

import signal
import socket
import sys
import threading
import traceback

# The tenant comes first: it says whom to trust before the client is imported.
from tenant import TIMEOUT, administration, settings

import fixtures
from cases import cases

# Importing them registers their cases, in this order.
import cases_actions  # noqa: F401
import cases_data  # noqa: F401

#: Seconds after which the run is ended from outside; it takes less than ten.
LONGEST = 120


def main():
    signal.alarm(LONGEST)
    # What a thread cannot do fails its case, too.
    failures = []
    threading.excepthook = lambda problem: failures.append(str(problem.exc_value))
    settings(rules=fixtures.RULES)
    administration("seed", fixtures.SEED)
    administration("faults", fixtures.ANSWERS)
    socket.setdefaulttimeout(TIMEOUT)
    has_failed = False
    for name, function in cases:
        failures.clear()
        try:
            function()
            assert not failures, failures
            print(f"passed: {name}")
        except Exception:
            has_failed = True
            print(f"failed: {name}")
            traceback.print_exc()
    sys.exit(has_failed)


if __name__ == "__main__":
    main()
