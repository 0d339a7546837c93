"""A headless Chromium by the WebDriver protocol (W3C), spoken with nothing but the standard library
to Debian's chromedriver."""

import base64
import json
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from sandbox import free_ports


class Browser:
    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.port = free_ports(1, 21580)
        with open(os.path.join(self.scratch.name, "driver.log"), "wb") as log:
            self.driver = subprocess.Popen(["chromedriver", f"--port={self.port}"], stdout=log,
                                           stderr=log)
        try:
            self.begin()
        except BaseException:
            self.driver.kill()
            raise

    def begin(self):
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--no-first-run", "--hide-scrollbars",
                            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE "
                            "127.0.0.1", f"--user-data-dir={self.scratch.name}/profile"],
                   "binary": "/usr/bin/chromium"}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options,
                                                   "goog:loggingPrefs": {"browser": "ALL"}}}}
        until = time.monotonic() + 30
        while True:
            try:
                self.session = None
                self.session = self.call("POST", "/session", wanted)["sessionId"]
                return
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def call(self, method, path, body=None):
        if self.session:
            path = f"/session/{self.session}{path}"
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data,
                                         {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from error

    def screen(self, width, height, phone):
        self.call("POST", "/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1,
                       "mobile": phone}})

    def scripts(self, run):
        """Whether pages that are opened from now on may run scripts."""
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setScriptExecutionDisabled",
                                                "params": {"value": not run}})

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def address(self):
        return self.call("GET", "/url")

    def source(self):
        return self.call("GET", "/source")

    def screenshot(self, file):
        with open(file, "wb") as out:
            out.write(base64.b64decode(self.call("GET", "/screenshot")))

    def complaints(self):
        """What the console has said since it was last asked: errors of scripts, of policy, of the
        network."""
        lines = self.call("POST", "/se/log", {"type": "browser"})
        return [line["message"] for line in lines if line["level"] in ("SEVERE", "WARNING")]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(30)
            self.scratch.cleanup()
