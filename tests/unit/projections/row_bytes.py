"""An encoder of view rows of its own, written from the grammar in events/fold/row_codec.h and the
headers of the views. Prints the bytes that row_bytes_test.cc expects: python3 row_bytes.py"""

import struct


def u8(n): return struct.pack(">B", n)
def u16(n): return struct.pack(">H", n)
def u32(n): return struct.pack(">I", n)
def u64(n): return struct.pack(">Q", n)
def at(seconds): return struct.pack(">q", seconds * 1_000_000)
def text(s): return u32(len(s.encode())) + s.encode()
def ident(filler, size=16): return bytes([filler]) * size
def many(*elements): return u32(len(elements)) + b"".join(elements)


NO = ident(0)
NEVER = at(0)

rows = {
    # key index 5 << 24 | 1; an account of slot 5 whose other bytes are 1
    "person_key": u16(5) + u64((5 << 24) + 1),
    "person": many(b"\x01\x40" + b"\x01" * 14),
    "account_prefix": u16(5) + b"\x01\x40" + b"\x01" * 14,
    "newest_first": u16(5) + b"\x01\x40" + b"\x01" * 14 + u64(2**64 - 1 - 7),
    "record": u8(3) + u32(2026) + text("leaf") + text("link") + text("personal"),
    "account": (
        ident(8) + u64((5 << 24) + 1) + u8(2) + u8(2) + text("account.device_lost") + u8(2)
        + ident(9) + at(100) + at(200) + u8(1)
        + many(ident(3) + text("point") + u8(4) + ident(9) + at(100) + at(150) + u8(1) + NEVER)
        + u8(1) + text("A1") + ident(4) + at(110) + at(900) + NEVER + text("")
        + u8(1) + u64(6)),
    "profile": (
        u8(1) + u64(6) + ident(9)
        + many(text("maritalStatus") + ident(5), text("prefix") + ident(4))),
    "consent": (
        ident(1) + ident(7) + u8(4) + u8(1) + many(text("idNo"), text("prefix")) + u64(6)
        + many(text("idNo") + ident(9)) + ident(3) + ident(2) + at(300) + ident(6) + at(400)),
    "signature": (
        ident(1) + ident(7) + u8(2) + u32(1) + text("SHA256withRSA") + u8(3)
        + text("signature.declined") + ident(2) + at(300) + at(1380) + ident(6) + u64(12)
        + at(400) + ident(3) + text("A1") + u8(1) + at(500)),
    "asked": (
        u8(3) + u32(2026) + u8(4) + ident(1) + ident(2) + at(1380) + u8(1) + u32(40) + u8(1)),
    "later": (
        u8(2) + u32(202601) + u8(2) + u8(2) + text("signature.declined") + at(400) + u8(1)
        + u32(3) + u32(503)),
    "asked_key": (
        b"t" + ident(7) + u64(2**64 - 1 - 300_000_000) + u16(1) + u64(0)),
    "later_key": b"u" + ident(7) + ident(1) + u16(1) + u64(1),
    "service": (
        u8(2) + text("") + text("Bus") + text("巴士") + text("巴士") + text("Bus Ltd")
        + text("transport") + many(text("eidapi_auth"), text("eidapi_sign"))
        + many(text("https://a"), text("https://b")) + many(text("https://c")) + many()
        + text("bus") + u8(1) + u8(0) + u32(900) + u32(60) + u8(1) + u8(0)
        + text("f" * 32) + u32(2) + u64(5)
        + at(700) + u64(4) + at(100) + at(200)
        + many(text("eidapi_auth")) + at(50) + at(900)
        + u8(1) + u32(2) + u8(1) + u8(1) + u8(0)
        + at(150) + at(800) + text("Tickets") + text("R1") + text("https://bus") + u32(70)
        + at(160) + u8(2)),
    "step": (
        u32(0x070d) + u8(4) + text("") + text("2") + u8(6) + text("ada") + ident(7) + at(300)),
    "activity": u64(17) + at(3600),
    "terminal": (
        u8(1) + u8(2) + text("point") + text("Wan Chai") + text("north") + u32(30) + at(100)
        + at(200)),
    "alert_time": u8(6) + u32(202611) + text("i" * 32),
    "rule": u8(1) + u32(3) + many(text("limit") + text("5"), text("window") + text("60")) + at(100),
}

for name, row in rows.items():
    print(f"{name}\n{row.hex()}")
