"""A second verifier of Akashi's proof files, written from docs/akashi.cddl alone, on PyPI's cbor2 and cryptography.

Usage: verify_proof.py GENESIS FILE...    for each file 'verified' and what is proven, or 'refused' and why
       verify_proof.py GENESIS            the same for a CBOR array of files on standard input
Exits with 1 if any file is refused.
"""

import functools
import hashlib
import re
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
MANY, EMPTY = 1 << 64, bytes(32)

class Refused(Exception):
    pass

sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

def need(condition, reason):
    if not condition:
        raise Refused(reason)

# ---- Deterministic CBOR: cbor2 reads, and what it read must be written as it came.
def encode(item):
    kind, head = type(item), lambda major, n: bytes([cbor2.dumps(n)[0] | major << 5]) + cbor2.dumps(n)[1:]
    if kind is int and -MANY <= item < MANY or kind in (bytes, str, bool, type(None)):
        return cbor2.dumps(item)
    if kind is list:
        return head(4, len(item)) + b"".join(map(encode, item))
    if kind is dict:
        return head(5, len(item)) + b"".join(k + v for k, v in sorted((encode(k), encode(v)) for k, v in item.items()))
    need(kind is cbor2.CBORTag and item.tag == 18, "a value that the chain does not know")
    return head(6, 18) + encode(item.value)

def decode(encoded):
    try:
        item = cbor2.loads(encoded)
        need(encode(item) == encoded, "not deterministic")
    except Exception as error:  # whatever an altered file makes cbor2 raise
        raise Refused(f"not CBOR: {error}") from None
    return item

# ---- The rules of the CDDL. A map has exactly the keys of a dict, an array the elements of a tuple; a list is
# [element, least, most]; a function says yes or no; anything else is the value itself.
def check(item, rule):
    if type(rule) is dict:
        need(type(item) is dict and [*item] == [*rule] and all(type(key) is int for key in item), "not these keys")
        return {key: check(item[key], part) for key, part in rule.items()} and item
    if type(rule) is tuple:
        need(type(item) is list and len(item) == len(rule), "not an array of this length")
        return [check(*pair) for pair in zip(item, rule)] and item
    if type(rule) is list:
        need(type(item) is list and rule[1] <= len(item) <= rule[2], "not an array of this length")
        return [check(element, rule[0]) for element in item] and item
    need(rule(item) if callable(rule) else type(item) is type(rule) and item == rule, "not an allowed value")
    return item

uint = lambda item: type(item) is int and item >= 0
data = lambda least, most: lambda item: type(item) is bytes and least <= len(item) <= most
holds = lambda rule, most: lambda item: data(0, most)(item) and check(decode(item), rule)
text = lambda rule, most: lambda item: type(item) is str and len(item.encode()) <= most and re.search(rule, item, re.S)

def record(item, depth=16):
    if type(item) is list:
        return depth > 0 and all(record(element, depth - 1) for element in item if type(element) in (dict, list))
    return type(item) is dict and all(type(key) is int and key >= 0 for key in item) and record([*item.values()], depth)

@functools.lru_cache(maxsize=4096)
def point(encoded):
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), encoded)
    except ValueError:
        return None

def outcome(item):
    return item == [0] and uint(item[0]) or check(item, (lambda code: uint(code) and code in CODES, text("", 200)))

DIGEST, CODES = data(32, 32), {*range(1, 15), *range(64, 74)}
IDENTIFIER = text(r"\A(?!.*[0-9]{7})[a-z0-9-]+\Z", 64)
VALIDATOR = {1: lambda key: data(33, 33)(key) and point(key), 2: [DIGEST, 1, 4], 3: text(r"\A[!-~]+\Z", 255), 4: IDENTIFIER}
HEADER = {1: 1, 2: DIGEST, 3: uint, 4: uint, 5: DIGEST, 6: uint, 7: lambda item: item is None or uint(item), 8: uint}
HEADER |= {key: DIGEST for key in range(9, 14)}
CERTIFICATE = {1: uint, 2: DIGEST, 3: [(uint, data(64, 64)), 0, 31]}
CALL = (IDENTIFIER, IDENTIFIER, lambda item: type(item) is dict and record(item))
PROTECTED = holds({1: -47, 3: "application/vnd.akashi.transaction+cbor", 4: DIGEST}, 1 << 20)
PAYLOAD = holds({1: DIGEST, 2: data(8, 32), 3: uint, 4: [CALL, 1, 256]}, 1 << 20)
SEALED = lambda item: data(64, 64)(item) and int.from_bytes(item[32:], "big") <= ORDER // 2
EVENT = (IDENTIFIER, IDENTIFIER, uint, CALL[2])
RECEIPT = {1: DIGEST, 2: uint, 3: uint, 4: outcome, 5: [EVENT, 0, 10000], 6: uint}
PATH = (lambda sides: uint(sides) and sides < 1 << 63, [DIGEST, 0, 63])
FINDING = lambda item: data(0, 1 << 24)(item) or type(item) is list and len(item) != 2 and check(item, [DIGEST, 1, 3])
STATE = (data(0, 4096), FINDING, [lambda item: item is None or DIGEST(item) and item != EMPTY, 0, 256])
BYTES, MIB = data(0, 1 << 24), data(0, 1 << 20)
SUBJECTS = {1: (1, MIB, BYTES, PATH, PATH), 2: (2, [STATE, 1, MANY]), 3: (3, BYTES, PATH), 4: (4, DIGEST, BYTES, PATH)}
SUBJECT = lambda item: type(item) is list and item and uint(item[0]) and check(item, SUBJECTS.get(item[0], ()))

