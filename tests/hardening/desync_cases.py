"""What has desynchronised servers before, as bytes and what ours is to make of them. Sources: RFC
9110 and 9112; PortSwigger's HTTP Desync Attacks (2019), Browser-Powered Desync Attacks (2022) and
HTTP/1.1 Must Die (2025); Smuggler's exhaustive list of header mutations; Funky Chunks (2025); the
HTTP Garden's table of differences between servers; the families of Http11Probe.

A case is sent with a canary behind it, a request that wants the connection closed. Where RFC 9112
leaves a choice between repairing and refusing, this front refuses."""

import dataclasses

CANARY = b"GET /health/live HTTP/1.1\r\nHost: canary\r\nConnection: close\r\n\r\n"
# What an attacker wants to be taken for a request of its own: nothing lives there, so its answer
# would be 404.
HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"
BAD = frozenset({400})
FRAMING = frozenset({400, 501})

GET = b"GET /health/live HTTP/1.1\r\n"
GET_HOST = GET + b"Host: a\r\n"
POST = b"POST /app/v1/challenge HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = b"{}"
LAST = b"0\r\n\r\n"


@dataclasses.dataclass(frozen=True)
class Case:
    """`answers`: the statuses of the answers in front of the canary's, if it is served; else the
    one refusal may have any of `refused`, and the connection closes without another byte.
    `either`: both will do, as long as nothing hidden is answered. `to_head`: the first answer has
    no body."""
    family: str
    name: str
    data: bytes
    answers: tuple = ()
    refused: frozenset = frozenset()
    either: bool = False
    to_head: bool = False


def quoted(data):
    return repr(data)[2:-1]


def refuse(family, data, statuses=BAD, name=None):
    return Case(family, name or quoted(data[-60:]), data, refused=frozenset(statuses))


def serve(family, data, *answers, name=None):
    return Case(family, name or quoted(data[-60:]), data, answers=answers or (200,))


# ---- one message, two lengths --------------------------------------------------------------------

def both_lengths():
    """CL.TE, TE.CL, TE.TE: whatever stands in Transfer-Encoding beside a Content-Length."""
    hidden = LAST + HIDDEN
    length = b"Content-Length: %d\r\n"
    for value in (b"chunked", b" chunked", b"\tchunked", b"chunked ", b"chunked\t", b"CHUNKED",
                  b"cHuNkeD", b"chunked, chunked", b"chunked,", b",chunked", b"chunked, identity",
                  b"identity, chunked", b"identity", b"gzip, chunked", b"chunked, gzip", b"cow",
                  b"chunked, cow", b"cow, chunked", b"cow chunked bar", b"\"chunked\"",
                  b"'chunked'", b"chunk", b"xchunked", b"x-chunked", b"chunkedx", b"chunked;a=b",
                  b"chunked;q=0.5", b"chunked\xa0", b"\xffchunked", b"ch\x96nked",
                  b"\xef\xbb\xbfchunked", b"", b"chu nked", b"chunked\\", b"[chunked]", b"0",
                  b"chunked\x00", b"\x0bchunked", b"chunked\x0c"):
        field = b"Transfer-Encoding:" + value + b"\r\n"
        for size in (len(BODY), 4, len(hidden)):
            yield refuse("both lengths", POST + length % size + field + b"\r\n" + hidden, FRAMING)
        yield refuse("both lengths", POST + field + length % len(hidden) + b"\r\n" + hidden,
                     FRAMING)
    for first, second in ((b"chunked", b"identity"), (b"identity", b"chunked"),
                          (b"cow", b"chunked"), (b"chunked", b"cow"), (b"chunked", b"chunked"),
                          (b"", b"chunked"), (b"chunked", b"")):
        fields = b"Transfer-Encoding: " + first + b"\r\nTransfer-Encoding: " + second + b"\r\n"
        yield refuse("two codings", POST + fields + b"\r\n" + hidden, FRAMING)
        yield refuse("two codings", POST + length % 4 + fields + b"\r\n" + hidden, FRAMING)
        folded = b"transfer-encoding: " + first + b"\r\nTRANSFER-ENCODING: " + second + b"\r\n"
        yield refuse("two codings", POST + folded + b"\r\n" + hidden, FRAMING)


