internal import LedgerCrypto
package import Primitives

/// A quorum of attestations on one header: the one proof that clients, light clients and joining nodes need.
///
/// Certificates of one block differ between nodes, which gather different quorums: nothing compares or hashes them.
package struct Certificate: Hashable, Sendable {
    /// One validator's attestation.
    package struct Entry: Hashable, Sendable {
        package let index: UInt64
        package let signature: Signature

        package init(index: UInt64, signature: Signature) {
            self.index = index
            self.signature = signature
        }
    }

    package let epoch: UInt64
    package let headerDigest: Digest
    /// Strictly ascending by index, so that each signer counts once.
    package let entries: [Entry]

    /// Sorts the attestations; nil where an index occurs twice.
    package init?(epoch: UInt64, headerDigest: Digest, attestations: [Entry]) {
        let sorted = attestations.sorted { $0.index < $1.index }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.index == next.index { return nil }
        self.epoch = epoch
        self.headerDigest = headerDigest
        self.entries = sorted
    }

    /// Checks that a quorum of these validators attested the header. Every signature must verify, those beyond the
    /// quorum too: a certificate with a bad one was made by nobody correct.
    package func check(_ header: Header, by validators: ValidatorSet) throws(CertificateError) {
        guard header.epoch == epoch else { throw .otherEpoch }
        guard header.digest == headerDigest else { throw .otherHeader }
        guard header.validatorsDigest == validators.digest else { throw .otherValidators }
        guard entries.count >= validators.quorum else { throw .noQuorum }
        let signed = SHA256Function.digest(of: header.attestation.encoded)
        for entry in entries {
            guard let index = Int(exactly: entry.index), index < validators.count else { throw .noSuchValidator }
            guard validators.keys[index].verify(entry.signature, over: signed) else { throw .badSignature }
        }
    }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 64 + entries.count * 72)
        encode(into: &encoder)
        return encoder.bytes
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.map(3)
        encoder.unsigned(1)
        encoder.unsigned(epoch)
        encoder.unsigned(2)
        encoder.byteString(headerDigest)
        encoder.unsigned(3)
        encoder.array(entries.count)
        for entry in entries {
            encoder.array(2)
            encoder.unsigned(entry.index)
            encoder.byteString(entry.signature.bytes)
        }
    }

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try self.init(from: &decoder)
        try decoder.finish()
    }

    package init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: 3)
        try decoder.key(1)
        epoch = try decoder.unsigned()
        try decoder.key(2)
        headerDigest = try decoder.digest()
        try decoder.key(3)
        var entries: [Entry] = []
        for _ in 0..<(try decoder.array(atMost: ValidatorSet.greatestCount)) {
            try decoder.array(exactly: 2)
            let index = try decoder.unsigned()
            if let previous = entries.last, previous.index >= index { throw .keyOrder }
            entries.append(Entry(index: index, signature: try decoder.signature()))
        }
        self.entries = entries
    }
}

/// Why a certificate does not certify a header.
package enum CertificateError: Error, Hashable, Sendable {
    case otherEpoch, otherHeader, otherValidators, noQuorum, noSuchValidator, badSignature

    /// A few words for people.
    package var explanation: String {
        switch self {
        case .otherEpoch: "the certificate is of another epoch"
        case .otherHeader: "the certificate is of another header"
        case .otherValidators: "the header names other validators"
        case .noQuorum: "the certificate has fewer signatures than a quorum"
        case .noSuchValidator: "the certificate has a signature of no validator"
        case .badSignature: "a signature of the certificate does not verify"
        }
    }
}
