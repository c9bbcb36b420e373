"""A client that knows nothing of Akashi's code: signs transactions with PyPI's cwt and sends them to a running validator.

Usage: stranger_client.py URL CHAIN KID PRIVATE_KEY PUBLIC_KEY (all but the URL in hex). Writes one JSON document: for each
message by its name the HTTP status and the answer's status and code.
"""

import json
import os
import sys
import urllib.error
import urllib.request

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cwt import COSE, COSEKey

EC2, SECP256K1, ES256K = 2, 8, -47
CONTENT_TYPE = "application/vnd.akashi.transaction+cbor"

url, chain, kid, private_key, public_key = sys.argv[1], *map(bytes.fromhex, sys.argv[2:])


def key():
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), public_key).public_numbers()
    return COSEKey.new({
        1: EC2, 2: kid, 3: ES256K, -1: SECP256K1,
        -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big"), -4: private_key,
    })


def payload(**changes):
    record = {1: os.urandom(32), 2: kid, 3: 1, 4: os.urandom(32)}
    fields = {1: chain, 2: os.urandom(16), 3: 2000, 4: [["consent", "commit-record", record]]}
    fields.update(changes.get("fields", {}))
    return cbor2.dumps(fields, canonical=True)


def signed(body=None, protected=None, unprotected=None):
    headers = {1: ES256K, 3: CONTENT_TYPE, 4: kid}
    headers.update(protected or {})
    return COSE.new().encode_and_sign(
        body or payload(), key=key(), protected=headers, unprotected=unprotected or {}
    )


def send(message):
    request = urllib.request.Request(
        url + "/v1/transactions?wait=final&timeout=30", data=message, headers={"Content-Type": "application/cose"}
    )
    try:
        with urllib.request.urlopen(request, timeout=40) as response:
            status, document = response.status, json.load(response)
    except urllib.error.HTTPError as error:
        status, document = error.code, json.load(error)
    answer = document.get("transaction", document)
    return {"http": status, "status": str(answer.get("status")), "code": answer.get("code")}


def parts(message):
    return cbor2.loads(message).value


def retagged(message, tag):
    return cbor2.dumps(cbor2.CBORTag(tag, parts(message))) if tag else cbor2.dumps(parts(message))


def indefinite(message):
    return b"\xd2\x9f" + b"".join(cbor2.dumps(part) for part in parts(message)) + b"\xff"


def resigned_by_other(message):
    fields = list(parts(message))
    fields[3] = bytes(reversed(fields[3]))
    return cbor2.dumps(cbor2.CBORTag(18, fields))


good = signed()
messages = {
    "good": good,
    "again": good,
    "another": signed(),
    "unprotected header": signed(unprotected={5: b"iv"}),
    "further protected header": signed(protected={16: "application/json"}),
    "critical header": signed(protected={2: [16], 16: "application/json"}),
    "another content type": signed(protected={3: "application/cbor"}),
    "COSE_Sign tag": retagged(signed(), 98),
    "no tag": retagged(signed(), None),
    "indefinite array": indefinite(signed()),
    "another signature": resigned_by_other(signed()),
    "another chain": signed(payload(fields={1: bytes(32)})),
    "no calls": signed(payload(fields={4: []})),
    "further payload field": signed(payload(fields={9: 1})),
}
json.dump({name: send(message) for name, message in messages.items()}, sys.stdout)
