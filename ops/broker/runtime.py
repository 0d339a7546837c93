"""Java with the broker's jars: what every program of Kafka is started with.

The first use of a Java trains it: a broker is started aside once and, ending, leaves an archive of
the classes it loaded; later starts map that archive instead of reading the jars. An archive
belongs to one Java and one class path, which its name is a digest of. Without it all works, only
slower, so a training that fails is told and forgotten.
"""

import hashlib
import os
import pathlib
import tempfile

import artifacts


class Runtime:
    """Java, the class path, and the archive of classes if there is one."""

    def __init__(self, java, jars, archive=None):
        self._java, self._path, self._archive = java, ":".join(jars), archive

    def command(self, options):
        """The first words of a command line; the main class and its arguments follow."""
        shared = []
        if self._archive:
            # Silent when it does not fit after all: a warning would be all the log says.
            shared = [f"-XX:SharedArchiveFile={self._archive}", "-Xshare:auto", "-Xlog:cds=off",
                      "-Xlog:cds+dynamic=off"]
        return [self._java, *shared, *options, "-cp", self._path]


def ready(train, say):
    """The runtime, with jars fetched and classes archived first where that was not yet done.

    `train(runtime, folder, archive)` runs a broker in that folder so that Java writes the archive.
    """
    version, jars = artifacts.jars(say)
    java, said = artifacts.java()
    cache = artifacts.cache_folder(version)
    mark = hashlib.sha256("\n".join([java, said, *jars]).encode()).hexdigest()[:16]
    archive = cache / f"classes-{mark}.jsa"
    with artifacts.alone(cache / "lock"):
        if not archive.exists():
            _train(train, java, jars, archive, say)
    return Runtime(java, jars, archive if archive.exists() else None)


def _train(train, java, jars, archive, say):
    say("archiving the broker's classes for a quick start, once")
    with tempfile.TemporaryDirectory(prefix="training-", dir=archive.parent) as aside:
        fresh = pathlib.Path(aside, "classes.jsa")
        try:
            train(Runtime(java, jars), pathlib.Path(aside, "cluster"), fresh)
            os.rename(fresh, archive)
        except (artifacts.Refused, FileNotFoundError) as reason:
            say(f"no archive of classes, brokers start more slowly: {reason}")
