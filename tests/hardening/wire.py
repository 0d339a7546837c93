"""Bytes to a server and the answers that come back, read as strictly as RFC 9112 permits: what is
no well-formed answer, or stands behind the last one, is a fault."""

import dataclasses
import re
import socket
import ssl
import time

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [ -~]*")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~]*?)[ \t]*")


class Malformed(Exception):
    pass


@dataclasses.dataclass
class Answer:
    status: int
    fields: dict
    body: bytes

    @property
    def closes(self):
        return self.fields.get("connection", "").lower() == "close"


def read_chunks(data, at):
    body = b""
    while True:
        line_end = data.find(b"\r\n", at)
        if line_end < 0 or not re.fullmatch(rb"[0-9a-fA-F]+", data[at:line_end]):
            raise Malformed("a chunk's size")
        size = int(data[at:line_end], 16)
        at = line_end + 2
        if data[at + size:at + size + 2] != b"\r\n":
            raise Malformed("a chunk's end")
        body += data[at:at + size]
        at += size + 2
        if size == 0:
            return body, at


def read_answer(data, at, to_head):
    head_end = data.find(b"\r\n\r\n", at)
    if head_end < 0:
        raise Malformed(f"no whole answer in {data[at:at + 200]!r}")
    lines = data[at:head_end].split(b"\r\n")
    status = STATUS_LINE.fullmatch(lines[0])
    if not status:
        raise Malformed(f"status line {lines[0]!r}")
    fields = {}
    for line in lines[1:]:
        field = FIELD_LINE.fullmatch(line)
        if not field:
            raise Malformed(f"field {line!r}")
        name = field[1].decode().lower()
        if name in fields and name != "set-cookie":
            raise Malformed(f"{name} twice")
        fields[name] = field[2].decode()
    code = int(status[1])
    at = head_end + 4
    if code == 100:
        return Answer(code, fields, b""), at
    if "date" not in fields:
        raise Malformed("no Date")
    if ("content-length" in fields) == ("transfer-encoding" in fields) and code not in (204, 304):
        raise Malformed("how long is the answer?")
    if to_head or code in (204, 304):
        return Answer(code, fields, b""), at
    if "transfer-encoding" in fields:
        body, at = read_chunks(data, at)
        return Answer(code, fields, body), at
    size = int(fields["content-length"])
    if len(data) < at + size:
        raise Malformed(f"{len(data) - at} bytes of {size}")
    return Answer(code, fields, data[at:at + size]), at + size


def read_answers(data, heads=()):
    """All answers; `heads`: the places of those that belong to HEAD."""
    answers, at, final = [], 0, 0
    while at < len(data):
        answer, at = read_answer(data, at, final in heads)
        final += answer.status != 100
        answers.append(answer)
    for answer in answers[:-1]:
        if answer.closes:
            raise Malformed("an answer behind the one that closes")
    return answers


class Connection:
    """One client's connection; `ends`: the server closed it, orderly or not."""

    def __init__(self, port, tls=None, patience=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)
        self.patience = patience
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data, piece=None, pause=0.0):
        """In pieces of so many bytes. False: the server no longer takes them."""
        try:
            for at in range(0, len(data), piece or max(len(data), 1)):
                self.socket.sendall(data[at:at + piece] if piece else data)
                if pause:
                    time.sleep(pause)
            return True
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError, ssl.SSLEOFError):
            return False

    def finish_sending(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def receive(self, until=None):
        """Bytes until the server closes, or until `until` has come."""
        data = b""
        deadline = time.monotonic() + self.patience
        while until is None or until not in data:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                got = self.socket.recv(65536)
            except (ConnectionResetError, ssl.SSLError) as error:
                if isinstance(error, TimeoutError):
                    raise
                got = b""
            if not got:
                self.ended = True
                break
            data += got
        return data


def ask(port, data, piece=None, tls=None, half_close=False, patience=10.0):
    """What comes back until the server closes. TimeoutError: it neither answers to the end nor
    closes."""
    with Connection(port, tls, patience) as connection:
        connection.send(data, piece)
        if half_close:
            connection.finish_sending()
        return connection.receive()
