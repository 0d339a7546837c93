"""The broker's jars: named one by one in artifacts.lock, fetched by Maven, taken only if their
SHA-256 is the one written there.

Maven downloads because a machine's own settings may name a mirror; it is asked for exactly the
rows of the lock, none of what they depend on, so nothing is resolved anew. What it brings is
checked in a folder aside and then moved into the cache by one rename. Beside the jars the cache
keeps an archive of loaded classes for each Java, which halves the time a broker needs to start.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from xml.sax.saxutils import escape

LOCK = pathlib.Path(__file__).with_name("artifacts.lock")
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
OLDEST_JAVA = 17
ROW = re.compile(r"([\w.-]+) ([\w.-]+) ([\w.-]+) ([0-9a-f]{64})")
INSTALL = "install it by: ops/setup --kafka"


class Refused(Exception):
    """What was asked for cannot be had; the text says why and what to do."""


class Artifact:
    """One row of the lock."""

    def __init__(self, group, artifact, version, sha256):
        self.group, self.artifact, self.version, self.sha256 = group, artifact, version, sha256
        self.jar = f"{artifact}-{version}.jar"

    def row(self):
        return f"{self.group} {self.artifact} {self.version} {self.sha256}"


def read_lock(text):
    """The artifacts of a lock file: lines 'group artifact version sha256', '#' begins a comment."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        row = ROW.fullmatch(line)
        if not row:
            raise Refused(f"artifacts.lock:{number}: not 'group artifact version sha256'")
        artifact = Artifact(*row.groups())
        if any(artifact.jar == other.jar for other in found):
            raise Refused(f"artifacts.lock:{number}: {artifact.jar} is there twice")
        found.append(artifact)
    if not any(a.artifact.startswith("kafka_") for a in found):
        raise Refused("artifacts.lock: no row of the broker itself (kafka_…)")
    return found


def version_of(artifacts):
    return next(a.version for a in artifacts if a.artifact.startswith("kafka_"))


def sha256_of(file):
    with open(file, "rb") as data:
        digest = hashlib.sha256()
        while block := data.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def faults(folder, artifacts):
    """What is wrong with a folder of jars, one line each; nothing if it is as the lock says."""
    for artifact in artifacts:
        jar = pathlib.Path(folder, artifact.jar)
        if not jar.is_file():
            yield f"{artifact.jar} is missing"
        elif (digest := sha256_of(jar)) != artifact.sha256:
            yield f"{artifact.jar} has SHA-256 {digest}, the lock says {artifact.sha256}"


def cache_folder(version):
    root = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(root, "chopmark", f"kafka-{version}")


@contextlib.contextmanager
def alone(file):
    """Held by one process at a time; others wait."""
    with open(file, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def jars(say):
    """(version, paths of the jars in the cache), fetched first if they are not there."""
    artifacts = read_lock(LOCK.read_text())
    cache = cache_folder(version_of(artifacts))
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache / "lock"):
        place = cache / "jars"
        wrong = list(faults(place, artifacts))
        if wrong:
            if place.exists():
                say(f"the cache is damaged and fetched anew: {wrong[0]}")
            _fetch(artifacts, cache, place, say)
    return version_of(artifacts), [str(place / a.jar) for a in artifacts]


def _fetch(artifacts, cache, place, say):
    say(f"fetching {len(artifacts)} jars of Kafka {version_of(artifacts)} by Maven, once")
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache) as aside:
        aside = pathlib.Path(aside)
        copied = copy_dependencies([(a.group, a.artifact, a.version) for a in artifacts], aside,
                                   alone=True)
        fresh = aside / "jars"
        fresh.mkdir()
        for jar in copied:
            jar.rename(fresh / jar.name)
        wrong = list(faults(fresh, artifacts))
        if wrong:
            raise Refused("refused what Maven brought: " + "; ".join(wrong))
        if place.exists():
            place.rename(aside / "damaged")
        fresh.rename(place)


def pom(coordinates, alone):
    """A Maven project that needs these; `alone` keeps out what they need in their turn."""
    exclusions = ("<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId>"
                  "</exclusion></exclusions>" if alone else "")
    needed = "\n".join(
        f"<dependency><groupId>{escape(group)}</groupId><artifactId>{escape(artifact)}"
        f"</artifactId><version>{escape(version)}</version>{exclusions}</dependency>"
        for group, artifact, version in coordinates)
    return ('<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>chopmark</groupId><artifactId>broker</artifactId><version>1</version>"
            f"<packaging>pom</packaging><dependencies>\n{needed}\n</dependencies></project>\n")


def copy_dependencies(coordinates, folder, alone):
    """The jars of a project, in the layout of a repository below folder/repository."""
    if not shutil.which("mvn"):
        raise Refused(f"Maven is not installed; {INSTALL}")
    (folder / "pom.xml").write_text(pom(coordinates, alone))
    done = subprocess.run(
        ["mvn", "-B", "-U", "-ntp", "-q", "-Dstyle.color=never", "--strict-checksums",
         "-f", folder / "pom.xml", PLUGIN, "-DincludeScope=runtime",
         "-Dmdep.useRepositoryLayout=true", f"-DoutputDirectory={folder / 'repository'}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines()
                 if re.search(r"\w", line.replace("[ERROR]", "")) and "[Help" not in line[:20]]
        raise Refused("Maven could not bring the jars:\n  " + "\n  ".join(lines[:3]))
    return sorted((folder / "repository").rglob("*.jar"))


def write_lock(version):
    """Pins another version of Kafka: what Maven resolves it to now, to be looked at and committed.

    slf4j-simple is the broker's log; 1.7, because that is the slf4j that Kafka is built for.
    """
    roots = [("org.apache.kafka", "kafka_2.13", version), ("org.slf4j", "slf4j-simple", "1.7.36")]
    with tempfile.TemporaryDirectory() as aside:
        aside = pathlib.Path(aside)
        rows = []
        for jar in copy_dependencies(roots, aside, alone=False):
            *group, artifact, of, _ = jar.relative_to(aside / "repository").parts
            rows.append(Artifact(".".join(group), artifact, of, sha256_of(jar)).row())
    text = LOCK.read_text()
    head = [line for line in text.splitlines() if line.startswith("#")]
    LOCK.write_text("\n".join(head + rows) + "\n")


def java():
    """(path of java, what it says of itself); refused if there is none or it is too old."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    if not found:
        raise Refused(f"there is no java{f' in {home}' if home else ''}; {INSTALL}")
    said = subprocess.run([found, "-version"], capture_output=True, text=True).stderr
    said = "\n".join(line for line in said.splitlines() if not line.startswith("Picked up "))
    number = re.search(r'version "(\d+)', said)
    if not number or int(number[1]) < OLDEST_JAVA:
        raise Refused(f"{found} is too old: Kafka needs Java {OLDEST_JAVA}; {INSTALL}")
    return found, said
