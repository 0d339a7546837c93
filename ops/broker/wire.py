"""The few Kafka requests a rig needs, spoken over a plain socket: is it ready, make a topic.

A TCP connect shows nothing: a broker listens before it serves. Metadata (version 4) says whom it
knows as alive, InitProducerId (version 0) whether it reaches the controller and will take an
idempotent producer at once. The layouts are those of Kafka's protocol guide before flexible
versions: big-endian integers, 16-bit lengths of strings, 32-bit counts of arrays.
"""

import socket
import struct

METADATA, METADATA_VERSION = 3, 4
INIT_PRODUCER_ID, INIT_PRODUCER_ID_VERSION = 22, 0
CREATE_TOPICS, CREATE_TOPICS_VERSION = 19, 4
CORRELATION = 1
MOST_ANSWER_BYTES = 16 << 20
NO_TRANSACTION = struct.pack(">hi", -1, 60000)
EVERY_TOPIC_CREATE_NONE = struct.pack(">i?", -1, False)


class Malformed(Exception):
    """The other side answered, and not as a Kafka broker does."""


class Reader:
    """Takes values off the front of an answer; running out of bytes is Malformed."""

    def __init__(self, data):
        self._data = data
        self._at = 0

    def take(self, form):
        size = struct.calcsize(form)
        return struct.unpack(form, self._bytes(size))[0]

    def text(self):
        """A string, or None where the protocol allows null."""
        size = self.take(">h")
        return None if size < 0 else self._bytes(size).decode(errors="replace")

    def array(self, read):
        return [read() for _ in range(max(0, self.take(">i")))]

    def _bytes(self, size):
        taken = self._data[self._at:self._at + size]
        if len(taken) != size:
            raise Malformed("the answer ends early")
        self._at += size
        return taken


def frame(api, version, body):
    """A request as sent: size, header version 1, body."""
    client = b"chopmark-rig"
    header = struct.pack(f">hhih{len(client)}s", api, version, CORRELATION, len(client), client)
    return struct.pack(">i", len(header) + len(body)) + header + body


def ask(address, api, version, body, seconds):
    """The answer's body, or OSError while nobody answers in time."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), seconds) as connection:
        connection.settimeout(seconds)
        connection.sendall(frame(api, version, body))
        size = struct.unpack(">i", _exactly(connection, 4))[0]
        if not 4 <= size <= MOST_ANSWER_BYTES:
            raise Malformed(f"an answer of {size} bytes")
        answer = Reader(_exactly(connection, size))
    if answer.take(">i") != CORRELATION:
        raise Malformed("the answer to another request")
    return answer


def _exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("closed before the answer was whole")
        data += more
    return data


def read_metadata(answer):
    """What a Metadata answer says: cluster id, brokers by id, controller, topics."""
    answer.take(">i")  # throttle time

    def broker():
        node, host, port = answer.take(">i"), answer.text(), answer.take(">i")
        answer.text()  # rack
        return node, f"{host}:{port}"

    def partition():
        answer.take(">h")  # an error here is a leader that is missing, which the leader shows
        return {"partition": answer.take(">i"), "leader": answer.take(">i"),
                "replicas": answer.array(lambda: answer.take(">i")),
                "in_sync": sorted(answer.array(lambda: answer.take(">i")))}

    def topic():
        answer.take(">h")
        name, internal = answer.text(), answer.take(">?")
        return {"topic": name, "internal": internal,
                "partitions": sorted(answer.array(partition), key=lambda p: p["partition"])}

    brokers = dict(answer.array(broker))
    return {"cluster_id": answer.text(), "controller": answer.take(">i"), "brokers": brokers,
            "topics": sorted(answer.array(topic), key=lambda t: t["topic"])}


def metadata(address, seconds=1.0):
    return read_metadata(
        ask(address, METADATA, METADATA_VERSION, EVERY_TOPIC_CREATE_NONE, seconds))


def producer_error(address, seconds=1.0):
    """The error code that a new idempotent producer would meet; 0 is none."""
    answer = ask(address, INIT_PRODUCER_ID, INIT_PRODUCER_ID_VERSION, NO_TRANSACTION, seconds)
    answer.take(">i")  # throttle time
    return answer.take(">h")


def create_topic(address, name, partitions, replication, settings, seconds=30.0):
    """Makes a topic; what the broker objects to, or an empty string."""
    body = struct.pack(">i", 1) + _text(name) + struct.pack(">ihi", partitions, replication, 0)
    body += struct.pack(">i", len(settings))
    body += b"".join(_text(key) + _text(value) for key, value in settings.items())
    body += struct.pack(">i?", int(seconds * 1000), False)
    answer = ask(address, CREATE_TOPICS, CREATE_TOPICS_VERSION, body, seconds)
    answer.take(">i")  # throttle time

    def result():
        answer.text()
        error, said = answer.take(">h"), answer.text()
        return f"{said or 'refused'} (error {error})" if error else ""

    return "; ".join(filter(None, answer.array(result)))


def _text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data
