"""Makes the certificates and revocation lists beside it by PyCA cryptography, so that what is expected
of X.509 comes from elsewhere: an authority, one below it, leaves of which each has one thing wrong,
and what both authorities revoked. Keys are thrown away. python3 make.py"""

import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent
UTC = datetime.timezone.utc
BEGIN, END = datetime.datetime(2026, 1, 1, tzinfo=UTC), datetime.datetime(2046, 1, 1, tzinfo=UTC)
LEAF_END = datetime.datetime(2028, 1, 1, tzinfo=UTC)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "HK"),
                      x509.NameAttribute(NameOID.COMMON_NAME, text)])


def usage(**on):
    all_of = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
              "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{one: on.get(one, False) for one in all_of})


def certificate(subject, key, issuer, issuer_key, use, authority=False, begin=BEGIN, end=LEAF_END):
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer))
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(begin).not_valid_after(end)
               .add_extension(x509.BasicConstraints(authority, None), True))
    if use is not None:
        builder = builder.add_extension(use, True)
    return builder.sign(issuer_key, hashes.SHA256())


def pem(*certificates):
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def rsa_key(bits=2048):
    return rsa.generate_private_key(65537, bits)


signing = usage(key_cert_sign=True, crl_sign=True)
wrapping = usage(key_encipherment=True, data_encipherment=True)
root_key, sub_key, other_key = rsa_key(), rsa_key(), rsa_key()
root = certificate("Test Root CA", root_key, "Test Root CA", root_key, signing, True, end=END)
other = certificate("Other Root CA", other_key, "Other Root CA", other_key, signing, True, end=END)
sub = certificate("Test Encipherment CA", sub_key, "Test Root CA", root_key, signing, True, end=END)


def leaf(subject, key=None, use=wrapping, issuer="Test Encipherment CA", issuer_key=sub_key, **more):
    return certificate(subject, key or rsa_key(), issuer, issuer_key, use, **more)


def revoked_by(issuer, issuer_key, *serials, begin=BEGIN, end=LEAF_END):
    builder = (x509.CertificateRevocationListBuilder().issuer_name(name(issuer))
               .last_update(begin).next_update(end).add_extension(x509.CRLNumber(1), False))
    for serial in serials:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial)
            .revocation_date(datetime.datetime(2026, 2, 1, tzinfo=UTC)).build())
    return builder.sign(issuer_key, hashes.SHA256())


good = leaf("City Library")
lost = leaf("City Library")
files = {
    "authorities": (root,),
    "sub_authority": (sub,),
    "good": (good, sub),
    "lost": (lost, sub),
    "without_way": (good,),
    "of_root": (leaf("City Library", issuer="Test Root CA", issuer_key=root_key),),
    "large": (leaf("City Library", rsa_key(4096)), sub),
    "for_signing": (leaf("City Library", use=usage(digital_signature=True)), sub),
    "without_usage": (leaf("City Library", use=None), sub),
    "short_key": (leaf("City Library", rsa_key(1024)), sub),
    "of_a_curve": (leaf("City Library", ec.generate_private_key(ec.SECP256R1())), sub),
    "ended": (leaf("City Library", end=datetime.datetime(2026, 6, 1, tzinfo=UTC)), sub),
    "not_begun": (leaf("City Library", begin=datetime.datetime(2027, 6, 1, tzinfo=UTC)), sub),
    "of_another": (leaf("City Library", issuer="Other Root CA", issuer_key=other_key), other),
    "forged": (leaf("City Library", issuer_key=other_key), sub),
    "below_a_leaf": (leaf("City Library", issuer="City Library", issuer_key=rsa_key()), good, sub),
    "authority_itself": (leaf("Test Encipherment CA 2", use=usage(key_encipherment=True,
                              key_cert_sign=True), authority=True), sub),
}
MARCH = datetime.datetime(2026, 3, 1, tzinfo=UTC)
nothing = revoked_by("Test Root CA", root_key)
lists = revoked_by("Test Encipherment CA", sub_key, lost.serial_number)
files |= {
    "lists": (nothing, lists),
    "lists_of_root_alone": (nothing,),
    "lists_over": (nothing, revoked_by("Test Encipherment CA", sub_key, end=MARCH)),
    "lists_forged": (nothing, revoked_by("Test Encipherment CA", other_key)),
    "lists_without_sub": (revoked_by("Test Root CA", root_key, sub.serial_number), lists),
}
(HERE / "lists_of_sub.der").write_bytes(lists.public_bytes(serialization.Encoding.DER))
for file, chain in files.items():
    (HERE / f"{file}.pem").write_bytes(pem(*chain))
