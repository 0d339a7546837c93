"""Processes that outlive the command which started them, found again by a record on disk.

A process is known by its id, its start time and the boot it belongs to, so that a stranger who
got the same id is never signalled: the check and the signal go through one pidfd. Nothing is
inherited but the three standard descriptors, which lead to a log and to nowhere; an open lock or
pipe of the caller would otherwise live as long as the broker.
"""

import json
import os
import pathlib
import select
import signal
import subprocess
import time

RUNNING, PAUSED, GONE = "running", "paused", "gone"


def boot():
    return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def seen(pid):
    """(start time in ticks, state letter) of a process, or None if there is none of that id."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name may hold spaces and brackets; what follows its last bracket does not.
    fields = stat.rpartition(")")[2].split()
    return int(fields[19]), fields[0]


class Process:
    """One recorded process, perhaps long gone."""

    def __init__(self, pid, start, boot_id):
        self.pid, self.start, self.boot_id = pid, start, boot_id

    @classmethod
    def of(cls, pid):
        """The process that has this id now, or None."""
        found = seen(pid)
        return cls(pid, found[0], boot()) if found and found[1] not in "ZX" else None

    @classmethod
    def read(cls, record):
        """The recorded process, or None if nothing readable is recorded."""
        try:
            kept = json.loads(pathlib.Path(record).read_text())
            return cls(int(kept["pid"]), int(kept["start"]), str(kept["boot"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, record):
        fresh = pathlib.Path(f"{record}.new")
        fresh.write_text(json.dumps({"pid": self.pid, "start": self.start, "boot": self.boot_id}))
        fresh.rename(record)

    def state(self):
        found = seen(self.pid)
        # A zombie has ended: who should reap it is not our affair.
        if not found or found[0] != self.start or found[1] in "ZX" or boot() != self.boot_id:
            return GONE
        return PAUSED if found[1] in "Tt" else RUNNING

    def signal(self, number):
        """True if the process was there to be signalled."""
        handle = self._open()
        if handle is None:
            return False
        try:
            signal.pidfd_send_signal(handle, number)
            return True
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)

    def wait(self, seconds=None):
        """True once the process has ended; None waits for ever."""
        handle = self._open()
        if handle is None:
            return True
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            return bool(poll.poll(None if seconds is None else max(0, seconds) * 1000))
        finally:
            os.close(handle)

    def _open(self):
        """A pidfd that is surely of this process, or None if it is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return None
        # The descriptor holds the id still; only now does looking at the start time prove anything.
        if self.state() == GONE:
            os.close(handle)
            return None
        return handle


def start(arguments, record, log, folder):
    """Starts a process in a session of its own; recorded before its program begins."""

    def note():
        # In the child, before exec: whoever kills the caller cannot leave an unrecorded broker.
        Process.of(os.getpid()).write(record)

    with open(log, "ab") as out:
        child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                 cwd=folder, start_new_session=True, close_fds=True,
                                 preexec_fn=note)
    child.returncode = 0  # It is meant to outlive us: nobody is to warn that it was not awaited.
    return Process.read(record)


def end(processes, seconds):
    """Asks all at once to end, waits, and kills what is left; (id of) those that had to be."""
    processes = [p for p in processes if p and p.state() != GONE]
    for process in processes:
        process.signal(signal.SIGTERM)
        process.signal(signal.SIGCONT)
    until = time.monotonic() + seconds
    killed = [p for p in processes if not p.wait(until - time.monotonic())]
    kill(killed)
    return [p.pid for p in killed]


def kill(processes):
    processes = [p for p in processes if p]
    for process in processes:
        process.signal(signal.SIGKILL)
    for process in processes:
        process.wait()
