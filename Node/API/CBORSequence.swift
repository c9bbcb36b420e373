internal import LedgerCrypto
internal import Primitives

/// A CBOR sequence (RFC 8742) of transactions.
enum CBORSequence {
    /// The bytes of each item. Every item is checked to be deterministic CBOR on the way, without building anything.
    static func items(in bytes: [UInt8], atMost limit: Int, eachAtMost byteCount: Int) throws(Problem) -> [[UInt8]] {
        var decoder = CBORDecoder(bytes)
        var items: [[UInt8]] = []
        while !decoder.isAtEnd {
            guard items.count < limit else {
                throw Problem.tooLarge("a sequence has at most \(limit) transactions")
            }
            let range: Range<Int>
            do {
                range = try decoder.skipItem()
            } catch {
                throw Problem.malformed("item \(items.count) of the sequence: \(error.explanation)")
            }
            guard range.count <= byteCount else {
                throw Problem.tooLarge("item \(items.count) of the sequence has more than \(byteCount) bytes")
            }
            items.append(lowSForm(of: bytes[range]))
        }
        return items
    }

    /// The transaction with its signature's s in the low form.
    ///
    /// COSE libraries exist that give a high s; peers refuse one. The edge normalises before anything is hashed. The
    /// signature is the last element, a byte string of 64 bytes, so its place is known without decoding.
    static func lowSForm(of bytes: ArraySlice<UInt8>) -> [UInt8] {
        let tail = bytes.suffix(Signature.byteCount)
        let head = bytes.dropLast(Signature.byteCount).suffix(2)
        guard head.elementsEqual([0x58, 0x40]), let signature = Signature(tail), !signature.hasLowS else {
            return Array(bytes)
        }
        return bytes.dropLast(Signature.byteCount) + lowS(signature).bytes
    }
}