def mutated_names():
    """Smuggler's list: a byte before, in, behind the name and the value, and two fields joined."""
    coding = b"Transfer-Encoding"
    # A byte that may stand in a name or a value makes another field or coding, not a fault.
    in_names = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for code in range(256):
        byte = bytes([code])
        with_length = POST + b"Content-Length: 2\r\n"
        tail = b"\r\n\r\n" + BODY
        if byte not in in_names and byte != b":":
            yield refuse("byte before the name", with_length + byte + coding + b": chunked" + tail)
            yield refuse("byte behind the name", with_length + coding + byte + b": chunked" + tail)
            yield refuse("byte in the name", with_length + b"Transfer" + byte
                         + b"Encoding: chunked" + tail)
        elif byte != b":":
            yield serve("another name", with_length + byte + coding + b": chunked" + tail)
            yield serve("another name", with_length + coding + byte + b": chunked" + tail)
        yield refuse("byte before the value", with_length + coding + b":" + byte + b"chunked"
                     + tail,
                     FRAMING)
        yield refuse("byte behind the value", with_length + coding + b": chunked" + byte + tail,
                     FRAMING)
        yield refuse("byte in the value", with_length + coding + b": chun" + byte + b"ked" + tail,
                     FRAMING)
        joined = with_length + b"X: X" + byte + coding + b": chunked" + tail
        if code in (9,) or 32 <= code != 127:
            yield serve("a field in a value", joined)
        elif code != 10:
            yield refuse("a field in a value", joined)
        else:
            yield refuse("a bare LF between fields", joined)
        yield refuse("coding, byte, field", with_length + coding + b": chunked" + byte + b"X: X"
                     + tail,
                     FRAMING)
    for name in (b"Transfer Encoding", b"Transfer\r-Encoding", b"Content Length",
                 b"Content-Length ", b"Content-Length\t", b"Content\x00-Length", b" Content-Length",
                 b"\tContent-Length"):
        yield refuse("name", POST + name + b": 2\r\n\r\n" + BODY)
    for name in (b"Content_Length", b"Transfer_Encoding", b"Content-Encoding", b"TE",
                 b"X-Content-Length"):
        yield serve("name", POST + b"Content-Length: 2\r\n" + name + b": chunked\r\n\r\n" + BODY)


def lengths():
    for value in (b"1, 2", b"2, 2", b"2,", b",2", b"2 2", b"2;", b"2 ;a", b"+2", b"-2", b"-0",
                  b"--2", b"0x2", b"0X2", b"2h", b"0b10", b"0o2", b"2.0", b"2e0", b"1_0", b"0_2",
                  b"", b" ", b"two", b"\"2\"", b"'2'", b"2\x00", b"\x002", b"2\x0b", b"\x0c2",
                  b"\xd9\xa2", b"\xef\xbc\x92", b"2\xa0", b"NaN", b"Infinity", b"4294967298",
                  b"18446744073709551618", b"9223372036854775808", b"18446744073709551616",
                  b"-18446744073709551614", b"99999999999999999999999999", b"9" * 1000, b"2\rX: y",
                  b"2\nX: y", b"$2", b"2%", b"2\\", b"/2", b":2", b"2:"):
        statuses = {400, 413} if value == b"4294967298" else BAD
        yield refuse("length", POST + b"Content-Length: " + value + b"\r\n\r\n" + BODY, statuses)
        yield refuse("length of a GET", GET_HOST + b"Content-Length: " + value + b"\r\n\r\n"
                     + HIDDEN,
                     {400, 413})
    for value in (b"2", b" 2", b"\t2", b"2 ", b"2\t", b"02", b"002", b"0000000000002"):
        yield serve("length", POST + b"Content-Length:" + value + b"\r\n\r\n" + BODY)
    for first, second in ((b"2", b"2"), (b"2", b"3"), (b"0", b"2"), (b"2", b"0"), (b"2", b""),
                          (b"", b"2"), (b"2", b"02"), (b"2", b"x"), (b"2", b"9" * 30)):
        for other in (b"Content-Length", b"content-length", b"CONTENT-LENGTH"):
            fields = b"Content-Length: " + first + b"\r\nX: y\r\n" + other + b": " + second
            yield refuse("two lengths", POST + fields + b"\r\n\r\n" + BODY)


