"""ops/broker takes no jar that its lock does not name and signals no process but its own."""

import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "ops/broker"))
import artifacts  # noqa: E402
import node  # noqa: E402
import process  # noqa: E402
import wire  # noqa: E402

# FIPS 180-2, appendix B.1.
ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Lock(Folder):
    def test_the_committed_one_is_whole(self):
        found = artifacts.read_lock(artifacts.LOCK.read_text())
        self.assertIn("kafka-clients", [a.artifact for a in found])
        self.assertEqual(artifacts.version_of(found),
                         next(a.version for a in found if a.artifact == "kafka-clients"))

    def test_refuses_what_it_cannot_read(self):
        broker = f"org.apache.kafka kafka_2.13 4 {ABC_SHA256}"
        self.assertEqual(len(artifacts.read_lock(f"# why\n\n{broker}\n")), 1)
        for text in ("", "org.slf4j slf4j-api 1", f"a b 1 {ABC_SHA256}", f"{broker}\n{broker}",
                     broker[:-1], broker.upper(), f"a ../b 1 {ABC_SHA256}\n{broker}"):
            with self.assertRaises(artifacts.Refused, msg=text):
                artifacts.read_lock(text)

    def test_names_what_is_missing_and_what_is_not_itself(self):
        rows = [artifacts.Artifact("g", name, "1", ABC_SHA256) for name in ("good", "bad", "gone")]
        (self.folder / "good-1.jar").write_bytes(b"abc")
        (self.folder / "bad-1.jar").write_bytes(b"abd")
        told = list(artifacts.faults(self.folder, rows))
        self.assertEqual([line.split()[0] for line in told], ["bad-1.jar", "gone-1.jar"])
        self.assertIn(ABC_SHA256, told[0])


class Process(Folder):
    def start(self):
        started = process.start(["sleep", "60"], self.folder / "record", self.folder / "log",
                                self.folder)
        self.addCleanup(process.kill, [started])
        return started

    def test_is_found_again_paused_and_ended(self):
        self.start()
        found = process.Process.read(self.folder / "record")
        self.assertEqual(found.state(), process.RUNNING)
        self.assertTrue(found.signal(signal.SIGSTOP))
        while found.state() == process.RUNNING:
            pass
        self.assertEqual(found.state(), process.PAUSED)
        self.assertEqual(process.end([found], 30), [])
        self.assertEqual(found.state(), process.GONE)

    def test_of_another_start_or_boot_is_a_stranger(self):
        own = self.start()
        for stranger in (process.Process(own.pid, own.start + 1, own.boot_id),
                         process.Process(own.pid, own.start, "another boot")):
            self.assertEqual(stranger.state(), process.GONE)
            self.assertFalse(stranger.signal(signal.SIGKILL))
            self.assertTrue(stranger.wait(0))
        self.assertEqual(own.state(), process.RUNNING)

    def test_inherits_no_descriptor(self):
        with open(self.folder / "held", "w") as held:
            subprocess.run([sys.executable, "-c", (
                "import sys, pathlib, process; folder = pathlib.Path(sys.argv[1]);"
                "process.start(['sleep', '60'], folder / 'record', folder / 'log', folder)"),
                self.folder], check=True, cwd=ROOT / "ops/broker", pass_fds=[held.fileno()],
                env={"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"})
            started = process.Process.read(self.folder / "record")
            self.addCleanup(process.kill, [started])
            open_now = pathlib.Path(f"/proc/{started.pid}/fd").iterdir()
            self.assertEqual(sorted(int(fd.name) for fd in open_now), [0, 1, 2])

    def test_of_an_unreadable_record_is_none(self):
        for text in ("", "[]", '{"pid": 1}', '{"pid": "x", "start": 1, "boot": "b"}'):
            (self.folder / "record").write_text(text)
            self.assertIsNone(process.Process.read(self.folder / "record"), text)
        self.assertIsNone(process.Process.read(self.folder / "none"))


class Wire(unittest.TestCase):
    # A broker's own answer (Kafka 4.3.1), which kcat -L read at the same moment as: broker 1 at
    # 127.0.0.1:24115, controller, topic "journal" with partitions 0 and 1, leader 1, isrs 1.
    ANSWER = bytes.fromhex(
        "00000000000000010000000100093132372e302e302e3100005e33ffff00164f3062365f31417a54"
        "776969517a74667173327234670000000100000001000000076a6f75726e616c0000000002000000"
        "00000000000001000000010000000100000001000000010000000000010000000100000001000000"
        "010000000100000001")

    def test_reads_a_brokers_metadata(self):
        read = wire.read_metadata(wire.Reader(self.ANSWER))
        self.assertEqual(read["brokers"], {1: "127.0.0.1:24115"})
        self.assertEqual(read["controller"], 1)
        self.assertEqual(read["topics"], [{"topic": "journal", "internal": False, "partitions": [
            {"partition": n, "leader": 1, "replicas": [1], "in_sync": [1]} for n in (0, 1)]}])

    def test_refuses_an_answer_that_ends_early(self):
        for size in range(len(self.ANSWER)):
            with self.assertRaises(wire.Malformed):
                wire.read_metadata(wire.Reader(self.ANSWER[:size]))


class Properties(unittest.TestCase):
    def settings(self, nodes, **more):
        return {"nodes": nodes, "advertise": [], "durable": False, "quick": False, "ports": {
            "direct": [1, 2, 3], "controller": [4, 5, 6], "proxied": [7, 8, 9]}, **more}

    def lines(self, number, settings):
        return node.Node("/d", settings, number).properties_text().splitlines()

    def test_three_nodes_lose_nothing_with_one_of_them(self):
        told = self.lines(2, self.settings(3))
        for line in ("default.replication.factor=3", "min.insync.replicas=2",
                     "unclean.leader.election.enable=false", "node.id=2",
                     "controller.quorum.voters=1@127.0.0.1:4,2@127.0.0.1:5,3@127.0.0.1:6"):
            self.assertIn(line, told)

    def test_a_proxy_stands_before_a_listener_of_its_own(self):
        told = self.lines(3, self.settings(3, advertise=[["p:1", "p:2", "p:3"]]))
        self.assertIn("listeners=DIRECT://127.0.0.1:3,CONTROLLER://127.0.0.1:6,"
                      "PROXIED://127.0.0.1:9", told)
        self.assertIn("advertised.listeners=DIRECT://127.0.0.1:3,PROXIED://p:3", told)

    def test_groups_of_clients_have_proxies_of_their_own(self):
        told = self.lines(2, self.settings(3, advertise=[["p:1", "p:2", "p:3"],
                                                         ["q:1", "q:2", "q:3"]],
                                           ports={"direct": [1, 2, 3], "controller": [4, 5, 6],
                                                  "proxied": [7, 8, 9, 10, 11, 12]}))
        self.assertIn("listeners=DIRECT://127.0.0.1:2,CONTROLLER://127.0.0.1:5,"
                      "PROXIED://127.0.0.1:8,PROXIED2://127.0.0.1:11", told)
        self.assertIn("advertised.listeners=DIRECT://127.0.0.1:2,PROXIED://p:2,PROXIED2://q:2",
                      told)


if __name__ == "__main__":
    unittest.main()
