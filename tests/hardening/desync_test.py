"""The front against what has desynchronised other servers, from outside: desync_test.py CHOPMARKD
CHOPMARK. Whatever bytes come, there is exactly one well-formed answer a request, or the connection
is closed; nothing behind a refused request is read; and no stranger makes a record.

CHOPMARK_REQUESTS: how many mutated requests (default 4,000; 200,000 with CHOPMARK_LONG=1);
CHOPMARK_SEED: of the mutations."""

import concurrent.futures
import os
import random
import ssl
import sys
import time
import unittest

import desync_cases
import wire
from sandbox import GATEWAYS, Sandbox, run

CHOPMARKD, CHOPMARK = sys.argv[1:3]
SEED = int(os.environ.get("CHOPMARK_SEED", random.randrange(1 << 32)))
REQUESTS = int(os.environ.get("CHOPMARK_REQUESTS",
                              200_000 if os.environ.get("CHOPMARK_LONG") else 4_000))

HEADER_TIME, REQUEST_TIME = 2.0, 4.0
# Two gateways of the same front, the second under TLS, and times short enough to wait for.
SETTINGS = """
[gateways.channel.tls]
certificate_file = "{folder}/server.pem"
key_file = "{folder}/server.key"
[http]
header = "2s"
request = "4s"
idle = "5s"
handshake = "2s"
[log]
level = "warn"
"""
# What a node records of itself, and the one record that strangers' failures may become.
OWN_RECORDS = {"PartitionOpened", "TermOpened", "CutRecorded", "RefusalsCounted"}


def faults_of(case, data):
    """What is wrong with the answers to a case and the canary behind it; empty: nothing."""
    try:
        answers = [one for one in wire.read_answers(data, (0,) if case.to_head else ())
                   if one.status != 100]
    except wire.Malformed as error:
        return str(error)
    statuses = tuple(answer.status for answer in answers)
    if not answers:
        return "no answer"
    if not answers[-1].closes:
        return f"{statuses}, and closed without a word"
    if case.either:
        served = len(statuses) == 2 and statuses[1] == 200
        return "" if statuses[0] < 500 and (len(statuses) == 1 or served) else f"{statuses}"
    if case.refused:
        refused = len(statuses) == 1 and statuses[0] in case.refused
        return "" if refused else f"{statuses}, not refused"
    served = statuses == case.answers + (200,)
    return "" if served else f"{statuses}, not {case.answers} and the canary"


