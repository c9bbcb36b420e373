package import LedgerCrypto
package import Primitives

/// One validator as the chain knows it.
package struct Validator: Hashable, Sendable {
    /// The key under its statements.
    package let consensusKey: PublicKey
    /// SHA-256 of the SubjectPublicKeyInfo of each TLS key that it may present; more than one while it renews.
    package let tlsPins: [Digest]
    /// `host:port` of its peer port.
    package let address: String
    package let organisation: Identifier

    package static let greatestPinCount = 4
    package static let greatestAddressByteCount = 255

    package init(consensusKey: PublicKey, tlsPins: [Digest], address: String, organisation: Identifier) {
        self.consensusKey = consensusKey
        self.tlsPins = tlsPins
        self.address = address
        self.organisation = organisation
    }

    init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: 4)
        try decoder.key(1)
        consensusKey = try decoder.publicKey()
        try decoder.key(2)
        var pins: [Digest] = []
        for _ in 0..<(try decoder.array(atMost: Validator.greatestPinCount)) { pins.append(try decoder.digest()) }
        tlsPins = pins
        try decoder.key(3)
        address = try decoder.text(atMost: Validator.greatestAddressByteCount)
        try decoder.key(4)
        organisation = try decoder.identifier()
        guard isWellFormed else { throw .unexpectedValue }
    }

    /// An address is printable ASCII without spaces; its host and port are parsed where it is dialled.
    var isWellFormed: Bool {
        (1...Validator.greatestPinCount).contains(tlsPins.count)
            && (1...Validator.greatestAddressByteCount).contains(address.utf8.count)
            && address.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    func encode(into encoder: inout CBOREncoder) {
        encoder.map(4)
        encoder.unsigned(1)
        encoder.byteString(consensusKey.bytes)
        encoder.unsigned(2)
        encoder.array(tlsPins.count)
        for pin in tlsPins { encoder.byteString(pin) }
        encoder.unsigned(3)
        encoder.text(address)
        encoder.unsigned(4)
        encoder.text(organisation)
    }
}

/// The validators of one epoch, by index, with their keys parsed.
package struct ValidatorSet: Sendable {
    package let validators: [Validator]
    /// By index, as `validators`.
    package let keys: [VerificationKey]
    /// The SHA-256 of the encoded set, to which headers commit.
    package let digest: Digest

    package static let greatestCount = 31

    /// Nil for an empty or too large set, a key that is no point on the curve, or a key or pin that occurs twice:
    /// one machine must not count as two.
    package init?(_ validators: [Validator]) {
        guard (1...ValidatorSet.greatestCount).contains(validators.count),
            validators.allSatisfy(\.isWellFormed),
            Set(validators.map(\.consensusKey)).count == validators.count
        else { return nil }
        let pins = validators.flatMap(\.tlsPins)
        guard Set(pins).count == pins.count else { return nil }
        let keys = validators.compactMap { VerificationKey($0.consensusKey) }
        guard keys.count == validators.count else { return nil }
        self.validators = validators
        self.keys = keys
        var encoder = CBOREncoder(capacity: validators.count * 128)
        ValidatorSet.encode(validators, into: &encoder)
        self.digest = SHA256Function.digest(of: encoder.bytes)
    }

    package var count: Int { validators.count }

    /// f: how many may be faulty.
    package var faults: Int { (count - 1) / 3 }

    /// ⌊(n + f) / 2⌋ + 1: any two quorums share a correct validator, for every n.
    package var quorum: Int { (count + faults) / 2 + 1 }

    /// The index of the validator with a TLS key, for the channel's peer check.
    package func index(ofPin pin: Digest) -> Int? {
        validators.firstIndex { $0.tlsPins.contains(pin) }
    }

    package func index(of key: PublicKey) -> Int? {
        validators.firstIndex { $0.consensusKey == key }
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        var validators: [Validator] = []
        for _ in 0..<(try decoder.array(atMost: ValidatorSet.greatestCount)) {
            validators.append(try Validator(from: &decoder))
        }
        guard let set = ValidatorSet(validators) else { throw .unexpectedValue }
        self = set
    }

    package func encode(into encoder: inout CBOREncoder) {
        ValidatorSet.encode(validators, into: &encoder)
    }

    private static func encode(_ validators: [Validator], into encoder: inout CBOREncoder) {
        encoder.array(validators.count)
        for validator in validators { validator.encode(into: &encoder) }
    }
}

extension ValidatorSet: Equatable {
    package static func == (left: ValidatorSet, right: ValidatorSet) -> Bool { left.validators == right.validators }
}
