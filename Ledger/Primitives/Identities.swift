/// The lasting name of an account. It outlives the account's keys, which governance rotates.
package struct AccountID: Hashable, Comparable, Sendable {
    package let digest: Digest

    @inlinable package init(_ digest: Digest) { self.digest = digest }

    @inlinable package static func < (left: AccountID, right: AccountID) -> Bool { left.digest < right.digest }
}

/// A block's number. The genesis state is height 0; the first block is height 1.
package struct Height: Hashable, Comparable, Sendable {
    package let number: UInt64

    @inlinable package init(_ number: UInt64) { self.number = number }

    package static let genesis = Height(0)

    @inlinable package static func < (left: Height, right: Height) -> Bool { left.number < right.number }

    /// The height that many blocks later, or the last height there is; heights from the wire cannot overflow it.
    @inlinable package func advanced(by blocks: UInt64) -> Height {
        let (sum, overflow) = number.addingReportingOverflow(blocks)
        return Height(overflow ? .max : sum)
    }

    /// The height that many blocks earlier, never below genesis.
    @inlinable package func reduced(by blocks: UInt64) -> Height { Height(number > blocks ? number - blocks : 0) }
}

/// A compressed secp256k1 public key. Only its form is known here; whether it is a point on the curve is found
/// out where it is parsed, in LedgerCrypto.
package struct PublicKey: Hashable, Comparable, Sendable {
    package static let byteCount = 33

    private let prefix: UInt8
    private let abscissa: Digest

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == PublicKey.byteCount, let prefix = bytes.first, prefix == 2 || prefix == 3,
            let abscissa = Digest(bytes.dropFirst())
        else { return nil }
        self.prefix = prefix
        self.abscissa = abscissa
    }

    package var bytes: [UInt8] {
        var bytes = [prefix]
        bytes.reserveCapacity(PublicKey.byteCount)
        abscissa.append(to: &bytes)
        return bytes
    }

    package static func < (left: PublicKey, right: PublicKey) -> Bool {
        left.abscissa != right.abscissa ? left.abscissa < right.abscissa : left.prefix < right.prefix
    }
}

/// An ECDSA signature as r ‖ s, each 32 bytes, big-endian.
package struct Signature: Hashable, Sendable {
    package static let byteCount = 64

    package let r: Digest
    package let s: Digest

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Signature.byteCount, let r = Digest(bytes.prefix(32)), let s = Digest(bytes.dropFirst(32))
        else { return nil }
        self.init(r: r, s: s)
    }

    package init(r: Digest, s: Digest) {
        self.r = r
        self.s = s
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Signature.byteCount)
        r.append(to: &bytes)
        s.append(to: &bytes)
        return bytes
    }
}
