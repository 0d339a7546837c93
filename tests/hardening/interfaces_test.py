"""Schemathesis over /openapi.json of every gateway: what the description promises is held against
what the built daemon answers, as a stranger and, where staff work, in a session with every role.
interfaces_test.py CHOPMARKD CHOPMARK.

Schemathesis comes from PyPI into a virtual environment in the user's cache folder, by the hashes of
schemathesis.txt beside this file. CHOPMARK_EXAMPLES: cases an operation (default 15)."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import unittest
import urllib.request

from sandbox import GATEWAYS, Sandbox, run

CHOPMARKD, CHOPMARK = sys.argv[1:3]
EXAMPLES = os.environ.get("CHOPMARK_EXAMPLES", "100" if os.environ.get("CHOPMARK_LONG") else "15")
PINNED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schemathesis.txt")
STAFF = ("audit", "security", "admin")
# What a stranger cannot reach by any random input: a signature, a session.
NOT_ASKED = "positive_data_acceptance"


def schemathesis():
    """The program, installed on first use; another list of hashes makes another environment."""
    with open(PINNED, "rb") as file:
        mark = hashlib.sha256(file.read() + sys.version.encode()).hexdigest()[:16]
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    folder = os.path.join(cache, "chopmark", f"schemathesis-{mark}")
    if not os.path.exists(os.path.join(folder, "complete")):
        run(sys.executable, "-m", "venv", "--clear", folder)
        run(os.path.join(folder, "bin", "pip"), "install", "--quiet", "--require-hashes",
            "--no-deps",
            "--only-binary", ":all:", "-r", PINNED)
        with open(os.path.join(folder, "complete"), "w", encoding="ascii"):
            pass
    return os.path.join(folder, "bin", "schemathesis")


# 503 with its advice to come back is an answer like others: a view that is being rebuilt is busy.
# And what is too long for the front is refused by the front.
CONFIGURATION = """
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "409",
    "413", "414", "415", "422", "428", "429", "431", "5xx"]
"""


class StaffKey:
    """A P-256 key as the sandbox keeps it, 32 bytes in hex, and a session by it; openssl signs."""

    def __init__(self, node, file):
        self.node = node
        self.pem = os.path.join(node.folder, "staff.pem")
        with open(file, encoding="ascii") as source:
            scalar = bytes.fromhex(source.read().strip())
        sec1 = bytes.fromhex("30310201010420") + scalar + bytes.fromhex("a00a06082a8648ce3d030107")
        with open(self.pem, "w", encoding="ascii") as out:
            out.write("-----BEGIN EC PRIVATE KEY-----\n" + base64.b64encode(sec1).decode()
                      + "\n-----END EC PRIVATE KEY-----\n")
        point = run("openssl", "ec", "-in", self.pem, "-pubout", "-outform", "DER")[-65:]
        self.id = hashlib.sha256(point).digest()[:16].hex()

    def post(self, gateway, path, body):
        request = urllib.request.Request(self.node.url(gateway) + path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def token(self, gateway):
        issued = self.post(gateway, "/staff/v1/challenge", {})
        challenge = issued["challenge"]
        message = "\n".join((
            "chopmark/staff/1", issued["environment"], "session.open",
            hashlib.sha256(base64.b64decode(challenge)).hexdigest(), "-", "-", challenge,
            hashlib.sha256(b"").hexdigest()))
        signature = run("openssl", "dgst", "-sha256", "-sign", self.pem, stdin=message.encode())
        return self.post(gateway, "/staff/v1/session",
                         {"staff": self.id, "challenge": challenge,
                          "signature": base64.b64encode(signature).decode()})["token"]


class Interfaces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = schemathesis()
        cls.node = Sandbox(CHOPMARKD, CHOPMARK)
        with open(os.path.join(cls.node.folder, "schemathesis.toml"), "w",
                  encoding="ascii") as file:
            file.write(CONFIGURATION)

    @classmethod
    def tearDownClass(cls):
        cls.node.clean_up()

    def examine(self, gateway, *options):
        url = self.node.url(gateway)
        # One worker: Python 3.11 parses its own sources wrongly in several threads at once.
        done = subprocess.run(
            [self.program, "run", url + "/openapi.json", "-u", url, "--phases",
             "examples,coverage,fuzzing",
             "-n", EXAMPLES, "--checks", "all", "--exclude-checks", NOT_ASKED,
             "--continue-on-failure",
             "--no-color", "--seed", "1", "--workers", "1", "--warnings", "off", *options],
            capture_output=True, check=False, timeout=1200, cwd=self.node.folder)
        text = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
        self.assertEqual(done.returncode, 0, f"{gateway}: {text[-8000:]}")
        self.assertIn("No issues found", text)
        self.assertTrue(self.node.is_running())
        print(gateway, *[line.strip() for line in text.splitlines() if " generated, " in line],
              flush=True)

    def test_strangers(self):
        for gateway in GATEWAYS:
            with self.subTest(gateway):
                self.examine(gateway)

    def test_staff(self):
        """The founder of a sandbox has every role."""
        founder = StaffKey(self.node, os.path.join(self.node.data, "sandbox", "first_operator.key"))
        for gateway in STAFF:
            with self.subTest(gateway):
                self.examine(gateway, "--header", "Authorization: Bearer " + founder.token(gateway),
                             "--exclude-checks", NOT_ASKED + ",ignored_auth")

    def test_zz_the_log_is_whole(self):
        """Last by its name."""
        self.assertEqual(self.node.stop(), 0, self.node.log()[-3000:])
        self.assertNotIn("http.handler_threw", self.node.log())
        run(CHOPMARK, "log", "verify", "--data", self.node.data)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
