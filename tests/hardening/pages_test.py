"""The QR and broker pages in a real browser, in three languages, on a phone and on a desk, and a
whole login through one: pages_test.py CHOPMARKD CHOPMARK FOLDER. Screenshots stay in FOLDER, to be
looked at; the QR code on each is read by zbarimg, which knows nothing of ours."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

from browser import Browser
from sandbox import Sandbox

CHOPMARKD, CHOPMARK, FOLDER = sys.argv[1:4]

LANGUAGES = ("en-US", "zh-HK", "zh-CN")
SCREENS = {"phone": (390, 844, True), "narrow": (320, 568, True), "desk": (1280, 800, False)}
VARIANTS = {"qr": {"source": "PC_Browser"},
            "broker": {"source": "Android_Chrome", "brokerPage": "true"}}
# What a redrawn picture says: the page's link, the step since it came, that step's code.
CODE = r"^HTTP://127\.0\.0\.1:[0-9]+/Q/([A-Z2-7]{26})\.([0-9]{3})\.([0-9]{8})$"
# A word of the page that only that language writes so.
HEADINGS = {"en-US": "Log in", "zh-HK": "登入", "zh-CN": "登录"}
PAGE = """
const root = document.documentElement;
return {lang: root.lang, title: document.title, wide: root.scrollWidth,
        text: document.body.innerText};
