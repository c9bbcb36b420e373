package import Primitives

/// One read that was asked for, allowed or not.
package struct AccessEntry: Hashable, Sendable {
    package enum Outcome: UInt64, Hashable, Sendable {
        case denied = 0
        case allowed = 1
        case erased = 2

        package var text: String {
            switch self {
            case .denied: "DENIED"
            case .allowed: "ALLOWED"
            case .erased: "ERASED"
            }
        }
    }

    package let number: Int64
    package let time: UInt64
    package let subject: Digest
    /// Nil where it was about the person as a whole.
    package let reference: Digest?
    /// Who asked, and what for: identifiers, so that the log holds no personal data of its own.
    package let reader: Identifier
    package let purpose: Identifier
    package let outcome: Outcome
}

extension AccessEntry {
    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 160)
        encoder.array(6)
        encoder.unsigned(time)
        encoder.byteString(subject)
        encoder.byteString(reference?.bytes ?? [])
        encoder.text(reader)
        encoder.text(purpose)
        encoder.unsigned(outcome.rawValue)
        return encoder.bytes
    }

    init(number: Int64, decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.array(exactly: 6)
        self.number = number
        time = try decoder.unsigned()
        subject = try decoder.digest()
        reference = Digest(try decoder.byteString(atMost: Digest.byteCount))
        reader = try decoder.identifier()
        purpose = try decoder.identifier()
        guard let outcome = Outcome(rawValue: try decoder.unsigned()) else { throw .unexpectedValue }
        self.outcome = outcome
        try decoder.finish()
    }
}
