package import Primitives

/// The era of one validator set, from its first block on.
package struct EpochRecord: Equatable, Sendable {
    package let number: UInt64
    /// The last block of the epoch before, with which this one was decided; genesis for the first.
    package let start: Height
    package let validators: ValidatorSet

    init(number: UInt64, start: Height, validators: ValidatorSet) {
        self.number = number
        self.start = start
        self.validators = validators
    }

    /// `[start, validators]`, under the number.
    var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 32 + validators.count * 128)
        encoder.array(2)
        encoder.unsigned(start.number)
        validators.encode(into: &encoder)
        return encoder.bytes
    }

    init(decoding bytes: [UInt8], number: UInt64) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.array(exactly: 2)
        self.number = number
        start = Height(try decoder.unsigned())
        validators = try ValidatorSet(from: &decoder)
        try decoder.finish()
    }
}
