"""TLS as others judge it, against a real listener: tls_test.py CHOPMARKD CHOPMARK. testssl.sh finds
nothing above low; clients without a server name are served; SIGHUP brings in a new certificate and
a new list of revocations without a restart. Every certificate comes from the openssl command."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import warnings

from sandbox import Sandbox, run

CHOPMARKD, CHOPMARK = sys.argv[1:3]

# What testssl.sh says of itself: its openssl has no engine for GOST.
NOT_OURS = {"engine_problem"}
SETTINGS = """
[gateways.app.tls]
certificate_file = "{folder}/current.pem"
key_file = "{folder}/current.key"
[gateways.channel.tls]
certificate_file = "{folder}/current.pem"
key_file = "{folder}/current.key"
client_ca_file = "{folder}/ca.pem"
client_crl_file = "{folder}/crl.pem"
client_certificate = "required"
"""
AUTHORITY = """
[ca]
default_ca = d
[d]
database = index
crlnumber = number
rand_serial = yes
new_certs_dir = .
default_md = sha256
default_crl_days = 7
certificate = ca.pem
private_key = ca.key
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""
ADDRESSES = """
subjectAltName = DNS:localhost, IP:127.0.0.1
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
basicConstraints = critical, CA:false
crlDistributionPoints = URI:http://crl.example.org/ca.crl
authorityInfoAccess = OCSP;URI:http://ocsp.example.org/
"""