def bodies_nobody_wanted():
    """CL.0, TE.0, 0.CL: routes that answer before, or without, reading the body."""
    inner = HIDDEN + HIDDEN
    chunked = b"%x\r\n" % len(inner) + inner + b"\r\n" + LAST
    for line in (b"GET /health/live", b"HEAD /health/live", b"POST /health/live",
                 b"DELETE /health/live", b"OPTIONS /health/live", b"OPTIONS *", b"POST /nowhere",
                 b"GET /nowhere", b"PUT /nowhere", b"POST /app/v1/challenge/", b"POST /..",
                 b"POST /%00", b"POST //", b"TRACE /health/live", b"CONNECT a:80",
                 b"PATCH /app/v1/challenge", b"FOO /health/live", b"GET /con", b"POST /favicon.ico",
                 b"GET /openapi.json"):
        head = line + b" HTTP/1.1\r\nHost: a\r\n"
        for framed in (b"Content-Length: %d\r\n\r\n" % len(inner) + inner,
                       b"Transfer-Encoding: chunked\r\n\r\n" + chunked,
                       b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner,
                       b"Connection: keep-alive\r\nContent-Length: %d\r\n\r\n" % len(inner)
                       + inner):
            yield Case("unwanted body", quoted(line + b" " + framed[:30]), head + framed,
                       either=True,
                       to_head=line.startswith(b"HEAD"))


# ---- chunks --------------------------------------------------------------------------------------

def chunks():
    for body in (b"2\r\n{}\r\n0\r\n\r\n", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
                 b"02\r\n{}\r\n00\r\n\r\n", b"2;a\r\n{}\r\n0\r\n\r\n",
                 b"2;a=b\r\n{}\r\n0;c=d;e\r\n\r\n", b"2;a=\"b;c\"\r\n{}\r\n0\r\n\r\n",
                 b"2;a=\"\\\"\"\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n000\r\nX: y\r\n\r\n",
                 b"2\r\n{}\r\n0\r\nX: y\r\nZ: \xe4\xb8\xad\r\n\r\n"):
        yield serve("chunks", CHUNKED + body)
    # Fields that frame, in a trailer: RFC 9110 6.5.1 lets nobody act on them.
    for field in (b"Content-Length: 40", b"Transfer-Encoding: chunked", b"Host: evil",
                  b"Connection: close", b"Transfer-Encoding: cow", b"Content-Length: x",
                  b"Expect: 100-continue", b"Upgrade: h2c",
                  b"Content-Length: 1\r\nContent-Length: 2"):
        yield Case("trailer", quoted(field), CHUNKED + b"2\r\n{}\r\n0\r\n" + field + b"\r\n\r\n",
                   either=True)
    hidden = b"\r\n" + LAST + HIDDEN
    for size in (b"0x2", b"0X2", b"+2", b"-2", b" 2", b"\t2", b"2_", b"_2", b"0_2", b"", b"g", b"x",
                 b"2h", b"2,", b"2.", b"2 2", b"2\x00", b"\x002", b"2\x0b", b"\x0b2", b"2\xa0",
                 b"\xd9\xa2", b"\xef\xbc\x92", b"\"2\"", b"#2", b"2#", b"2=a", b"2:", b"2-", b"2\r",
                 b"2\rX", b"2\nX", b"\n2", b"\r\n2", b"10000000000000002", b"FFFFFFFFFFFFFFFFF",
                 b"100000000000000000000000000000002", b"2;\n", b"2;\nxx", b"2;a\nb", b"2;a=\nb",
                 b"2;a=\"\n\"", b"2;a\rb", b"2;\r", b"2;\x00", b"2;a=\x00", b"2;a=\"\x00\"",
                 b"2;a=\"\x01\"", b"2;=", b"2;=b", b"2;a=", b"2;a=\"b", b"2;a=b c", b"2;a b",
                 b"2;(", b"2;a=\"b\"c", b"2a;b=\x7f", b"2;\x80", b"2;a;;b", b"2;" + b"a" * 5000,
                 b"0" * 5000 + b"2", b"2 " + b" " * 5000):
        # Quotes that do not end are waited for, as far as a line may go: 408.
        yield refuse("chunk size", CHUNKED + size + b"\r\n{}" + hidden, {400, 408, 413})
    for size in (b"FFFFFFFF", b"7FFFFFFFFFFFFFFF", b"8000000000000000", b"FFFFFFFFFFFFFFFE",
                 b"FFFFFFFFFFFFFFFF"):
        yield refuse("chunk size", CHUNKED + size + b"\r\n{}" + hidden, {400, 413})
    # Funky chunks: what ends a size line, a chunk, the last chunk.
    for end in (b"\n", b"\r", b"\r\r\n", b"\n\n", b"\n\r", b" \n", b";\n", b";a\n", b"\x0b\n",
                b"\r \n"):
        yield refuse("end of a size line", CHUNKED + b"2" + end + BODY + hidden, {400, 413})
    for end in (b"\n", b"\r", b"", b"XX", b"\r\r", b"\n\r", b"X\n", b"\rX", b" \r\n", b"\x00\x00",
                b"X\r\n"):
        yield refuse("end of a chunk", CHUNKED + b"2\r\n{}" + end + LAST + HIDDEN, {400, 413})
    for end in (b"0\n\r\n", b"0\n\n", b"0\r\n\n", b"0\r\r\n\r\n", b"0\r\n\r\r\n", b"0\r\n \r\n\r\n",
                b"0\r\nX\r\n\r\n", b"0\r\nX : y\r\n\r\n", b"0\r\nX: y\n\r\n", b"0\r\nX: y\n\n",
                b"0\r\nX: y\r\n z\r\n\r\n", b"0\r\n X: y\r\n\r\n", b"0\r\n: y\r\n\r\n",
                b"0\r\nX: \x00\r\n\r\n", b"0\r\nX: a\rb\r\n\r\n", b"0;\n\r\n",
                b"0\r\nX\x00: y\r\n\r\n"):
        yield refuse("end of a body", CHUNKED + b"2\r\n{}\r\n" + end + HIDDEN)