"""
# Every element with text or a picture, as far as it can be seen, and where it stands.
MEASURE = """
const out = [];
for (const element of document.querySelectorAll('body *')) {
  if (element.closest('script') || element.closest('svg') && element.tagName !== 'svg') continue;
  const box = element.getBoundingClientRect();
  if (!box.width || !box.height) continue;
  out.push({name: element.tagName.toLowerCase(), left: box.left, right: box.right, width: box.width,
            height: box.height, overflows: element.scrollWidth > element.clientWidth + 1
                && getComputedStyle(element).display !== 'inline' && element.tagName !== 'svg'});
}
return out;
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    """The relying party's own page, behind the login."""
    seen = []

    def do_GET(self):
        Receiver.seen.append(self.path)
        body = (b"<!DOCTYPE html><html lang=en><title>Welcome</title>"
                b"<link rel=icon href='data:,'>welcome</html>")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.makedirs(FOLDER, exist_ok=True)
        cls.node = Sandbox(CHOPMARKD, CHOPMARK)
        cls.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", cls.node.base + 6), Receiver)
        threading.Thread(target=cls.receiver.serve_forever, daemon=True).start()
        cls.node.tool("staff", "enrol", "Second", "--role", "administrator", "--key",
                 os.path.join(cls.node.data, "sandbox", "second_admin.key"))
        cls.node.tool("rp", "onboard", "--port", str(cls.node.base + 6), "--name",
                 "Library & <Museum> \"Pass\"")
        with open(os.path.join(cls.node.data, "sandbox", "clients", "sample.json"),
                  encoding="utf-8") as file:
            cls.me = json.load(file)
        cls.browser = Browser()

    def setUp(self):
        self.show_qr("either")

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.receiver.shutdown()
        cls.node.clean_up()

    def address(self, language, **more):
        query = {"clientID": self.me["client"], "responseType": "code", "source": "PC_Browser",
                 "redirectURI": self.me["redirect_uri"], "state": "s-1", "lang": language,
                 "scope": "eidapi_auth",
                 **more}
        return self.node.url("rp") + "/api/v1/auth/getQR?" + urllib.parse.urlencode(query)

    def decode(self, picture):
        """What an independent reader sees on the screenshot."""
        done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable",
                               picture],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, f"no code on {picture}")
        return done.stdout.decode().strip()

    def hold(self, name, language, width):
        page = self.browser.run(PAGE)
        self.assertEqual(page["lang"], language)
        self.assertEqual(page["title"], HEADINGS[language])
        self.assertIn('Library & <Museum> "Pass"', page["text"])
        for other, word in HEADINGS.items():
            self.assertEqual(word in page["text"], other == language, f"{word}: {page['text']}")
        self.assertLessEqual(page["wide"], width, "it scrolls sideways")
        parts = self.browser.run(MEASURE)
        for part in parts:
            self.assertGreaterEqual(part["left"], 0, part)
            self.assertLessEqual(part["right"], width + 0.5, part)
            self.assertFalse(part["overflows"], part)
        codes = [part for part in parts if part["name"] in ("svg", "canvas", "img")]
        self.assertEqual(len(codes), 1, parts)
        self.assertGreaterEqual(codes[0]["width"], 180, "too small for a camera")
        self.assertAlmostEqual(codes[0]["width"], codes[0]["height"], delta=1)
        self.assertEqual(self.browser.complaints(), [], name)

    def test_every_page(self):
        for variant, values in VARIANTS.items():
            for language in LANGUAGES:
                for screen, (width, height, phone) in SCREENS.items():
                    name = f"{variant}-{language}-{screen}"
                    with self.subTest(name):
                        self.browser.screen(width, height, phone)
                        self.browser.open(self.address(language, **values))
                        self.hold(name, language, width)
                        self.look(name, variant)

    def look(self, name, variant):
        """The whole page as a picture, and the code on it."""
        tall = self.browser.run("return document.documentElement.scrollHeight")
        width, height, phone = SCREENS[name.rsplit("-", 1)[1]]
        self.browser.screen(width, max(tall, height), phone)
        picture = os.path.join(FOLDER, name + ".png")
        self.browser.screenshot(picture)
        link = self.decode(picture)
        self.assertRegex(link, CODE)
        opened = self.browser.run("const a = document.querySelector('a.open');"
                                  "return a && a.getAttribute('href')")
        if variant == "broker":
            self.assertEqual(opened, link.rsplit(".", 2)[0], "the button opens the code's page")
            box = self.browser.run("const a = document.querySelector('a.open');"
                                   "const b = a.getBoundingClientRect(); return [b.top, b.height]")
            self.assertLess(box[0], 400, "the button comes first")
            self.assertGreaterEqual(box[1], 44, "a finger's width")
        else:
            self.assertIsNone(opened)

    def test_an_unknown_language_and_a_request_that_cannot_be_sent_back(self):
        self.browser.screen(390, 844, True)
        self.browser.open(self.address("fr-FR"))
        self.assertEqual(self.browser.run("return document.documentElement.lang"), "zh-HK")
        self.assertEqual(self.browser.complaints(), [])
        for language in LANGUAGES:
            self.browser.open(self.address(language, clientID="nobody"))
            page = self.browser.run(PAGE)
            self.assertEqual(page["lang"], language)
            self.assertRegex(page["text"], "D2000[0-9]")
            self.assertLessEqual(page["wide"], 390)
            self.browser.screenshot(os.path.join(FOLDER, f"error-{language}.png"))
            self.browser.complaints()  # the console names the status 400

    def show_qr(self, how):
        """The relying party's setting; the gateway learns of it from the log."""
        self.node.tool("admin", "rp", "page", self.me["client"], "--qr", how)

    def photograph(self, name):
        picture = os.path.join(FOLDER, name + ".png")
        self.browser.screenshot(picture)
        return picture

    def refused_scan(self, text):
        done = subprocess.run([CHOPMARK, "--json", "phone", "--ports", str(self.node.base), "--data",
                               self.node.data, "scan", text], capture_output=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        return json.loads(done.stdout)["reason"]

    def test_a_picture_that_is_redrawn(self):
        """Seen twice within four seconds, the second picture is another; the first is refused when
        it is ten seconds old; and the page has asked for nothing but news."""
        self.show_qr("redrawn")
        self.node.tool("phone", "register", "--persona", "kaming", "--channel", "nfc")
        self.browser.screen(1280, 800, False)
        self.browser.open(self.address("en-US"))
        self.until("no picture", "return document.querySelector('.code path') !== null")
        drawn = "return document.querySelectorAll('.code path')[1].getAttribute('d')"
        before, seen_at = self.browser.run(drawn), time.monotonic()
        first = self.decode(self.photograph("redrawn-1"))
        while self.browser.run(drawn) == before:
            self.assertLess(time.monotonic(), seen_at + 4, "the picture stays")
            time.sleep(0.05)
        second = self.decode(self.photograph("redrawn-2"))
        one, other = re.match(CODE, first), re.match(CODE, second)
        self.assertEqual(one[1], other[1], "the same page")
        self.assertEqual(int(other[2]), int(one[2]) + 1, "the next step")
        self.assertNotEqual(one[3], other[3])
        self.assertNotIn(self.browser.run("return document.querySelector('.number').textContent"),
                         ["", None])
        time.sleep(max(0, seen_at + 10.5 - time.monotonic()))
        self.assertEqual(self.refused_scan(first), "login.qr_code_old")
        self.assertEqual(self.refused_scan(f"{one[1]}"), "login.qr_code_missing")
        self.assertEqual(self.refused_scan(f"{one[1]}.{other[2]}.{one[3]}"), "login.qr_code_wrong")
        asked = self.browser.run("return performance.getEntriesByType('resource')"
                                 ".map(one => new URL(one.name).pathname)")
        self.assertLessEqual(set(asked), {"/api/v1/auth/qr/wait"}, "a request for a picture")
        shown = self.node.tool("phone", "scan", self.decode(self.photograph("redrawn-3")))
        self.assertEqual(shown["number"],
                         self.browser.run("return document.querySelector('.number').textContent"))
        self.until("the page does not see the scan",
                   "return document.querySelector('main.scanned') !== null")
        self.node.tool("phone", "approve")
        self.until("the browser is not sent back", "return document.title === 'Welcome'")
        self.assertEqual(self.browser.complaints(), [])

    def test_what_is_left_without_scripts(self):
        self.addCleanup(self.browser.scripts, True)
        self.browser.screen(390, 844, True)
        self.browser.scripts(False)
        for how in ("either", "static"):
            self.show_qr(how)
            self.browser.open(self.address("en-US"))
            self.assertRegex(self.decode(self.photograph(f"no-script-{how}")), "/Q/[A-Z2-7]{26}$")
        self.show_qr("redrawn")
        for language in LANGUAGES:
            self.browser.open(self.address(language))
            picture = self.photograph(f"no-script-redrawn-{language}")
            self.assertNotEqual(subprocess.run(["zbarimg", "--quiet", "--raw", picture],
                                               capture_output=True, check=False).returncode, 0)

    def test_a_picture_that_stays(self):
        self.show_qr("static")
        self.browser.screen(390, 844, True)
        self.browser.open(self.address("en-US"))
        first = self.decode(self.photograph("static"))
        self.assertRegex(first, "/Q/[A-Z2-7]{26}$")
        time.sleep(4)
        self.assertEqual(self.decode(self.photograph("static")), first)

    def until(self, what, script):
        end = time.monotonic() + 20
        while not self.browser.run(script):
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)

    def test_a_login_in_the_browser(self):
        """The picture as zbarimg reads it goes to the phone; the page sees what the phone does."""
        self.node.tool("phone", "register", "--persona", "tszkit", "--channel", "nfc")
        self.browser.screen(1280, 800, False)
        self.browser.open(self.address("en-US"))
        # Modules in a row are one stroke of the picture that is served, not of the script's.
        self.until("the script does not draw", "return !/h[2-9]/.test("
                   "document.querySelector('.code path + path').getAttribute('d'))")
        self.node.tool("phone", "scan", self.decode(self.photograph("login")))
        self.until("the page does not see the scan",
                   "return document.querySelector('main.scanned') !== null")
        self.assertIn("Confirm the login on your phone",
                      self.browser.run("return document.body.innerText"))
        self.browser.screenshot(os.path.join(FOLDER, "scanned.png"))
        self.node.tool("phone", "approve")
        self.until("the browser is not sent back", "return document.title === 'Welcome'")
        landed = urllib.parse.urlparse(self.browser.address())
        values = urllib.parse.parse_qs(landed.query)
        self.assertEqual(urllib.parse.urlunparse(landed._replace(query="")),
                         self.me["redirect_uri"])
        self.assertEqual(values["state"], ["s-1"])
        self.assertRegex(values["code"][0], "^[0-9a-f]{32}$")
        self.assertEqual(self.browser.complaints(), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