class Authority:
    def __init__(self, folder):
        self.folder = folder
        for name, text in (("ca.cnf", AUTHORITY), ("index", ""), ("number", "01\n"),
                           ("server.ext", ADDRESSES)):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        self.openssl("req", "-x509", "-days", "3650", "-subj", "/CN=Test authority", "-keyout",
                     "ca.key", "-out",
                     "ca.pem", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        for name in ("first", "second", "client", "other"):
            self.issue(name)
        self.revoke()
        self.use("first")

    def openssl(self, *arguments):
        return run("openssl", *arguments, folder=self.folder)

    def issue(self, name):
        server = name in ("first", "second")
        self.openssl("req", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                     "-newkey", "ec",
                     "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.openssl("ca", "-config", "ca.cnf", "-batch", "-notext", "-days", "90", "-in",
                     f"{name}.csr", "-out",
                     f"{name}.pem", *(("-extfile", "server.ext") if server else ()))

    def revoke(self, *names):
        for name in names:
            self.openssl("ca", "-config", "ca.cnf", "-revoke", f"{name}.pem")
        self.openssl("ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem")

    def use(self, name):
        for end in ("pem", "key"):
            shutil.copy(self.file(f"{name}.{end}"), self.file(f"current.{end}"))

    def file(self, name):
        return os.path.join(self.folder, name)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.authority = Authority(cls.scratch.name)
        cls.node = Sandbox(CHOPMARKD, CHOPMARK, SETTINGS.format(folder=cls.scratch.name),
                           tls=("app", "channel"))

    @classmethod
    def tearDownClass(cls):
        cls.node.clean_up()
        cls.scratch.cleanup()

    def setUp(self):
        self.authority.use("first")
        self.renew()

    def renew(self, whole=True):
        """By SIGHUP, until the log says so."""
        before = self.node.log().count("gateway.tls_renewed")
        self.node.daemon.send_signal(signal.SIGHUP)
        until = time.monotonic() + 10
        while self.node.log().count("gateway.tls_renewed") == before:
            self.assertLess(time.monotonic(), until, "nothing in the log")
            time.sleep(0.02)
        told = [line for line in self.node.log().splitlines() if "gateway.tls_renewed" in line]
        self.assertEqual(json.loads(told[-1])["all"], whole)

    def connect(self, gateway="app", client=None, name="localhost", context=None):
        if context is None:
            context = ssl.create_default_context(cafile=self.authority.file("ca.pem"))
            context.check_hostname = name is not None
        if client:
            context.load_cert_chain(self.authority.file(f"{client}.pem"),
                                    self.authority.file(f"{client}.key"))
        plain = socket.create_connection(("127.0.0.1", self.node.port(gateway)), 10)
        return context.wrap_socket(plain, server_hostname=name)

    def ask(self, connection):
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return connection.recv(65536)

    def served_to(self, client):
        """Under TLS 1.3 the refusal comes after the client's side of the handshake."""
        try:
            with self.connect("channel", client) as connection:
                return self.ask(connection).startswith(b"HTTP/1.1 200 ")
        except (ssl.SSLError, ConnectionResetError):
            return False

    def shown_name(self, connection):
        subject = connection.getpeercert()["subject"]
        return dict(part for name in subject for part in name)["commonName"]

    def test_testssl_finds_nothing_above_low(self):
        report = self.authority.file("report.json")
        done = subprocess.run(
            ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none",
             "--add-ca",
             self.authority.file("ca.pem"), "--jsonfile", report, "--openssl-timeout", "20", "--ip",
             "127.0.0.1",
             f"localhost:{self.node.port('app')}"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=900, check=False,
            env={**os.environ, "TERM": "dumb"})
        with open(report, encoding="utf-8") as file:
            findings = json.load(file)
        text = done.stdout.decode(errors="replace")[-3000:]
        seen = {finding["id"] for finding in findings}
        for needed in ("TLS1_2", "TLS1_3", "cert_chain_of_trust", "heartbleed", "secure_renego",
                       "fallback_SCSV"):
            self.assertTrue(any(needed in name for name in seen),
                            f"{needed}: not looked at: {text}")
        bad = [finding for finding in findings
               if finding["severity"] not in ("OK", "INFO", "LOW",
                                              "DEBUG") and finding["id"] not in NOT_OURS]
        self.assertEqual(bad, [], text)
        print("testssl.sh:", len(findings), "findings, low:",
              sorted(finding["id"] for finding in findings if finding["severity"] == "LOW"))

    def test_versions_and_suites(self):
        for version, suite in ((ssl.TLSVersion.TLSv1_3, "TLS_"),
                               (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-")):
            context = ssl.create_default_context(cafile=self.authority.file("ca.pem"))
            context.minimum_version = context.maximum_version = version
            with self.connect(context=context) as connection:
                self.assertTrue(connection.cipher()[0].startswith(suite), connection.cipher())
        warnings.simplefilter("ignore", DeprecationWarning)  # of what is refused here
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            with self.assertRaises((ssl.SSLError, ConnectionResetError)):
                self.connect(context=context)

    def test_without_a_server_name(self):
        for name in (None, "localhost"):
            with self.connect(name=name) as connection:
                self.assertEqual(self.shown_name(connection), "first")
                self.assertTrue(self.ask(connection).startswith(b"HTTP/1.1 200 "))

    def test_a_new_certificate_without_a_restart(self):
        with self.connect() as old:
            self.assertEqual(self.shown_name(old), "first")
            self.authority.use("second")
            with self.connect() as before:
                self.assertEqual(self.shown_name(before), "first", "nobody said so yet")
            self.renew()
            with self.connect() as fresh:
                self.assertEqual(self.shown_name(fresh), "second")
            self.assertTrue(self.ask(old).startswith(b"HTTP/1.1 200 "),
                            "the open connection goes on")

    def test_files_that_will_not_do_change_nothing(self):
        shutil.copy(self.authority.file("second.pem"), self.authority.file("current.pem"))
        self.renew(whole=False)
        with self.connect() as connection:
            self.assertEqual(self.shown_name(connection), "first")
        self.assertIn("gateway.tls_kept", self.node.log())

    def test_revoked_clients_are_not_let_in(self):
        self.assertTrue(self.served_to("client"))
        self.assertTrue(self.served_to("other"))
        self.assertFalse(self.served_to(None))
        self.authority.revoke("other")
        self.assertTrue(self.served_to("other"), "the list is read when told so")
        self.renew()
        self.assertFalse(self.served_to("other"))
        self.assertTrue(self.served_to("client"))

    def test_no_session_outlives_a_revocation(self):
        self.authority.issue("leaver")
        context = ssl.create_default_context(cafile=self.authority.file("ca.pem"))
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # its session is there with the handshake
        with self.connect("channel", "leaver", context=context) as first:
            self.assertTrue(self.ask(first).startswith(b"HTTP/1.1 200 "))
            session = first.session
        self.authority.revoke("leaver")
        self.renew()
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            plain = socket.create_connection(("127.0.0.1", self.node.port("channel")), 10)
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as again:
                if not self.ask(again):
                    raise ConnectionResetError

    def test_a_list_past_its_time_lets_nobody_in(self):
        self.authority.openssl("ca", "-config", "ca.cnf", "-gencrl", "-crlsec", "1", "-out",
                               "crl.pem")
        time.sleep(2)
        self.renew()
        self.assertFalse(self.served_to("client"))
        self.authority.revoke()
        self.renew()
        self.assertTrue(self.served_to("client"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
