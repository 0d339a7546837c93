"""One broker of a cluster: its folder, its properties file, its program's arguments.

A node is broker and controller at once. Values differ from Kafka's defaults only where those are
made for other machines: small memory, quick rejoin after a kill, no topic that nobody created.
"""

import pathlib
import subprocess

import process

JVM = ["-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-Djava.awt.headless=true",
       "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
       "-Dorg.slf4j.simpleLogger.showDateTime=true",
       "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]
# Only Java's first compiler: a third less work until ready, less speed under load.
QUICK = ["-XX:TieredStopAtLevel=1"]

ALIKE = """\
process.roles=broker,controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=DIRECT
auto.create.topics.enable=false
unclean.leader.election.enable=false
offsets.topic.num.partitions=3
transaction.state.log.num.partitions=3
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=1
log.cleaner.dedupe.buffer.size=4194304
log.segment.bytes=134217728
"""
# A killed broker may come back only after its session has ended, so the session is short; among
# several on a busy machine not so short that a healthy one is thought dead.
SINGLE = "broker.session.timeout.ms=2000\n"
SEVERAL = """\
broker.session.timeout.ms=3000
controller.quorum.election.timeout.ms=1000
controller.quorum.fetch.timeout.ms=1000
replica.lag.time.max.ms=5000
"""


class Node:
    """A broker by its number, 1 and up. `settings` are the cluster's (see cluster.py)."""

    def __init__(self, folder, settings, number):
        self.settings, self.number = settings, number
        self.folder = pathlib.Path(folder, f"node-{number}")
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.properties = self.folder / "server.properties"
        self._record = self.folder / "process.json"
        self._formatted = self.folder / "formatted"

    def _port(self, kind, group=0):
        return self.settings["ports"][kind][group * self.settings["nodes"] + self.number - 1]

    @property
    def address(self):
        return f"127.0.0.1:{self._port('direct')}"

    @property
    def behind_proxies(self):
        """Where proxies find this broker, one address for each group of clients."""
        return [f"127.0.0.1:{self._port('proxied', group)}"
                for group in range(len(self.settings["advertise"]))]

    def process(self):
        return process.Process.read(self._record)

    def state(self):
        known = self.process()
        return known.state() if known else process.GONE

    def properties_text(self):
        settings = self.settings
        nodes = settings["nodes"]
        listeners = {"DIRECT": self.address, "CONTROLLER": f"127.0.0.1:{self._port('controller')}"}
        told = {"DIRECT": self.address}
        for group, address in enumerate(self.behind_proxies):
            name = f"PROXIED{group + 1}" if group else "PROXIED"
            listeners[name] = address
            told[name] = settings["advertise"][group][self.number - 1]

        def listed(places):
            return ",".join(f"{name}://{address}" for name, address in places.items())

        voters = ",".join(f"{number}@127.0.0.1:{port}"
                          for number, port in enumerate(settings["ports"]["controller"], 1))
        own = [f"node.id={self.number}", f"log.dirs={self.data}",
               f"controller.quorum.voters={voters}", f"listeners={listed(listeners)}",
               f"advertised.listeners={listed(told)}",
               "listener.security.protocol.map="
               + ",".join(f"{name}:PLAINTEXT" for name in listeners)]
        for topics in ("default", "offsets.topic", "transaction.state.log"):
            own.append(f"{topics}.replication.factor={nodes}")
        for topics in ("min.insync.replicas", "transaction.state.log.min.isr"):
            own.append(f"{topics}={nodes // 2 + 1}")
        if settings["durable"]:
            own.append("log.flush.interval.messages=1")
        return ALIKE + (SINGLE if nodes == 1 else SEVERAL) + "\n".join(own) + "\n"

    def _jvm(self):
        return JVM + QUICK if self.settings["quick"] else JVM

    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.properties.write_text(self.properties_text())

    def begin_format(self, runtime):
        """The running formatter of a new data folder, or None if it has its format already."""
        if self._formatted.exists():
            return None
        # A formatter that was interrupted leaves a folder which the next one refuses.
        subprocess.run(["rm", "-rf", "--", self.data], check=True)
        return subprocess.Popen(
            runtime.command(JVM + QUICK) + ["kafka.tools.StorageTool", "format", "-t",
                                    self.settings["cluster_id"], "-c", self.properties],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def end_format(self, formatter):
        """What went wrong, or an empty string."""
        said = formatter.communicate()[0]
        if formatter.returncode != 0:
            return said.strip() or f"the formatter ended with {formatter.returncode}"
        self._formatted.touch()
        return ""

    def start(self, runtime, extra=()):
        process.start(runtime.command([*self._jvm(), *extra]) + ["kafka.Kafka", self.properties],
                      self._record, self.log, self.folder)

    def last_words(self, lines=12):
        """The end of its log, for whoever has to find out why it is not there."""
        try:
            text = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        # Stack frames come by the hundred and push out the line that names the cause.
        kept = [line for line in text if not line.startswith("\tat ")]
        return "\n".join(f"  {line[:300]}" for line in kept[-lines:])

    def copy_data(self, to):
        """A copy that keeps the holes of Kafka's preallocated indexes."""
        _copy(self.data, to)

    def replace_data(self, by):
        """Takes another data folder in place of its own, by renames; the old one is deleted."""
        fresh, old = self.folder / "data.new", self.folder / "data.old"
        subprocess.run(["rm", "-rf", "--", fresh, old], check=True)
        _copy(by, fresh)
        self.data.rename(old)
        fresh.rename(self.data)
        subprocess.run(["rm", "-rf", "--", old], check=True)


def _copy(source, to):
    subprocess.run(["cp", "-a", "--sparse=always", "--reflink=auto", "-T", "--", source, to],
                   check=True)
