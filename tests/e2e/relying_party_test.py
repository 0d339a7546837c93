"""A relying party as others write it: curl speaks HTTP, openssl does every HMAC, RSA and AES, and
nothing of ours is used on its side but the address. The citizen's phone is the sandbox's. Against
the built binaries: relying_party_test.py CHOPMARKD CHOPMARK."""

import base64
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import uuid

sys.path.append(os.path.join(os.path.dirname(__file__), os.pardir, "hardening"))
from party_wire import Receiver, decrypt, encrypt, run
from sandbox import free_ports

CHOPMARKD, CHOPMARK = sys.argv[1:3]


class RelyingParty(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.data = os.path.join(cls.scratch.name, "data")
        cls.base = free_ports(7, 20100)
        cls.root = f"http://127.0.0.1:{cls.base}"
        cls.api = cls.root + "/api/v1"
        cls.log = open(os.path.join(cls.scratch.name, "daemon.log"), "wb")
        cls.start()
        cls.receiver = http.server.ThreadingHTTPServer(("127.0.0.1", cls.base + 6), Receiver)
        threading.Thread(target=cls.receiver.serve_forever, daemon=True).start()
        second = os.path.join(cls.data, "sandbox", "second_admin.key")
        cls.tool("staff", "enrol", "Second", "--role", "administrator", "--key", second)
        cls.tool("rp", "onboard", "--port", str(cls.base + 6), "--scope", "eidapi_auth",
                 "eidapi_profiles", "eidapi_formFilling", "eidapi_sign", "eidapi_bulksign")
        cls.tool("phone", "register", "--persona", "tszkit", "--channel", "nfc")
        with open(os.path.join(cls.data, "sandbox", "clients", "sample.json")) as file:
            cls.me = json.load(file)
        cls.kek = os.path.join(cls.scratch.name, "kek.der")
        with open(cls.kek, "wb") as file:
            file.write(base64.b64decode(cls.me["key"]))

    @classmethod
    def tearDownClass(cls):
        cls.receiver.shutdown()
        cls.daemon.terminate()
        cls.daemon.wait(30)
        cls.log.close()
        cls.scratch.cleanup()

    @classmethod
    def start(cls):
        cls.daemon = subprocess.Popen(
            [CHOPMARKD, "--sandbox", "--data", cls.data, "--ports", str(cls.base)],
            stdout=cls.log, stderr=cls.log)
        cls.wait_until_ready()

    @classmethod
    def wait_until_ready(cls):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            done = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{cls.base}/health/ready"],
                                  capture_output=True, check=False)
            if done.returncode == 0:
                return
            time.sleep(0.2)
        raise AssertionError("the daemon is not ready")

    @classmethod
    def tool(cls, group, *arguments):
        return json.loads(run(CHOPMARK, "--json", group, "--ports", str(cls.base), "--data",
                              cls.data, *arguments))

    def post(self, path, body, nonce=None, spoil=""):
        nonce = nonce or str(uuid.uuid4())
        stamp = str(int(time.time() * 1000))
        message = self.me["client"] + "HmacSHA256" + stamp + nonce + body
        mac = run("openssl", "dgst", "-sha256", "-binary", "-hmac", self.me["secret"],
                  stdin=message.encode())
        signature = urllib.parse.quote(base64.b64encode(mac).decode() + spoil, safe="")
        answer = run("curl", "-s", "-X", "POST", "-H", "Content-Type: application/json",
                     "-H", f"clientID: {self.me['client']}", "-H", "signatureMethod: HmacSHA256",
                     "-H", f"timestamp: {stamp}", "-H", f"nonce: {nonce}",
                     "-H", f"signature: {signature}", "--data-binary", "@-", self.address(path),
                     stdin=body.encode())
        return json.loads(answer)

    def address(self, path):
        """Calls of our own are not of iAM Smart's paths; those of apps have another version."""
        if path.startswith("/api/"):
            return self.root + path
        ours = path in ("/service", "/errors", "/transaction", "/transactions", "/callback/replay")
        return self.root + ("/api/chopmark/v1" if ours else "/api/v1") + path

    def unwrap(self, text):
        return run("openssl", "pkeyutl", "-decrypt", "-inkey", self.kek, "-keyform", "DER",
                   "-pkeyopt", "rsa_padding_mode:pkcs1", stdin=base64.b64decode(text))

    def content_key(self):
        answer = self.post("/security/getKey", "")
        self.assertEqual((answer["code"], answer["message"]), ("D00000", "SUCCESS"), answer)
        own = run("openssl", "pkey", "-in", self.kek, "-inform", "DER", "-pubout", "-outform", "DER")
        self.assertEqual(base64.b64decode(answer["content"]["pubKey"]), own)
        self.assertGreater(answer["content"]["expiresIn"], 0)
        key = self.unwrap(answer["content"]["secretKey"])
        self.assertEqual(len(key), 32)
        return key

    def open_page(self, **parameters):
        """The page as saved, its cookies and its handle."""
        jar = os.path.join(self.scratch.name, uuid.uuid4().hex)
        page = os.path.join(self.scratch.name, "page.html")
        query = urllib.parse.urlencode({
            "clientID": self.me["client"], "responseType": "code", "source": "PC_Browser",
            "redirectURI": self.me["redirect_uri"], "state": "s-1", "lang": "en-US", **parameters})
        run("curl", "-sf", "-c", jar, "-o", page, f"{self.api}/auth/getQR?{query}")
        with open(page, encoding="utf-8") as file:
            handle = re.search('data-handle="([A-Z2-7]{26})"', file.read())[1]
        return page, jar, handle

    def sent_to(self, jar, handle):
        """Parameters of the address that the page goes to."""
        told = json.loads(run("curl", "-sf", "-b", jar,
                              f"{self.api}/auth/qr/wait?handle={handle}&scanned=1"))
        self.assertEqual(told["state"], "done", told)
        redirect = urllib.parse.urlparse(told["redirect"])
        self.assertEqual(redirect._replace(query="").geturl(), self.me["redirect_uri"])
        return dict(urllib.parse.parse_qsl(redirect.query))

    def log_in(self, key):
        page, jar, handle = self.open_page(scope="eidapi_auth eidapi_sign")
        self.tool("phone", "scan", page)
        self.tool("phone", "approve")
        values = self.sent_to(jar, handle)
        self.assertEqual(values["state"], "s-1")
        return values["code"]

    def sealed(self, key, path, content):
        """Code and decrypted content of a call under the key."""
        answer = self.post(path, json.dumps({"content": encrypt(key, content)}))
        return answer["code"], decrypt(key, answer["content"]) if "content" in answer else None

    def token(self, key, code):
        body = {"code": code, "grantType": "authorization_code"}
        answer = self.post("/auth/getToken", json.dumps({"content": encrypt(key, body)}))
        return answer, decrypt(key, answer["content"]) if answer["code"] == "D00000" else None

    def test_login(self):
        key = self.content_key()
        self.assertEqual(self.content_key(), key, "the same key while it is valid")
        code = self.log_in(key)
        self.assertRegex(code, "^[0-9a-f]{32}$")
        answer, token = self.token(key, code)
        self.assertEqual(answer["message"], "SUCCESS", answer)
        self.assertRegex(answer["txID"], "^<T=[0-9A-Fa-f]{32}>$")
        self.assertEqual((token["tokenType"], token["userType"]), ("Bearer", "sign"))
        self.assertEqual(set(token["scope"].split()), {"eidapi_auth", "eidapi_sign"})
        self.assertEqual(len(base64.b64decode(urllib.parse.unquote(token["openID"]))), 32)
        self.assertEqual(self.token(key, code)[0]["code"], "D40004", "a code is good once")

    def redrawn(self, handle, key, step):
        """What the page's script draws: TOTP of RFC 6238, counted from the page."""
        mac = run("openssl", "dgst", "-sha256", "-binary", "-mac", "HMAC", "-macopt",
                  "hexkey:" + key, stdin=step.to_bytes(8, "big"))
        at = mac[-1] & 15
        number = (int.from_bytes(mac[at:at + 4], "big") & 0x7fffffff) % 10**8
        return f"{handle}.{step:03}.{number:08}"

    def scan_refused(self, text):
        done = subprocess.run([CHOPMARK, "--json", "phone", "--ports", str(self.base), "--data",
                               self.data, "scan", text], capture_output=True, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        return json.loads(done.stdout)["reason"]

    def test_logs_in_by_a_redrawn_code(self):
        key = self.content_key()
        page, jar, handle = self.open_page(scope="eidapi_auth")
        opened_at = time.monotonic()
        with open(page, encoding="utf-8") as file:
            page_key = re.search('data-key="([0-9a-f]{64})"', file.read())[1]
        text = self.redrawn(handle, page_key, 0)
        self.assertEqual(self.scan_refused(self.redrawn(handle, page_key, 9)),
                         "login.qr_code_wrong", "a step that the page has not reached")
        time.sleep(max(0, opened_at + 10.2 - time.monotonic()))
        self.assertEqual(self.scan_refused(text), "login.qr_code_old")
        self.tool("phone", "scan", self.redrawn(handle, page_key, 3))
        self.tool("phone", "approve")
        answer, _ = self.token(key, self.sent_to(jar, handle)["code"])
        self.assertEqual(answer["message"], "SUCCESS", answer)

    def test_refuses_what_is_forged_or_repeated(self):
        nonce = str(uuid.uuid4())
        self.assertEqual(self.post("/security/getKey", "", nonce)["code"], "D00000")
        self.assertEqual(self.post("/security/getKey", "", nonce)["code"], "D20004")
        forged = self.post("/security/getKey", "", spoil="x")
        self.assertEqual(forged["code"], "D20006")
        self.assertEqual(forged["message"].lower(), "signature verification failed")

    def test_signs_a_hash_and_calls_back(self):
        key = self.content_key()
        token = self.token(key, self.log_in(key))[1]
        document = os.urandom(1000)
        digest = run("openssl", "dgst", "-sha256", "-binary", stdin=document)
        business = uuid.uuid4().hex
        request = {"businessID": business, "accessToken": token["accessToken"],
                   "openID": token["openID"], "source": "PC_Browser",
                   "redirectURI": self.me["callback_uri"], "state": "s-2",
                   "hashCode": base64.b64encode(digest).decode(), "sigAlgo": "SHA256withRSA",
                   "department": "Works", "serviceName": "Permits", "documentName": "Permit 1"}
        before = len(Receiver.bodies)
        asked = self.post("/account/signing/initiateRequest",
                          json.dumps({"content": encrypt(key, request)}))
        self.assertEqual(asked["code"], "D00000", asked)
        waiting = self.tool("phone", "requests")
        items = waiting if isinstance(waiting, list) else waiting.get("items", waiting.get("requests"))
        self.sign(items[0]["request"])
        until = time.monotonic() + 20
        while len(Receiver.bodies) == before and time.monotonic() < until:
            time.sleep(0.1)
        callback = Receiver.bodies[before]
        self.assertEqual(callback["code"], "D00000", callback)
        content = decrypt(self.unwrap(callback["secretKey"]), callback["content"])
        self.assertEqual((content["businessID"], content["state"]), (business, "s-2"))
        self.verify(content, document)
        self.sees_what_became_of(key, business)

    def log_in_typing(self, key, scope):
        """Where the scope is sensitive, the number that the page shows is typed."""
        page, jar, handle = self.open_page(scope=scope)
        with open(page, encoding="utf-8") as file:
            number = re.search('<p class="number">([0-9]{2})</p>', file.read())[1]
        self.tool("phone", "scan", page)
        self.tool("phone", "approve", "--number", number)
        return self.token(key, self.sent_to(jar, handle)["code"])[1]

    def status(self, key, business):
        code, told = self.sealed(key, "/bdss/enquireStatus", {"businessID": business})
        self.assertEqual(code, "D00000")
        return told["signingStatus"]

    def bulk_callbacks(self, first):
        """Metadata and signatures of each; those that came twice are alike."""
        for callback in Receiver.bodies[first:]:
            envelope = json.loads(callback["metadata"])
            self.assertEqual(envelope["code"], "D00000")
            under = self.unwrap(envelope["secretKey"])
            yield decrypt(under, envelope["content"]), decrypt(under, callback["signatureFile"])

    def bulk_request(self, business, documents):
        return {"businessID": business, "source": "PC_Browser", "state": "s-7",
                "redirectURI": self.me["callback_uri"], "department": "Works",
                "serviceName": "Permits", "maxCallbackSigs": 120, "documents": [
                    {"documentID": name, "documentName": f"Permit {name}",
                     "hashCode": base64.b64encode(hashlib.sha256(body).digest()).decode()}
                    for name, body in documents.items()]}

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()
        self.start()

    def receives_all(self, first, business, documents):
        """Three callbacks, and in them a good signature over each document once."""
        seen = {}
        until = time.monotonic() + 60
        while set(seen) != {1, 2, 3} and time.monotonic() < until:
            time.sleep(0.1)
            seen = {told["callbackSeq"]: (told, file) for told, file in self.bulk_callbacks(first)}
        left = dict(documents)
        for told, file in seen.values():
            self.assertEqual((told["businessID"], told["state"], told["callbackTotal"]),
                             (business, "s-7", 3))
            for one in file["signatures"]:
                self.verify({"cert": told["cert"], "signature": one["signature"]},
                            left.pop(one["documentID"]))
        self.assertEqual(left, {}, "each of them once")

    def test_signs_many_documents_under_one_approval(self):
        key = self.content_key()
        token = self.log_in_typing(key, "eidapi_auth eidapi_bulksign")
        documents = {f"D{i}": os.urandom(200) for i in range(250)}
        business = uuid.uuid4().hex
        request = {**self.bulk_request(business, documents), "accessToken": token["accessToken"],
                   "openID": token["openID"]}
        self.assertEqual(self.status(key, business), "SS006")
        code, asked = self.sealed(key, "/bdss/initiateRequest", request)
        self.assertEqual((code, asked["authByQR"]), ("D00000", True))
        self.assertEqual(self.status(key, business), "SS001")
        before = len(Receiver.bodies)
        self.sign(self.tool("phone", "requests")["items"][0]["request"])
        # The process dies on the way; whoever comes after it signs the rest, each part once.
        self.assertIn(self.status(key, business), ("SS002", "SS003"))
        self.kill()
        self.receives_all(before, business, documents)
        self.assertEqual(self.status(key, business), "SS003")
        code, _ = self.sealed(key, "/bdss/ackResult",
                              {"businessID": business, "signingResult": "SR001"})
        self.assertEqual(code, "D00000")

    def own(self, key, path, business):
        answer = self.post(path, json.dumps({"content": encrypt(key, {"businessID": business})}))
        self.assertEqual(answer["code"], "D00000", answer)
        return decrypt(key, answer["content"])

    def sees_what_became_of(self, key, business):
        """The platform's own calls, beside those of the wire."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            told = self.own(key, "/transaction", business)
            if told["callback"]["state"] == "delivered":
                break
            time.sleep(0.2)
        self.assertEqual((told["subject"], told["answer"]), ("signing", "granted"))
        self.assertEqual((told["callback"]["state"], told["callback"]["attempts"],
                          told["callback"]["lastStatus"]), ("delivered", 1, 200))
        again = self.own(key, "/callback/replay", business)
        self.assertEqual((again["delivered"], again["status"]), (True, 200))
        body = Receiver.bodies[-1]
        content = decrypt(self.unwrap(body["secretKey"]), body["content"])
        self.assertEqual(content["businessID"], business)
        self.look_at_transactions(key, business)
        seen = self.post("/service", "")["content"]
        self.assertEqual((seen["clientID"], seen["standing"]), (self.me["client"], "production"))
        codes = self.post("/errors", "")["content"]["codes"]
        self.assertTrue(set(codes) <= {"D20004", "D20006", "D40004"}, codes)

    def look_at_transactions(self, key, business):
        """The list, and what an operator sees of it and sends once more."""
        code, listed = self.sealed(key, "/transactions", {"subject": "signing", "limit": 1})
        self.assertEqual(code, "D00000")
        newest = listed["transactions"][0]
        self.assertEqual((newest["businessID"], newest["answer"], newest["code"],
                          newest["callback"]["state"]),
                         (business, "granted", "D00000", "delivered"))
        one = (self.me["client"], newest["transactionID"])
        seen = self.tool("admin", "rp", "transaction", *one)
        self.assertEqual([(made["status"], made["replay"]) for made in seen["sending"]["attempts"]],
                         [(200, False), (200, True)])
        bodies = len(Receiver.bodies)
        again = self.tool("admin", "rp", "replay", *one)
        self.assertEqual((again["delivered"], again["status"]), (True, 200))
        self.assertEqual(len(Receiver.bodies), bodies + 1)
        self.assertEqual(self.tool("admin", "rp", "callbacks", self.me["client"])["items"], [])
        found = self.tool("admin", "rp", "transactions", self.me["client"], "--standing", "granted",
                          "--subject", "signing")["items"]
        self.assertEqual(found[0]["transaction"], newest["transactionID"])

    def test_fills_a_form_of_somebody_unknown(self):
        key = self.content_key()
        business = uuid.uuid4().hex
        code, asked = self.sealed(key, "/anonymous/eme/initiateRequest", {
            "businessID": business, "source": "PC_Browser", "state": "s-3",
            "redirectURI": self.me["redirect_uri"], "formName": "Library card",
            "profileFields": ["enName", "birthDate"], "eMEFields": []})
        self.assertEqual(code, "D00000")
        self.assertEqual((asked["businessID"], asked["authByQR"]), (business, False))
        page, jar, handle = self.open_page(scope="eidapi_formFilling", ticketID=asked["ticketID"])
        scanned = self.tool("phone", "scan", page)
        self.tool("phone", "grant", scanned["request"])
        values = self.sent_to(jar, handle)
        self.assertEqual((values["state"], values["businessID"]), ("s-1", business))
        token = self.token(key, values["code"])[1]
        self.assertEqual(token["scope"], "eidapi_formFilling")
        code, result = self.sealed(key, "/anonymous/eme/getResult", {
            "businessID": business, "accessToken": token["accessToken"],
            "openID": token["openID"]})
        self.assertEqual(code, "D00000")
        self.assertEqual((result["businessID"], result["state"]), (business, "s-3"))
        self.assertEqual(result["enName"], {"UnstructuredName": self.card()["english_name"]})
        self.assertRegex(result["birthDate"], "^[0-9]{8}$")
        self.assertNotIn("idNo", result)

    def card(self):
        with open(os.path.join(self.data, "sandbox", "clients", "me.json")) as file:
            return json.load(file)["card"]

    def test_has_a_hash_signed_by_whose_card_it_names(self):
        key = self.content_key()
        document = os.urandom(1000)
        number = re.sub("[^A-Z0-9]", "", self.card()["number"])[:-1]
        request = {
            "businessID": uuid.uuid4().hex, "source": "PC_Browser", "state": "s-4",
            "hashCode": base64.b64encode(
                run("openssl", "dgst", "-sha256", "-binary", stdin=document)).decode(),
            "HKICHash": base64.b64encode(
                run("openssl", "dgst", "-sha256", "-binary", stdin=number.encode())).decode(),
            "documentName": "Permit 2"}
        code, asked = self.sealed(key, "/anonymous/signing/initiateRequest", request)
        self.assertEqual(code, "D00000")
        page, jar, handle = self.open_page(scope="eidapi_sign", ticketID=asked["ticketID"])
        self.sign(self.tool("phone", "scan", page)["request"])
        token = self.token(key, self.sent_to(jar, handle)["code"])[1]
        code, result = self.sealed(key, "/anonymous/signing/getResult", {
            "businessID": request["businessID"], "accessToken": token["accessToken"],
            "openID": token["openID"]})
        self.assertEqual(code, "D00000")
        self.verify(result, document)
        other = dict(request, businessID=uuid.uuid4().hex, HKICHash=base64.b64encode(
            run("openssl", "dgst", "-sha256", "-binary", stdin=b"B654321")).decode())
        code, asked = self.sealed(key, "/anonymous/signing/initiateRequest", other)
        page, jar, handle = self.open_page(scope="eidapi_sign", ticketID=asked["ticketID"])
        with self.assertRaises(AssertionError):
            self.tool("phone", "scan", page)
        self.assertEqual(self.sent_to(jar, handle)["error_code"], "D70005")

    def test_has_many_documents_signed_by_whose_card_it_names(self):
        key = self.content_key()
        documents = {f"D{i}": os.urandom(200) for i in range(250)}
        number = re.sub("[^A-Z0-9]", "", self.card()["number"])[:-1]
        business = uuid.uuid4().hex
        request = {**self.bulk_request(business, documents), "HKICHash": base64.b64encode(
            hashlib.sha256(number.encode()).digest()).decode()}
        code, asked = self.sealed(key, "/anonymous/bdss/initiateRequest", request)
        self.assertEqual((code, asked["authByQR"]), ("D00000", False))
        # What is listed for nobody yet outlives the process that took it.
        self.kill()
        page, jar, handle = self.open_page(scope="eidapi_bulksign", ticketID=asked["ticketID"])
        with open(page, encoding="utf-8") as file:
            typed = re.search('<p class="number">([0-9]{2})</p>', file.read())[1]
        before = len(Receiver.bodies)
        self.sign(self.tool("phone", "scan", page, "--number", typed)["request"])
        token = self.token(key, self.sent_to(jar, handle)["code"])[1]
        self.receives_all(before, business, documents)
        got = {}
        for sequence in (1, 2, 3):
            code, result = self.sealed(key, "/anonymous/bdss/getResult", {
                "businessID": business, "accessToken": token["accessToken"],
                "openID": token["openID"], "callbackSeq": sequence})
            self.assertEqual((code, result["signingStatus"]), ("D00000", "SS003"))
            got.update({one["documentID"]: one["signature"] for one in result["signatures"]})
        self.assertEqual(set(got), set(documents))

    def link(self, **parameters):
        return "hk.gov.iamsmart.testapp://v2_cauth?" + urllib.parse.urlencode(
            {"clientID": self.me["client"], **parameters})

    def test_is_asked_by_another_app_on_the_phone(self):
        key = self.content_key()
        self.tool("phone", "open", self.link(
            source="App_Link", scope="eidapi_auth eidapi_formFilling", state="s-5",
            clientRedirectURI=self.me["redirect_uri"]))
        back = urllib.parse.urlparse(self.tool("phone", "approve")["redirect"])
        values = dict(urllib.parse.parse_qsl(back.query))
        self.assertEqual(values["state"], "s-5")
        token = self.token(key, values["code"])[1]
        content = {"businessID": uuid.uuid4().hex, "accessToken": token["accessToken"],
                   "openID": token["openID"], "source": "App_Link", "state": "s-6",
                   "serverRedirectURI": self.me["callback_uri"],
                   "clientRedirectURI": self.me["redirect_uri"], "formName": "A form",
                   "profileFields": ["enName"], "eMEFields": []}
        code, asked = self.sealed(key, "/api/appv1/account/eme/initiateRequest", content)
        self.assertEqual((code, asked["authByQR"]), ("D00000", False))
        before = len(Receiver.bodies)
        opened = self.tool("phone", "open", self.link(ticketID=asked["ticketID"]))
        self.tool("phone", "grant", opened["request"])
        until = time.monotonic() + 20
        while len(Receiver.bodies) == before and time.monotonic() < until:
            time.sleep(0.1)
        callback = Receiver.bodies[before]
        told = decrypt(self.unwrap(callback["secretKey"]), callback["content"])
        self.assertEqual((told["businessID"], told["state"]), (content["businessID"], "s-6"))

    def sign(self, request):
        """The certificate is issued a moment after the registration."""
        until = time.monotonic() + 20
        while True:
            try:
                return self.tool("phone", "sign", request)
            except AssertionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def verify(self, content, document):
        certificate = os.path.join(self.scratch.name, "cert.der")
        signature = os.path.join(self.scratch.name, "signature")
        public = os.path.join(self.scratch.name, "public.pem")
        for name, text in ((certificate, content["cert"]), (signature, content["signature"])):
            with open(name, "wb") as file:
                file.write(base64.b64decode(text))
        with open(public, "wb") as file:
            file.write(run("openssl", "x509", "-in", certificate, "-inform", "DER", "-pubkey",
                           "-noout"))
        out = run("openssl", "dgst", "-sha256", "-verify", public, "-signature", signature,
                  stdin=document)
        self.assertEqual(out.strip(), b"Verified OK")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