# ---- lines, names, values ------------------------------------------------------------------------

def lines():
    for data in (b"GET /health/live HTTP/1.1\nHost: a\r\n\r\n",
                 b"GET /health/live HTTP/1.1\nHost: a\n\n",
                 GET + b"Host: a\n\r\n", GET + b"Host: a\r\nX: y\n\r\n", GET_HOST + b"X: y\n\n",
                 GET_HOST + b"X: y\r\n\n", GET_HOST + b"\n", GET_HOST + b"X: y\r\r\n\r\n", GET_HOST
                 + b"X: y\r",
                 GET_HOST + b"X: a\rb\r\n\r\n", GET_HOST + b"X: a\rZ: b\r\n\r\n", GET_HOST
                 + b"\r\r\n",
                 GET_HOST + b"X: y\n\r\n\r\n", GET + b"\rHost: a\r\n\r\n", GET
                 + b"Host: a\r \r\n\r\n",
                 b"\nGET /health/live HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\r\nGET / HTTP/1.1\r\n\r\n",
                 b"\n\nGET / HTTP/1.1\r\n\r\n", b" \r\n" + GET_HOST + b"\r\n", b"\t" + GET_HOST
                 + b"\r\n",
                 b" " + GET_HOST + b"\r\n", b"   \r\n\r\n"):
        yield refuse("line ends", data)
    for data in (GET + b" Host: a\r\n\r\n", GET + b"\tHost: a\r\n\r\n", GET
                 + b" \r\nHost: a\r\n\r\n",
                 GET_HOST + b" \r\n\r\n", GET_HOST + b"\t\r\n\r\n", GET_HOST
                 + b"X: y\r\n z\r\n\r\n",
                 GET_HOST + b"X: y\r\n\tz\r\n\r\n", GET_HOST + b"X:\r\n y\r\n\r\n", GET_HOST
                 + b"X: y\r\n \r\n\r\n",
                 GET_HOST + b"X: y\r\n Content-Length: 5\r\n\r\n", GET_HOST
                 + b"Content-Length:\r\n 5\r\n\r\n",
                 POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n", POST
                 + b"Transfer-Encoding: chun\r\n ked\r\n\r\n"):
        yield refuse("folding", data)
    for data in (GET_HOST + b"X\r\n\r\n", GET_HOST + b": y\r\n\r\n", GET_HOST + b"X : y\r\n\r\n",
                 GET_HOST + b"X\t: y\r\n\r\n", GET_HOST + b"X y: z\r\n\r\n", GET_HOST
                 + b"X(a): y\r\n\r\n",
                 GET_HOST + b"\"X\": y\r\n\r\n", GET_HOST + b"X\\: y\r\n\r\n", GET_HOST
                 + b"{X}: y\r\n\r\n",
                 GET_HOST + b"X\xc3\xab: y\r\n\r\n", GET_HOST + b"X=y\r\n\r\n", GET_HOST
                 + b"X;: y\r\n\r\n",
                 GET_HOST + b"/X: y\r\n\r\n", GET_HOST + b"@: y\r\n\r\n", GET_HOST
                 + b"[X]: y\r\n\r\n"):
        yield refuse("field", data)
    for code in (*range(32), 127):
        if code not in (9, 10, 13):
            byte = bytes([code])
            yield refuse("control in a value", GET_HOST + b"X: a" + byte + b"b\r\n\r\n")
            yield refuse("control in a value", GET_HOST + b"X: " + byte + b"\r\n\r\n")
            yield refuse("control in the line", b"GET /health/live" + byte
                         + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    for data in (GET_HOST + b"X:\r\n\r\n", GET_HOST + b"X: \r\n\r\n", GET_HOST + b"X:y\r\n\r\n",
                 GET_HOST + b"X: y \t\r\n\r\n", GET_HOST + b"X: a\tb\r\n\r\n", GET_HOST
                 + b"X: \xe4\xb8\xad\xff\r\n\r\n",
                 GET_HOST + b"X: y: z\r\n\r\n", GET_HOST + b"!#$%&'*+-.^_`|~1aZ: y\r\n\r\n",
                 GET_HOST + b"X: y\r\nX: z\r\n\r\n", b"\r\n" + GET_HOST + b"\r\n", b"\r\n\r\n"
                 + GET_HOST + b"\r\n"):
        yield serve("well-formed fields", data)


def request_lines():
    host = b"\r\nHost: a\r\n\r\n"
    for line in (b"GET", b"GET ", b"GET  HTTP/1.1", b"GET /health/live",
                 b"GET  /health/live HTTP/1.1", b"GET /health/live  HTTP/1.1",
                 b"GET\t/health/live\tHTTP/1.1", b"GET /health/live HTTP/1.1 X",
                 b"GET /health/live\x00 HTTP/1.1", b"GET /a b HTTP/1.1", b"GET /\xc3\xa9 HTTP/1.1",
                 b"GET /health/live\x0bHTTP/1.1", b"GET\x0c/health/live HTTP/1.1",
                 b"G\x00T / HTTP/1.1", b"G(T / HTTP/1.1", b"G\xffT / HTTP/1.1", b"/ GET HTTP/1.1",
                 b"HTTP/1.1 200 OK", b"GET /#a HTTP/1.1", b"GET a HTTP/1.1",
                 b"GET health/live HTTP/1.1", b"GET ?a HTTP/1.1", b"GET a:80 HTTP/1.1",
                 b"GET ftp://a/health/live HTTP/1.1", b"GET http:///health/live HTTP/1.1",
                 b"GET http://u@a/health/live HTTP/1.1", b"GET http://u:p@a/health/live HTTP/1.1",
                 b"GET http://a\\b/health/live HTTP/1.1", b"GET http://a:b/health/live HTTP/1.1",
                 b"GET http:/health/live HTTP/1.1", b"GET //a@b:c//:/ http://x HTTP/1.1",
                 b"GET /health/../health/live HTTP/1.1", b"GET /health/./live HTTP/1.1",
                 b"GET /%2e%2e/health/live HTTP/1.1", b"GET /health/live/%2E HTTP/1.1",
                 b"GET /health/%00live HTTP/1.1", b"GET /health/%zz HTTP/1.1",
                 b"GET /health/%c0%ae HTTP/1.1"):
        # What stands behind the second space is the version.
        yield refuse("request line", line + host, {400, 505})
    for version in (b"HTTP/0.9", b"HTTP/1.2", b"HTTP/1.9", b"HTTP/2.0", b"HTTP/2", b"HTTP/3.0",
                    b"HTTP/1", b"HTTP/1.", b"HTTP/.1", b"HTTP/1.10", b"HTTP/1.1x", b"HTTP/01.1",
                    b"HTTP/1.01", b"HTTP/11", b"http/1.1", b"Http/1.1", b"HTTP /1.1", b"HTTP/ 1.1",
                    b"HTTP/1 .1", b"HTTP/1.1 ", b"HTTP/1.1\t", b"HTTP-1.1", b"HTTPS/1.1",
                    b"XTTP/1.1", b"RTSP/1.0", b"HTTP/-1.1", b"HTTP/1,1", b"1.1", b"HTTP/9999.9999"):
        yield refuse("version", b"GET /health/live " + version + host, {400, 505})
    yield refuse("version", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
                 {400, 505})
    yield refuse("not HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\n")
    yield refuse("not HTTP", bytes(range(256)))
    yield refuse("not HTTP", b"SSH-2.0-OpenSSH_9.2\r\n")
    yield refuse("not HTTP", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10\n")
    for target in (b"http://a/health/live", b"HTTP://evil/health/live",
                   b"https://a:8443/health/live", b"http://[::1]:80/health/live", b"/health/live?",
                   b"/health/live?a=%20&b", b"/health/live?a?b"):
        yield serve("target", b"GET " + target + b" HTTP/1.1" + host)
    for target in (b"//health/live", b"/health//live", b"/health/live/", b"/HEALTH/LIVE",
                   b"/health/live;a=b", b"/health%2flive", b"/health/liv%65", b"/",
                   b"/health/live\\", b"/health\\live"):
        yield serve("target of nothing", b"GET " + target + b" HTTP/1.1" + host, 404)
    for method in (b"get", b"Get", b"GETX", b"FOO", b"POST", b"TRACE", b"A!#$%&'*+-.^_`|~"):
        yield serve("method", method + b" /health/live HTTP/1.1" + host, 405)
    yield serve("method", b"OPTIONS * HTTP/1.1" + host, 204)
    yield serve("method", b"OPTIONS /health/live HTTP/1.1" + host, 204)
    for line in (b"CONNECT a:80 HTTP/1.1", b"CONNECT /health/live HTTP/1.1",
                 b"CONNECT http://a/ HTTP/1.1"):
        yield Case("method", quoted(line), line + host, either=True)
    yield refuse("limit", b"A" * 100_000 + b" / HTTP/1.1" + host, {400, 414})
    yield refuse("limit", b"GET /" + b"A" * 100_000 + b" HTTP/1.1" + host, {414})
    yield refuse("limit", b"GET /" + b"A" * 5000 + b" HTTP/1.1" + host, {414})
    yield refuse("limit", b"GET /health/live HTTP/" + b"1" * 100_000 + host, {400, 414})


def hosts():
    for fields in (b"", b"Host: a\r\nHost: a\r\n", b"Host: a\r\nHost: b\r\n",
                   b"Host: a\r\nhost: b\r\n", b"Host: a, b\r\n", b"Host: a b\r\n", b"Host: a/b\r\n",
                   b"Host: u@a\r\n", b"Host: a?b\r\n", b"Host: a#b\r\n", b"Host: http://a\r\n",
                   b"Host: a\\b\r\n", b"Host: a\x00b\r\n", b"Host: \xe4\xb8\xad\r\n",
                   b"Host: a:b\r\n", b"Host: a:80:80\r\n", b"Host: a:-1\r\n", b"Host: a:80a\r\n",
                   b"Host: [::1\r\n", b"Host: [::1]a\r\n", b"Host: ::1\r\n",
                   b"Host: a:99999999\r\n", b"Host: " + b"a" * 300 + b"\r\n", b"Host : a\r\n",
                   b" Host: a\r\n", b"Host\x00: a\r\n", b"Hos\xfft: a\r\n"):
        yield refuse("host", GET + fields + b"\r\n")
        yield refuse("host", b"GET http://a/health/live HTTP/1.1\r\n" + fields + b"\r\n")
    for fields in (b"Host:\r\n", b"Host: a:80\r\n", b"Host: [::1]:443\r\n", b"Host: a:\r\n",
                   b"hOsT: a.b-c_d\r\n", b"X-Forwarded-Host: b\r\nHost: a\r\n",
                   b"Host: 127.0.0.1:65535\r\n"):
        yield serve("host", GET + fields + b"\r\n")


def limits():
    fields = b"".join(b"X%d: y\r\n" % i for i in range(63))
    yield serve("limit", GET_HOST + fields + b"\r\n", name="64 fields")
    yield refuse("limit", GET_HOST + fields + b"X: y\r\n\r\n", {431}, "65 fields")
    yield refuse("limit", GET_HOST + b"".join(b"X%d: y\r\n" % i for i in range(10_000)) + b"\r\n",
                 {431},
                 "10,000 fields")
    yield refuse("limit", GET_HOST + b"X: " + b"y" * 100_000 + b"\r\n\r\n", {431},
                 "100 KB in a value")
    yield refuse("limit", GET_HOST + b"X" * 100_000 + b": y\r\n\r\n", {431}, "100 KB in a name")
    yield refuse("limit", GET_HOST + b"X: y\r\n" * 30 + b"X: " + b"y" * 17_000, {431}, "no end")
    yield serve("limit", GET_HOST + b"X: " + b"y" * 16_000 + b"\r\n\r\n", name="16 KB in all")
    big = 65 * 1024
    yield refuse("limit", POST + b"Content-Length: %d\r\n\r\n" % big, {413},
                 "length beyond the route's")
    yield refuse("limit", POST + b"Content-Length: 999999999999999\r\n\r\n", {413},
                 "length beyond all")
    yield refuse("limit", CHUNKED + b"%x\r\n" % big, {413}, "chunk beyond the route's")
    yield refuse("limit", CHUNKED + (b"400\r\n" + b"x" * 1024 + b"\r\n") * 66, {413},
                 "chunks beyond the route's")
    yield refuse("limit", CHUNKED + (b"1;" + b"x" * 100 + b"\r\na\r\n") * 20, BAD,
                 "a flood of extensions")
    yield refuse("limit", CHUNKED + b"2\r\n{}\r\n0\r\n" + b"X: " + b"y" * 9000 + b"\r\n", BAD,
                 "an endless trailer")


# ---- what would change the protocol, or ask before sending ---------------------------------------

def expectations():
    for value in (b"200-ok", b"y 100-continue", b"100-continue, x", b"x, 100-continue",
                  b"100-continue;a=b", b"100", b"", b"\"100-continue\"", b"100-continue\xa0",
                  b"100 continue"):
        yield refuse("expect", POST + b"Expect: " + value + b"\r\nContent-Length: 2\r\n\r\n" + BODY,
                     {400, 417})
        yield refuse("expect", GET_HOST + b"Expect: " + value + b"\r\n\r\n", {400, 417})
    yield serve("expect", POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n" + BODY,
                name="the body comes along")
    yield serve("expect", POST
                + b"expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n" + LAST)
    yield serve("expect", GET_HOST + b"Expect: 100-continue\r\n\r\n", name="no body to wait for")
    yield serve("expect", POST + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n",
                name="an empty body")
    yield Case("expect", "twice", POST
               + b"Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
               + BODY, either=True)


def upgrades():
    settings = b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
    for fields in (b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + settings,
                   b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + settings, b"Upgrade: h2c\r\n",
                   b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                   b"Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
                   b"Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n",
                   b"Connection: keep-alive, Content-Length\r\n", b"Connection: Host\r\n",
                   b"Connection: \r\n"):
        yield serve("upgrade", GET_HOST + fields + b"\r\n")
        yield serve("upgrade", POST + fields + b"Content-Length: 2\r\n\r\n" + BODY)


def all_cases():
    for family in (both_lengths, mutated_names, lengths, bodies_nobody_wanted, chunks, lines,
                   request_lines,
                   hosts, limits, expectations, upgrades):
        yield from family()