class Desync(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.certificates = os.path.join("/tmp", f"chopmark_desync_{os.getpid()}")
        os.makedirs(cls.certificates)
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes",
            "-days", "2", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.pem",
            folder=cls.certificates)
        cls.node = Sandbox(CHOPMARKD, CHOPMARK, SETTINGS.format(folder=cls.certificates),
                           tls=("channel",))
        cls.app = cls.node.port("app")
        cls.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        cls.tls.check_hostname = False
        cls.tls.verify_mode = ssl.CERT_NONE

    @classmethod
    def tearDownClass(cls):
        cls.node.clean_up()
        run("rm", "-r", cls.certificates)

    def hold(self, cases, port, piece=None, tls=None):
        """Every case with the canary behind it; all that went wrong in one failure."""
        def one(case):
            try:
                return faults_of(case, wire.ask(port, case.data + desync_cases.CANARY, piece, tls))
            except TimeoutError:
                return "neither answered to the end nor closed"
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            faults = [f"{case.family}: {case.name}: {fault}"
                      for case, fault in zip(cases, pool.map(one, cases)) if fault]
        self.assertEqual(faults, [], f"{len(faults)} of {len(cases)}")

    def test_published_cases(self):
        self.hold(list(desync_cases.all_cases()), self.app)

    def test_published_cases_byte_by_byte(self):
        small = [case for case in desync_cases.all_cases() if len(case.data) < 400]
        self.hold(small, self.app, piece=1)

    def test_published_cases_under_tls(self):
        cases = [case for case in desync_cases.all_cases() if b"/app/v1" not in case.data]
        self.hold(cases, self.node.port("channel"), tls=self.tls)

    def test_every_gateway(self):
        post = b"POST /nowhere HTTP/1.1\r\nHost: a\r\n"
        cases = [desync_cases.refuse("every gateway", post
                                     + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     + desync_cases.LAST),
                 desync_cases.refuse("every gateway", post
                                     + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n"),
                 desync_cases.serve("every gateway", desync_cases.GET_HOST + b"\r\n")]
        for gateway in GATEWAYS:
            self.hold(cases, self.node.port(gateway),
                      tls=self.tls if gateway == "channel" else None)

    # ---- pipelines ----

    def test_pipelines_are_answered_in_order(self):
        live = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
        none = b"GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
        body = desync_cases.POST + b"Content-Length: 2\r\n\r\n{}"
        chunked = desync_cases.CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
        pattern, expected = [live, none, body, chunked], [200, 404, 200, 200]
        for rounds in (1, 10, 250):
            answers = wire.read_answers(wire.ask(self.app, b"".join(pattern) * rounds
                                                 + desync_cases.CANARY))
            self.assertEqual([answer.status for answer in answers], expected * rounds + [200])

    def test_nothing_is_read_behind_the_last_request(self):
        for last in (desync_cases.CANARY, b"GET /health/live HTTP/1.0\r\n\r\n",
                     b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"):
            answers = wire.read_answers(wire.ask(self.app, last + desync_cases.HIDDEN * 3))
            self.assertEqual([answer.status for answer in answers], [200])

    def test_a_pipeline_that_nobody_reads_holds_no_memory(self):
        before = self.node.resident_bytes()
        flood = desync_cases.GET_HOST + b"\r\n"
        connections = []
        for _ in range(40):
            connection = wire.Connection(self.app)
            connection.socket.settimeout(0.05)
            try:
                for _ in range(40):
                    connection.socket.sendall(flood * 2000)
            except OSError:
                pass
            connections.append(connection)
        grown = self.node.resident_bytes() - before
        for connection in connections:
            connection.socket.close()
        self.assertLess(grown, 40 * 2 ** 20)

    def test_continue_is_said_once_and_only_when_asked(self):
        head = desync_cases.POST + b"Content-Length: 2\r\n"
        old = (b"POST /app/v1/challenge HTTP/1.0\r\nExpect: 100-continue\r\n"
               b"Content-Length: 2\r\n\r\n")
        with wire.Connection(self.app) as client:
            client.send(head + b"Expect: 100-continue\r\n\r\n")
            said = client.receive(until=b"\r\n\r\n")
            self.assertEqual(said, b"HTTP/1.1 100 Continue\r\n\r\n")
            client.send(b"{}" + desync_cases.CANARY)
            got = wire.read_answers(client.receive())
            self.assertEqual([one.status for one in got], [200, 200])
        for data in (head + b"\r\n{}" + desync_cases.CANARY,
                     head + b"Expect: 100-continue\r\n\r\n{}" + desync_cases.CANARY, old + b"{}"):
            got = wire.read_answers(wire.ask(self.app, data))
            self.assertNotIn(100, [one.status for one in got], data)
        with wire.Connection(self.app) as client:  # RFC 9110 10.1.1: it knows no interim answer
            client.send(old)
            time.sleep(0.3)
            client.send(b"{}")
            self.assertEqual([one.status for one in wire.read_answers(client.receive())], [200])

    def test_pauses_change_nothing(self):
        """Pause-based desynchronisation: a body that comes long after its header."""
        with wire.Connection(self.app) as client:
            client.send(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
                        % len(desync_cases.HIDDEN))
            time.sleep(0.5)
            client.send(desync_cases.HIDDEN + desync_cases.CANARY)
            self.assertEqual([one.status for one in wire.read_answers(client.receive())], [404])
        with wire.Connection(self.app) as client:
            client.send(desync_cases.POST + b"Content-Length: 2\r\n\r\n{")
            time.sleep(0.5)
            client.send(b"}" + desync_cases.CANARY)
            self.assertEqual([one.status for one in wire.read_answers(client.receive())],
                             [200, 200])

    # ---- slow senders ----

    def took(self, data, pause, tls=None, port=None):
        """Sends a byte at a time for ever; the seconds until the server has had enough, and what
        it said."""
        begin = time.monotonic()
        with wire.Connection(port or self.app, tls) as client:
            for at in range(10_000):
                if not client.send(data(at)):
                    break
                client.socket.settimeout(pause)
                try:
                    got = client.socket.recv(65536)
                    client.socket.settimeout(5)
                    return time.monotonic() - begin, got + client.receive() if got else got
                except TimeoutError:
                    continue
                except OSError:
                    return time.monotonic() - begin, b""
        raise AssertionError("it goes on reading")

    def test_slow_senders_are_cut_by_total_time(self):
        trickles = {
            "header": (lambda at: (desync_cases.GET_HOST + b"X: " + b"y" * 10_000)[at:at + 1],
                       HEADER_TIME),
            "request line": (lambda at: (b"GET /" + b"a" * 10_000)[at:at + 1], HEADER_TIME),
            "empty lines": (lambda at: b"\r\n"[at % 2:at % 2 + 1], HEADER_TIME),
            "fields": (lambda at: desync_cases.GET_HOST if at == 0 else b"X: y\r\n" if at
                       % 8 == 0 else b"",
                       HEADER_TIME),
            "body": (lambda at: desync_cases.POST
                     + b"Content-Length: 9999\r\n\r\n" if at == 0 else b"x",
                     REQUEST_TIME),
            "chunks": (lambda at: desync_cases.CHUNKED if at == 0 else b"1\r\nx\r\n", REQUEST_TIME),
            "chunk size": (lambda at: desync_cases.CHUNKED if at == 0 else b"0", REQUEST_TIME),
        }

        def one(item):
            name, (trickle, bound) = item
            return name, bound, *self.took(trickle, 0.04)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for name, bound, seconds, said in pool.map(one, trickles.items()):
                self.assertLess(seconds, bound + 3.0, name)
                self.assertGreater(seconds, bound - 0.3, name)
                self.assertEqual([answer.status for answer in wire.read_answers(said)], [408], name)

    def test_silence_is_cut(self):
        begin = time.monotonic()
        for data, statuses in ((b"", []), (b"GET / HT", [408]),
                               (desync_cases.POST + b"Content-Length: 2\r\n\r\n{", [408])):
            self.assertEqual([one.status for one in wire.read_answers(wire.ask(self.app, data))],
                             statuses)
        self.assertLess(time.monotonic() - begin, 20)
        begin = time.monotonic()
        with wire.Connection(self.node.port("channel")) as client:  # no handshake
            self.assertEqual(client.receive(), b"")
        self.assertLess(time.monotonic() - begin, 6)

    # ---- mutations ----

    def test_mutated_requests(self):
        seeds = [case.data for case in desync_cases.all_cases() if len(case.data) < 1000]
        sharp = [b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\x00", b" ", b"\t", b":", b";", b",", b"0",
                 b"\xff", b"chunked", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
                 b"Host: a\r\n", b"HTTP/1.1", b"HTTP/1.0", b"Expect: 100-continue\r\n",
                 b"Connection: close\r\n", b"HEAD ", b"0\r\n\r\n", b"2\r\n{}\r\n"]

        def mutated(chance):
            data = bytearray(chance.choice(seeds))
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(data) + 1)
                to = min(len(data), at + chance.randint(1, 12))
                what = chance.randrange(5)
                if what == 0 and at < len(data):
                    data[at] = chance.randrange(256)
                elif what == 1:
                    data[at:at] = chance.choice(sharp)
                elif what == 2:
                    del data[at:to]
                elif what == 3:
                    data[at:at] = data[at:to]
                else:
                    other = chance.choice(seeds)
                    data[at:] = other[chance.randrange(len(other)):]
            return bytes(data)

        def one(number):
            data = mutated(random.Random(f"{SEED}/{number}"))
            try:
                got = wire.ask(self.app, data, half_close=True)
                # An answer to HEAD looks as if its body were missing.
                answers = wire.read_answers(got) if b"HEAD" not in data else []
                bad = [answer.status for answer in answers if answer.status in (500, 502, 503, 504)]
                return f"{bad} to {data!r}" if bad else ""
            except (TimeoutError, wire.Malformed) as error:
                return f"{error!r} to {data!r}"
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            faults = [fault for fault in pool.map(one, range(REQUESTS), chunksize=64) if fault]
        self.assertEqual(faults[:5], [], f"{len(faults)} of {REQUESTS}, seed {SEED}")
        self.assertTrue(self.node.is_running())

    # ---- the end ----

    def test_zz_no_stranger_made_a_record(self):
        """Last by its name: whatever the others sent, the node drains, and its log holds nothing
        but its own housekeeping."""
        self.assertEqual(self.node.stop(), 0, self.node.log())
        recorded = self.node.recorded()
        self.assertLessEqual(set(recorded), OWN_RECORDS, recorded)
        self.assertIn("PartitionOpened", recorded)
        self.assertNotIn("http.handler_threw", self.node.log())


if __name__ == "__main__":
    print(f"seed {SEED}, {REQUESTS} mutated requests", flush=True)
    unittest.main(argv=sys.argv[:1])
