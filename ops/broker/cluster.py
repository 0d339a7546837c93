"""A cluster of one or three real brokers in a folder of its own, on 127.0.0.1.

The folder remembers everything – nodes, ports, cluster id, data – so that a later `up` is the same
cluster again. Whoever changes it holds the folder's lock. Readiness is asked of the brokers, never
waited for by the clock; every wait has a deadline and ends with the last lines of a broker's log.
"""

import base64
import contextlib
import fcntl
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time
import uuid

import artifacts
import process
import runtime
import wire
from artifacts import Refused
from node import Node

CHOICES = {"advertise": [], "durable": False, "quick": False}
LOOK_SECONDS = 0.03
STOP_SECONDS = 30
MIND = pathlib.Path(__file__).with_name("kafka")


class Cluster:
    """The cluster of a folder. Making one reads settings and changes nothing."""

    def __init__(self, folder, say):
        self.folder = pathlib.Path(folder).absolute()
        self._file = self.folder / "cluster.json"
        self._mind = self.folder / "mind.json"
        self._say = say
        self.settings = None
        self.nodes = []
        self._read()

    def _read(self):
        try:
            self.settings = {**CHOICES, **json.loads(self._file.read_text())}
        except FileNotFoundError:
            self.settings, self.nodes = None, []
            return
        except ValueError as reason:
            raise Refused(f"{self._file} cannot be read: {reason}") from reason
        self.nodes = [Node(self.folder, self.settings, number)
                      for number in range(1, self.settings["nodes"] + 1)]

    @contextlib.contextmanager
    def locked(self, seconds):
        """Nobody else changes the cluster meanwhile; refused if another does so for too long."""
        until = time.monotonic() + seconds
        while (lock := self._lock()) is None:
            if time.monotonic() > until:
                raise Refused(f"another command is at work on {self.folder}")
            time.sleep(LOOK_SECONDS)
        with lock:
            self._read()
            yield

    def _lock(self):
        """The lock file, open and locked, or None if it is somebody else's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = self.folder / "lock"
        lock = open(name, "w")
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A wipe that ended just now deleted the file we opened: that lock is nobody's.
            if os.path.samestat(os.fstat(lock.fileno()), os.stat(name)):
                return lock
        lock.close()
        return None

    def some(self, numbers):
        """The nodes of these numbers; of none, all."""
        if not self.nodes:
            raise Refused(f"there is no cluster in {self.folder}; begin with: up")
        for number in numbers:
            if not 1 <= number <= len(self.nodes):
                raise Refused(f"there is no node {number}; nodes are 1 to {len(self.nodes)}")
        return [self.nodes[number - 1] for number in numbers] if numbers else self.nodes

    def up(self, seconds, **wanted):
        """Every node running and ready; what is not wanted otherwise stays as it was at first."""
        self._settle(**wanted)
        java = runtime.ready(_train, self._say)
        paused = [node for node in self.nodes if node.state() == process.PAUSED]
        for node in paused:
            node.process().signal(signal.SIGCONT)
        self.start([node for node in self.nodes if node.state() == process.GONE], java)
        self.wait(self.nodes, seconds, in_sync=True)

    def _settle(self, nodes=None, port=None, advertise=None, durable=None, quick=None):
        version = artifacts.version_of(artifacts.read_lock(artifacts.LOCK.read_text()))
        old = self.settings
        if old and old["kafka"] != version:
            raise Refused(f"{self.folder} holds data of Kafka {old['kafka']}, this is {version}")
        if old and nodes and nodes != old["nodes"]:
            raise Refused(f"{self.folder} holds {old['nodes']} node(s); wipe it or name another")
        nodes = nodes or (old["nodes"] if old else 1)
        for told in advertise or []:
            if len(told) != nodes:
                raise Refused(f"{len(told)} advertised addresses for {nodes} node(s)")
        groups = max(1, len(advertise or (old["advertise"] if old else [])))
        new = dict(old) if old else {"kafka": version, "nodes": nodes, "cluster_id": _cluster_id(),
                                     "ports": _ports(nodes, port, groups), **CHOICES}
        if port:
            new["ports"] = _ports(nodes, port, groups)
        if len(new["ports"]["proxied"]) < groups * nodes:
            raise Refused(f"{self.folder} has fewer ports than that; name them anew with --port")
        for name, value in (("advertise", advertise), ("durable", durable), ("quick", quick)):
            if value is not None:
                new[name] = value
        if new == old:
            return
        if any(node.state() != process.GONE for node in self.nodes):
            raise Refused("other settings need the cluster down first")
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(new, indent=1) + "\n")
        fresh.rename(self._file)
        self._read()

    def start(self, nodes, java=None, extra=()):
        """Starts nodes that do not run; returns before they are ready."""
        java = java or runtime.ready(_train, self._say)
        for node in nodes:
            node.prepare()
        formatters = [(node, node.begin_format(java)) for node in nodes]
        wrong = [f"node {node.number}: {said}" for node, formatter in formatters
                 if formatter and (said := node.end_format(formatter))]
        if wrong:
            raise Refused("the data folder could not be formatted: " + "; ".join(wrong))
        for node in nodes:
            node.start(java, extra)

    def belong_to(self, pid):
        """From now on the brokers are killed when that process ends, however it does."""
        owner = process.Process.of(pid)
        if not owner:
            raise Refused(f"there is no process {pid} to belong to")
        self.belong_to_nobody()
        process.start([sys.executable, MIND, "mind", "--dir", self.folder, str(owner.pid),
                       str(owner.start)], self._mind, self.folder / "mind.log", self.folder)

    def belong_to_nobody(self):
        process.kill([process.Process.read(self._mind)])

    def mind(self, owner, seconds):
        """The life of the process that `belong_to` starts."""
        owner.wait()
        with self.locked(seconds):
            own = process.Process.read(self._mind)
            if own and own.pid == os.getpid():  # Another owner came meanwhile, or nobody.
                process.kill([node.process() for node in self.nodes])

    def wait(self, nodes, seconds, in_sync=False):
        """Until each of these nodes serves and knows every running one; `in_sync` also until every
        partition has all its replicas."""
        until = time.monotonic() + seconds
        waiting = list(nodes)
        while waiting:
            for node in waiting:
                if node.state() == process.GONE:
                    raise Refused(f"node {node.number} has ended:\n{node.last_words()}")
            why = self._not_ready(waiting[0], in_sync)
            if not why:
                waiting.pop(0)
            elif time.monotonic() > until:
                raise Refused(f"node {waiting[0].number} is not ready after {seconds:g} s ({why}):"
                              f"\n{waiting[0].last_words()}")
            else:
                time.sleep(LOOK_SECONDS)

    def _not_ready(self, node, in_sync):
        """Why a node is not ready, or an empty string."""
        try:
            known = wire.metadata(node.address)
            missing = [other.number for other in self.nodes if other.number not in known["brokers"]
                       and other.state() == process.RUNNING]
            if known["cluster_id"] != self.settings["cluster_id"]:
                raise Refused(f"another cluster answers at {node.address}")
            if missing:
                return f"it does not see node {missing[0]}"
            lagging = [topic["topic"] for topic in known["topics"] for part in topic["partitions"]
                       if set(part["in_sync"]) != set(part["replicas"])]
            if in_sync and lagging:
                return f"replicas of {lagging[0]} are behind"
            error = wire.producer_error(node.address)
            return f"producers get error {error}" if error else ""
        except (OSError, wire.Malformed) as reason:
            return str(reason)

    def report(self):
        """What the folder holds and how the brokers are, for people and for tests."""
        if not self.settings:
            return {"folder": str(self.folder), "nodes": 0}
        told = {"folder": str(self.folder), "kafka": self.settings["kafka"],
                "nodes": self.settings["nodes"], "cluster_id": self.settings["cluster_id"],
                "bootstrap": ",".join(node.address for node in self.nodes),
                "proxied_bootstrap": [",".join(told) for told in self.settings["advertise"]],
                "durable": self.settings["durable"], "quick": self.settings["quick"],
                "brokers": [], "topics": None}
        for node in self.nodes:
            state = node.state()
            told["brokers"].append({
                "node": node.number, "state": state,
                "pid": node.process().pid if state != process.GONE else None,
                "address": node.address, "behind_proxies": node.behind_proxies,
                "log": str(node.log)})
        for node in self.nodes:
            if node.state() != process.RUNNING:
                continue
            with contextlib.suppress(OSError, wire.Malformed):
                known = wire.metadata(node.address)
                told.update(alive=sorted(known["brokers"]), controller=known["controller"],
                            topics=known["topics"])
                break
        return told

    def wipe(self):
        """Deletes what `up` made, and the folder if nothing else lies in it."""
        if any(node.state() != process.GONE for node in self.nodes):
            raise Refused("brokers run here; take them down first")
        for node in self.nodes:
            subprocess.run(["rm", "-rf", "--", node.folder], check=True)
        self.belong_to_nobody()
        for file in (self._file, self._mind, self.folder / "mind.log", self.folder / "lock"):
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.folder.rmdir()


def _train(java, folder, archive):
    """A broker's short life, at whose end Java writes the archive."""
    aside = Cluster(folder, lambda _: None)
    with aside.locked(0):
        aside._settle(nodes=1)
        aside.start(aside.nodes, java, [f"-XX:ArchiveClassesAtExit={archive}", "-Xlog:cds=off",
                                        "-Xlog:cds+dynamic=off"])
        try:
            aside.wait(aside.nodes, 60)
        finally:
            process.end([node.process() for node in aside.nodes], 60)


def _cluster_id():
    while True:
        name = base64.urlsafe_b64encode(uuid.uuid4().bytes)[:22].decode()
        if not name.startswith("-"):  # The formatter would take it for an option.
            return name


def _ports(nodes, base, groups):
    """A port for each kind and node, of listeners behind proxies one for each group of clients:
    from `base` on, or free ones.

    Free ones are looked for below those that the system gives to outgoing connections: such a
    connection could sit on a broker's port when the broker comes back.
    """
    wanted = (2 + groups) * nodes
    if base:
        if not 1024 <= base <= 65535 - wanted:
            raise Refused(f"{base} is no port to begin at")
        return _dealt(nodes, range(base, base + wanted))
    end = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    first, end = (10000, end) if end > 12000 else (10000, 60000)
    with contextlib.ExitStack() as held:
        taken = []
        for port in random.sample(range(first, end), 1000):
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                taken.append(port)
            if len(taken) == wanted:
                return _dealt(nodes, taken)
    raise Refused("no free ports found")


def _dealt(nodes, ports):
    ports = list(ports)
    return {"direct": ports[:nodes], "controller": ports[nodes:2 * nodes],
            "proxied": ports[2 * nodes:]}
