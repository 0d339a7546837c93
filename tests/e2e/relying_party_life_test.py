"""An online service from its application to production and its first late declaration, by the tool's
`admin rp` alone; its calls are signed by openssl and sent by curl, its wrong certificates made by
openssl. Against the built binaries: relying_party_life_test.py CHOPMARKD CHOPMARK."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import uuid

sys.path.append(os.path.join(os.path.dirname(__file__), os.pardir, "hardening"))
from sandbox import free_ports

CHOPMARKD, CHOPMARK = sys.argv[1:3]
FIRST_PORT = int(os.environ.get("CHOPMARK_E2E_PORTS", "20200"))


def run(*command, stdin=b""):
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr.decode()}{done.stdout.decode()}")
    return done.stdout


class Life(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.data = os.path.join(cls.scratch.name, "data")
        cls.base = free_ports(6, FIRST_PORT)
        cls.log = open(os.path.join(cls.scratch.name, "daemon.log"), "wb")
        cls.daemon = subprocess.Popen(
            [CHOPMARKD, "--sandbox", "--data", cls.data, "--ports", str(cls.base)],
            stdout=cls.log, stderr=cls.log)
        cls.wait_until_ready()
        second = os.path.join(cls.data, "sandbox", "second_admin.key")
        cls.tool("staff", "enrol", "Second", "--role", "administrator", "--key", second)
        cls.report = cls.file("report", b"what was seen")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.daemon.wait(30)
        cls.log.close()
        cls.scratch.cleanup()

    @classmethod
    def wait_until_ready(cls):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            done = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{cls.base}/health/ready"],
                                  capture_output=True, check=False)
            if done.returncode == 0:
                return
            time.sleep(0.2)
        raise AssertionError("the daemon is not ready")

    @classmethod
    def file(cls, name, content=None):
        path = os.path.join(cls.scratch.name, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    @classmethod
    def command(cls, *arguments):
        group, *rest = arguments
        return [CHOPMARK, "--json", group, "--ports", str(cls.base), "--data", cls.data, *rest]

    @classmethod
    def tool(cls, *arguments):
        return json.loads(run(*cls.command(*arguments)))

    def rp(self, *arguments):
        return self.tool("admin", "rp", *arguments)

    def by_second(self, *arguments):
        return self.tool("admin", "--as", "second_admin", "rp", *arguments)

    def refused(self, reason, *arguments, who="first_operator"):
        done = subprocess.run(self.command("admin", "--as", who, "rp", *arguments),
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["reason"], reason, answer)
        return answer

    def certificate(self, name):
        made = self.file(name + ".pem")
        self.rp("certify", "--key", self.file(name + ".der"), "--certificate", made)
        return made

    def self_signed(self):
        made = self.file("self_signed.pem")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            self.file("self_signed.key"), "-out", made, "-days", "30", "-subj", "/CN=Me",
            "-addext", "keyUsage=critical,keyEncipherment", "-addext",
            "basicConstraints=critical,CA:FALSE")
        return made

    def get_key(self, client, secret):
        """The code that the service gets for its key."""
        stamp, nonce = str(int(time.time() * 1000)), str(uuid.uuid4())
        mac = run("openssl", "dgst", "-sha256", "-binary", "-hmac", secret,
                  stdin=(client + "HmacSHA256" + stamp + nonce).encode())
        signature = urllib.parse.quote(base64.b64encode(mac).decode(), safe="")
        answer = run("curl", "-s", "-X", "POST", "-H", f"clientID: {client}",
                     "-H", "signatureMethod: HmacSHA256", "-H", f"timestamp: {stamp}",
                     "-H", f"nonce: {nonce}", "-H", f"signature: {signature}", "-d", "",
                     f"http://127.0.0.1:{self.base}/api/v1/security/getKey")
        return json.loads(answer)["code"]

    def apply(self):
        return self.rp("apply", "--name", "City Library", "--organisation", "City",
                       "--scope", "eidapi_auth", "--redirect", "https://library.example/back",
                       "--purpose", "Lends books")["client"]

    def walk(self, client):
        """As far as the approval; the secret of the trial."""
        judged = ("--report", self.report)
        secret = self.by_second("trial", client, "--scope", "eidapi_auth", "--certificate",
                                self.certificate("trial"))["client_secret"]
        self.rp("test", client, *judged)
        self.rp("vetting", client, "--failed", *judged)
        self.rp("vetting", client, *judged)
        for kind in ("security_checklist", "privacy_assessment"):
            self.rp("assessment", client, "--kind", kind, "--assessor", "Sharp Eyes Ltd", *judged)
        return secret

    def approve(self, client):
        return self.by_second("approve", client, "--scope", "eidapi_auth", "--certificate",
                              self.certificate("production"))["client_secret"]

    def test_the_way_into_production(self):
        client = self.apply()
        judged = ("--report", self.report)
        trial = ("trial", client, "--scope", "eidapi_auth", "--certificate")
        self.refused("relying_party.step_missing", "test", client, *judged)
        self.refused("relying_party.second_person", *trial, self.certificate("early"))
        self.refused("relying_party.kek_certificate", *trial, self.self_signed(),
                     who="second_admin")
        trial_secret = self.walk(client)
        self.assertEqual(self.get_key(client, trial_secret), "D00000", "a sandbox serves a trial")
        secret = self.approve(client)
        self.assertEqual(self.get_key(client, trial_secret), "D20006", "it ended with the trial")
        self.assertEqual(self.get_key(client, secret), "D00000")
        self.refused("relying_party.not_on_trial", "vetting", client, *judged)
        shown = self.rp("show", client)
        self.assertEqual(shown["standing"], "active")
        two_years = 730 * 24 * 3600 * 1000
        self.assertEqual(shown["declaration_due_at"], shown["approved_at"] + two_years)
        steps = [step["type"] for step in self.rp("steps", client)["items"]]
        self.assertEqual(steps[::-1], ["RelyingPartyApplied", "RelyingPartyTrialOpened",
                                       "RelyingPartyTested", "RelyingPartyVetted",
                                       "RelyingPartyVetted", "RelyingPartyAssessed",
                                       "RelyingPartyAssessed", "RelyingPartyApproved"])

    def test_secret_scopes_and_standing(self):
        client = self.apply()
        old = self.by_second("approve", client, "--scope", "eidapi_auth", "--certificate",
                             self.certificate("at_once"))["client_secret"]
        new = self.rp("secret", client, "--overlap-hours", "1")["client_secret"]
        self.assertEqual([self.get_key(client, one) for one in (old, new)], ["D00000"] * 2)
        newest = self.rp("secret", client, "--overlap-hours", "0")["client_secret"]
        self.assertEqual([self.get_key(client, one) for one in (old, new, newest)],
                         ["D20006", "D20006", "D00000"])
        both = ("--scope", "eidapi_auth", "--scope", "eidapi_sign")
        self.refused("relying_party.scope_not_applied_for", "grant-scopes", client, *both)
        self.rp("ask-scopes", client, *both)
        self.refused("relying_party.second_person", "grant-scopes", client, *both)
        self.by_second("grant-scopes", client, *both)
        shown = self.rp("show", client)
        self.assertEqual((shown["qr"], shown["sensitive"]), ("either", False))
        self.rp("page", client, "--qr", "redrawn", "--sensitive", "true")
        changed = self.rp("show", client)
        self.assertEqual((changed["qr"], changed["sensitive"]), ("redrawn", True))
        self.assertEqual({name for name, value in changed.items() if value != shown[name]},
                         {"qr", "sensitive", "changed_at"})
        self.rp("suspend", client, "--note", "a look is needed")
        self.assertEqual(self.get_key(client, newest), "D20012")
        self.rp("resume", client)
        self.assertEqual(self.get_key(client, newest), "D00000")
        self.rp("withdraw", client)
        self.assertEqual(self.get_key(client, newest), "D20012")
        self.refused("relying_party.not_active", "resume", client)

    def test_a_late_declaration(self):
        client = self.apply()
        self.walk(client)
        self.tool("admin", "policy", "set", "declaration_period", "60000")
        try:
            secret = self.approve(client)
        finally:
            self.tool("admin", "policy", "set", "declaration_period", str(730 * 86400000))
        self.assertEqual(self.get_key(client, secret), "D00000")
        until = time.monotonic() + 90
        while self.rp("show", client)["standing"] == "active" and time.monotonic() < until:
            time.sleep(1)
        shown = self.rp("show", client)
        self.assertEqual((shown["standing"], shown["reason"]),
                         ("suspended", "relying_party.declaration_overdue"))
        self.assertEqual(self.get_key(client, secret), "D20012")
        self.refused("relying_party.declaration_overdue", "resume", client)
        latest = self.rp("steps", client)["items"][:2]
        self.assertEqual([(step["type"], step["by"], step["detail"]) for step in latest],
                         [("RelyingPartySuspended", "platform", ""),
                          ("RelyingPartyReminded", "platform", "declaration 1")])
        self.rp("declaration", client, "--report", self.report)
        self.rp("resume", client)
        self.assertEqual(self.get_key(client, secret), "D00000")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
