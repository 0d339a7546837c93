"""What a relying party's side needs of the wire, by openssl and Python's own libraries alone: content
under AES-256-GCM, and a receiver of callbacks.

GCM is put together here from AES-ECB and AES-CTR of openssl (NIST SP 800-38D), because its command
line offers no authenticated modes."""

import base64
import email.parser
import email.policy
import http.server
import json
import os
import subprocess


def run(*command, stdin=b""):
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} {command[1]}: {done.stderr.decode()}{done.stdout.decode()}")
    return done.stdout


def gcm_multiply(x, y):
    z = 0
    for bit in range(127, -1, -1):
        if (x >> bit) & 1:
            z ^= y
        y = (y >> 1) ^ (0xE1 << 120 if y & 1 else 0)
    return z


def gcm(key, iv, data, decrypting):
    """The other text, and the tag over the ciphertext."""
    def ecb(block):
        return run("openssl", "enc", "-aes-256-ecb", "-nopad", "-K", key.hex(), stdin=block)
    counter = iv + (2).to_bytes(4, "big")
    other = run("openssl", "enc", "-aes-256-ctr", "-K", key.hex(), "-iv", counter.hex(), stdin=data)
    ciphertext = data if decrypting else other
    padded = ciphertext + bytes(-len(ciphertext) % 16) + (8 * len(ciphertext)).to_bytes(16, "big")
    h = int.from_bytes(ecb(bytes(16)), "big")
    y = 0
    for i in range(0, len(padded), 16):
        y = gcm_multiply(y ^ int.from_bytes(padded[i:i + 16], "big"), h)
    mask = int.from_bytes(ecb(iv + (1).to_bytes(4, "big")), "big")
    return other, (y ^ mask).to_bytes(16, "big")


def encrypt(key, content):
    iv = os.urandom(12)
    ciphertext, tag = gcm(key, iv, json.dumps(content).encode(), False)
    return base64.b64encode(b"\x00\x00\x00\x0c" + iv + ciphertext + tag).decode()


def decrypt(key, text):
    sealed = base64.b64decode(text, validate=True)
    assert sealed[:4] == b"\x00\x00\x00\x0c", "12 bytes of IV"
    plain, tag = gcm(key, sealed[4:16], sealed[16:-16], True)
    assert tag == sealed[-16:], "the tag"
    return json.loads(plain)


class Receiver(http.server.BaseHTTPRequestHandler):
    bodies = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        form = kind.startswith("multipart/form-data")
        Receiver.bodies.append(self.form(kind, body) if form else json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @staticmethod
    def form(kind, body):
        """The parts by name, as Python's own reader of MIME sees them."""
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        whole = parser.parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        return {part.get_param("name", header="content-disposition"):
                part.get_payload(decode=True).decode() for part in whole.iter_parts()}

    def log_message(self, *_):
        pass
