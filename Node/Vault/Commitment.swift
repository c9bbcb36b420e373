internal import LedgerCrypto
package import Primitives

/// What the chain sees of a record: a digest that hides it and binds to it.
///
/// A plain hash of a profile could be guessed, since there are few ages and nationalities. 32 random bytes, the
/// blinding, stand in front; they are as secret as the record and destroyed with it, after which the commitment on the
/// chain is a random number.
package enum Commitment {
    package static let domain = "akashi/record-commitment/1"
    package static let blindingByteCount = 32

    /// SHA-256 of the CBOR array `[domain, blinding, record]`: lengths stand before contents, so that no two inputs
    /// run together into one (failure 21).
    package static func digest(blinding: [UInt8], record: [UInt8]) -> Digest {
        var encoder = CBOREncoder(capacity: record.count + 80)
        encoder.array(3)
        encoder.text(domain)
        encoder.byteString(blinding)
        encoder.byteString(record)
        return SHA256Function.digest(of: encoder.bytes)
    }
}