def validators(item):
    pins = [pin for entry in check(item, [VALIDATOR, 1, 31]) for pin in entry[2]]
    return len({entry[1] for entry in item}) == len(item) and len({*pins}) == len(pins)

HANDOVER = (HEADER, CERTIFICATE, validators)
PROOF = {1: 1, 2: [HANDOVER, 0, MANY], 3: HEADER, 4: CERTIFICATE, 5: SUBJECT, 6: [HEADER, 0, MANY]}

# ---- What a verifier checks.
@functools.lru_cache(maxsize=1 << 16)
def signed(key, signature, message):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    need(0 < r < ORDER and 0 < s <= ORDER // 2, "not a signature with a low s")
    try:
        point(key).verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise Refused("a signature does not verify") from None

def certified(item, certificate, by, chain, epoch):
    indexes, own = [index for index, _ in certificate[3]], sha(encode(item))
    need(item[2] == chain and item[3] == epoch == certificate[1], "a header of another chain or epoch")
    need(certificate[2] == own and item[12] == sha(encode(by)), "a certificate of another header or by others")
    need(sorted({*indexes}) == indexes and all(index < len(by) for index in indexes), "attestations of nobody")
    need(len(indexes) >= (len(by) + (len(by) - 1) // 3) // 2 + 1, "fewer than a quorum")
    for index, signature in certificate[3]:
        signed(by[index][1], signature, encode(["akashi/1", 5, chain, epoch, 0, item[4], own]))

def climb(leaf, path):
    need(path[0] >> len(path[1]) == 0, "a side without a sibling")
    root = sha(b"\0", leaf)
    for level, sibling in enumerate(path[1]):
        root = sha(b"\1", sibling, root) if path[0] >> level & 1 else sha(b"\1", root, sibling)
    return root

def state(key, finding, siblings, root):
    place, node = sha(key), EMPTY
    way = f"{int.from_bytes(place, 'big'):0256b}"
    if type(finding) is bytes:
        node = sha(b"\x10", place, sha(b"\x12", finding))
    else:
        need(finding[0] == place, "the absence of another key")
        if len(finding) == 3:
            other = f"{int.from_bytes(finding[1], 'big'):0256b}"
            need(other != way and other[: len(siblings)] == way[: len(siblings)], "says nothing about the key")
            node = sha(b"\x10", *finding[1:])
    for bit, sibling in reversed([*zip(way, siblings)]):
        node = sha(b"\x11", sibling or EMPTY, node) if bit == "1" else sha(b"\x11", node, sibling or EMPTY)
    need(node == root, "not in the state")
    return key.hex() + "=" + (finding.hex() if type(finding) is bytes else "absent")

def proven(subject, top):
    if subject[0] == 2:
        return ["state"] + [state(*proof, top[11]) for proof in subject[1]]
    encoded, path = (subject[2], subject[4]) if subject[0] == 1 else subject[-2:]
    receipt = check(decode(encoded), RECEIPT)
    need(climb(encoded, path) == top[10] and receipt[2] == top[4], "the receipt is not of this block")
    if subject[0] == 3:
        return ["receipt", encoded.hex()]
    if subject[0] == 4:
        events = [sha(encode(event)) for event in receipt[5]]
        need(subject[1] in events, "no such event")
        return ["event", str(events.index(subject[1])), encoded.hex()]
    message = decode(subject[1])
    need(type(message) is cbor2.CBORTag, "not a transaction")
    protected, _, payload, _ = check(message.value, (PROTECTED, {}, PAYLOAD, SEALED))
    identity = sha(encode(["Signature1", protected, b"", payload]))
    need(climb(subject[1], subject[3]) == top[9] and receipt[1] == identity, "the transaction is not of this block")
    return ["transaction", identity.hex(), encoded.hex()]

def verify(genesis, file):
    need(len(file) <= 1 << 24, "too long")
    chain, current, height = sha(genesis), check(decode(genesis)[4], validators), 0
    _, handovers, top, certificate, subject, descendants = check(decode(file), PROOF).values()
    for epoch, (last, proof, following) in enumerate(handovers):
        certified(last, proof, current, chain, epoch)
        need(last[4] > height and last[12] != last[13] == sha(encode(following)), "a broken handover")
        current, height = following, last[4]
    need(top[4] > height and top[2] == chain and top[3] == len(handovers), "a header of another chain or epoch")
    final = top
    for item in descendants:
        need(item[2] == chain and item[3] == top[3] and item[5] == sha(encode(final)), "a broken descent")
        need(item[4] == final[4] + 1 and final[12] == final[13], "a broken descent")
        final = item
    certified(final, certificate, current, chain, len(handovers))
    return [str(top[3]), str(top[4]), str(top[8])] + proven(subject, top)

def main():
    genesis, *files = [open(name, "rb").read() for name in sys.argv[1:]]
    refused = False
    for file in files or cbor2.load(sys.stdin.buffer):
        try:
            print("verified", *verify(genesis, file))
        except Refused as reason:
            print("refused:", reason)
            refused = True
    sys.exit(refused)

main()
