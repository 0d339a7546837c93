"""Whether the time of an answer tells a stranger which clients there are: calls in the name of a
client that is there and of one that is not, both wrongly signed, in turns over one kept connection.
timing_test.py CHOPMARKD CHOPMARK."""

import base64
import http.client
import json
import os
import random
import statistics
import sys
import time
import unittest
import uuid

from sandbox import Sandbox

CHOPMARKD, CHOPMARK = sys.argv[1:3]
CALLS = int(os.environ.get("CHOPMARK_REQUESTS", "4000"))
# A relying party is milliseconds away; and what noise of other processes a median lets through.
LIMIT_S = 20e-6


class Timing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox(CHOPMARKD, CHOPMARK)
        second = os.path.join(cls.sandbox.data, "sandbox", "second_admin.key")
        cls.sandbox.tool("staff", "enrol", "Second", "--role", "administrator", "--key", second)
        cls.sandbox.tool("rp", "onboard", "--scope", "eidapi_auth")
        with open(os.path.join(cls.sandbox.data, "sandbox", "clients", "sample.json"),
                  encoding="utf-8") as file:
            cls.known = json.load(file)["client"]

    @classmethod
    def tearDownClass(cls):
        cls.sandbox.stop()

    @staticmethod
    def call(connection, client):
        """The time it took, and what was answered."""
        headers = {"clientID": client, "signatureMethod": "HmacSHA256",
                   "timestamp": str(int(time.time() * 1000)), "nonce": uuid.uuid4().hex,
                   "signature": base64.b64encode(os.urandom(32)).decode()}
        began = time.perf_counter()
        connection.request("POST", "/api/v1/security/getKey", b"", headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        return time.perf_counter() - began, (answer.status, body["code"], body["message"])

    def test_no_client_is_told_by_time(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port("rp"), timeout=10)
        took = {True: [], False: []}
        answers = set()
        for number in range(CALLS):
            turns = [True, False]
            random.shuffle(turns)
            for is_known in turns:
                seconds, answer = self.call(connection, self.known if is_known else uuid.uuid4().hex)
                answers.add(answer)
                if number >= CALLS // 10:  # the first ones fill caches
                    took[is_known].append(seconds)
        self.assertEqual(len(answers), 1, answers)
        medians = {known: statistics.median(times) for known, times in took.items()}
        apart = medians[True] - medians[False]
        print(f"known {medians[True] * 1e6:.1f} µs, unknown {medians[False] * 1e6:.1f} µs, "
              f"apart {apart * 1e6:+.1f} µs")
        self.assertLess(abs(apart), LIMIT_S)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
