package import Primitives

// Ids are digests that the one who opens a case takes part in, so that nobody can take an id that somebody else is
// about to use. A client hashes the same bytes with SHA-256.

extension Marketplace {
    package static func listingPreimage(seller: AccountID, name: Identifier) -> [UInt8] {
        var encoder = CBOREncoder()
        encoder.array(3)
        encoder.text("akashi/marketplace/listing/1")
        encoder.byteString(seller.digest)
        encoder.text(name)
        return encoder.bytes
    }

    /// The reference is 16 random bytes of the buyer's.
    package static func orderPreimage(buyer: AccountID, reference: [UInt8]) -> [UInt8] {
        var encoder = CBOREncoder()
        encoder.array(3)
        encoder.text("akashi/marketplace/order/1")
        encoder.byteString(buyer.digest)
        encoder.byteString(reference)
        return encoder.bytes
    }

    /// What `deliver` commits to: the content key behind the order's id. The key is 32 random bytes, so the
    /// commitment hides it without a salt.
    package static func keyPreimage(order: Digest, key: [UInt8]) -> [UInt8] {
        var encoder = CBOREncoder()
        encoder.array(3)
        encoder.text("akashi/marketplace/key/1")
        encoder.byteString(order)
        encoder.byteString(key)
        return encoder.bytes
    }
}
