"""An independent client: signs and checks transactions with PyPI's cwt, which knows nothing of Akashi.

Reads one JSON document from standard input, writes one to standard output. Bytes are lower-case hex.
"""

import json
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cwt import COSE, COSEKey

# COSE's numbers: key type EC2, curve secp256k1, algorithm ES256K.
EC2, SECP256K1, ES256K = 2, 8, -47
CONTENT_TYPE = "application/vnd.akashi.transaction+cbor"


def cose_key(document, private):
    compressed = bytes.fromhex(document["public_key"])
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), compressed).public_numbers()
    parameters = {
        1: EC2,
        2: bytes.fromhex(document["kid"]),
        3: ES256K,
        -1: SECP256K1,
        -2: point.x.to_bytes(32, "big"),
        -3: point.y.to_bytes(32, "big"),
    }
    if private:
        parameters[-4] = bytes.fromhex(document["private_key"])
    return COSEKey.new(parameters)


def sign(document):
    payload = {
        1: bytes.fromhex(document["chain"]),
        2: bytes.fromhex(document["nonce"]),
        3: document["valid_until"],
        4: [["marketplace", "publish", {1: bytes(32), 2: 100}]],
    }
    protected = {1: ES256K, 3: CONTENT_TYPE, 4: bytes.fromhex(document["kid"])}
    message = COSE.new().encode_and_sign(
        cbor2.dumps(payload, canonical=True),
        key=cose_key(document, private=True),
        protected=protected,
        unprotected={},
    )
    return {"message": message.hex()}


def verify(document):
    protected, unprotected, payload = COSE.new().decode_with_headers(
        bytes.fromhex(document["message"]), keys=[cose_key(document, private=False)]
    )
    fields = cbor2.loads(payload)
    return {
        "algorithm": protected[1],
        "content_type": protected[3],
        "kid": protected[4].hex(),
        "unprotected": len(unprotected),
        "chain": fields[1].hex(),
        "nonce": fields[2].hex(),
        "valid_until": fields[3],
        "contract": fields[4][0][0],
        "method": fields[4][0][1],
    }


def main():
    document = json.load(sys.stdin)
    answers = {"sign": sign, "verify": verify}
    # A list answers a list, so that one start of the interpreter serves many transactions.
    json.dump([answers[sys.argv[1]](item) for item in document], sys.stdout)


main()
