"""A daemon of the sandbox for tests from outside: founded in a scratch folder, on ports that were
free, with settings of the test's own; and what its log holds once it has ended."""

import json
import os
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

GATEWAYS = ("rp", "app", "channel", "audit", "security", "admin")


def run(*command, stdin=b"", folder=None):
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, cwd=folder)
    if done.returncode != 0:
        said = done.stderr.decode() + done.stdout.decode()
        raise AssertionError(f"{' '.join(command[:3])}: {said}")
    return done.stdout


def free_ports(count, first):
    for base in range(first, 40000, 50):
        try:
            for port in range(base, base + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise AssertionError("no free ports")


class Sandbox:
    """`settings`: TOML, as chopmarkd --print-config prints it, without the ports. A gateway whose
    settings bring a certificate is spoken to by TLS: name it in `tls`."""

    def __init__(self, chopmarkd, chopmark, settings="", tls=(), ready_by="admin"):
        self.chopmark = chopmark
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = self.scratch.name
        self.data = os.path.join(self.folder, "data")
        self.base = free_ports(7, 21410)
        self.tls = tls
        config = os.path.join(self.folder, "config.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(settings)
        self.log_file = os.path.join(self.folder, "daemon.log")
        with open(self.log_file, "wb") as log:
            self.daemon = subprocess.Popen(
                [chopmarkd, "--config", config, "--sandbox", "--data", self.data, "--ports",
                 str(self.base)], stdout=log, stderr=log)
        try:
            self.wait_until_ready(ready_by)
        except AssertionError:
            self.daemon.kill()
            raise

    def port(self, gateway):
        return self.base + GATEWAYS.index(gateway)

    def url(self, gateway):
        return f"http{'s' if gateway in self.tls else ''}://127.0.0.1:{self.port(gateway)}"

    def get(self, gateway, path):
        """Over TLS nothing is verified: that is for the tests of TLS."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        address = self.url(gateway) + path
        with urllib.request.urlopen(address, timeout=10, context=context) as answer:
            return answer.read()

    def wait_until_ready(self, gateway):
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if self.daemon.poll() is not None:
                raise AssertionError("the daemon has ended: " + self.log())
            try:
                self.get(gateway, "/health/ready")
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the daemon is not ready: " + self.log())

    def tool(self, group, *arguments):
        """What `chopmark --json` answers, asked of this daemon."""
        return json.loads(run(self.chopmark, "--json", group, "--ports", str(self.base), "--data",
                              self.data, *arguments))

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_running(self):
        return self.daemon.poll() is None

    def resident_bytes(self):
        with open(f"/proc/{self.daemon.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self):
        """The exit code: 0 if it drained and left in order."""
        if self.is_running():
            self.daemon.terminate()
        return self.daemon.wait(60)

    def recorded(self):
        """After stop(): the types of all events, with how often each was recorded."""
        types = {}
        for partition in range(17):
            records = json.loads(run(self.chopmark, "--json", "log", "list", "--data", self.data,
                                     "--partition", str(partition), "--limit", "1000000"))
            for record in records:
                types[record["type"]] = types.get(record["type"], 0) + 1
        return types

    def clean_up(self):
        if self.is_running():
            self.daemon.kill()
            self.daemon.wait(60)
        self.scratch.cleanup()
