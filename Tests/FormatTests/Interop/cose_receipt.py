"""An independent reader of COSE Receipts (RFC 9942) and of SCITT's transparent statements, on PyPI's cwt.

cwt checks the signatures; the way to the root is RFC 9162, section 2.1.3.2. Reads a JSON list of {"statement"} or of
{"receipt", "transaction"}, writes a JSON list of what each receipt says; null for one that does not verify.
"""

import hashlib
import json
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cwt import COSE, COSEKey
from cwt.exceptions import CWTError

EC2, SECP256K1, ES256K = 2, 8, -47
KID, CLAIMS, RECEIPTS, STRUCTURE, PROOFS, INCLUSION, RFC9162_SHA256 = 4, 15, 394, 395, 396, -1, 1


def root(entry, size, index, path):
    if index >= size:
        raise ValueError("no such leaf")
    node = hashlib.sha256(b"\x00" + entry).digest()
    fn, sn = index, size - 1
    for sibling in path:
        if sn == 0:
            raise ValueError("the path is too long")
        if fn & 1 or fn == sn:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ValueError("the path is too short")
    return node


def cose_key(kid):
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), kid).public_numbers()
    x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
    return COSEKey.new({1: EC2, 2: kid, 3: ES256K, -1: SECP256K1, -2: x, -3: y})


def read(receipt, entry):
    try:
        message = cbor2.loads(receipt)
        protected = cbor2.loads(message.value[0])
        if protected[STRUCTURE] != RFC9162_SHA256 or message.value[2] is not None:
            raise ValueError("not a receipt of inclusion")
        (proof,) = message.value[1][PROOFS][INCLUSION]
        top = root(entry, *cbor2.loads(proof))
        COSE.new().decode_with_headers(receipt, keys=[cose_key(protected[KID])], detached_payload=top)
        issuer, subject, issued = (protected[CLAIMS][claim] for claim in (1, 2, 6))
        return {"key": protected[KID].hex(), "root": top.hex(), "issuer": issuer, "subject": subject, "issued": issued}
    except (CWTError, cbor2.CBORDecodeError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def answer(question):
    if "receipt" in question:
        return [read(bytes.fromhex(question["receipt"]), bytes.fromhex(question["transaction"]))]
    statement = cbor2.loads(bytes.fromhex(question["statement"]))
    protected, unprotected, payload, signature = statement.value
    entry = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
    return [read(receipt, entry) for receipt in unprotected[RECEIPTS]]


json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
