package import Primitives

/// The first frame of either side, once the certificates have been checked: what both must agree on.
package struct Hello: Equatable, Sendable {
    /// Raised when frames or the messages in them change so that older nodes cannot follow.
    package static let protocolVersion: UInt64 = 1
    /// The longest encoding that is read.
    package static let byteCount = 256
    package static let versionByteCount = 64

    package let protocolVersion: UInt64
    package let chain: Digest
    /// Which validator the sender says it is. Nil: it is none of the epoch, or only wants to follow.
    package let index: UInt64?
    package let softwareVersion: String

    package init(
        protocolVersion: UInt64 = Hello.protocolVersion,
        chain: Digest,
        index: UInt64?,
        softwareVersion: String
    ) {
        self.protocolVersion = protocolVersion
        self.chain = chain
        self.index = index
        self.softwareVersion = Hello.shortened(softwareVersion)
    }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 64)
        encoder.array(4)
        encoder.unsigned(protocolVersion)
        encoder.byteString(chain)
        if let index { encoder.unsigned(index) } else { encoder.null() }
        encoder.text(softwareVersion)
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        try decoder.array(exactly: 4)
        protocolVersion = try decoder.unsigned()
        chain = try decoder.digest()
        if decoder.peek() == .null {
            try decoder.null()
            index = nil
        } else {
            index = try decoder.unsigned()
        }
        softwareVersion = Hello.shortened(try decoder.text(atMost: Hello.versionByteCount))
        try decoder.finish()
    }

    /// What is wrong with a peer's HELLO, if anything.
    ///
    /// - Parameters:
    ///   - chain: our chain.
    ///   - index: the validator that the peer's certificate belongs to; nil where it belongs to none.
    package func refusal(chain: Digest, certificateOf index: Int?) -> Refusal? {
        if let refusal = refusal(chain: chain) { return refusal }
        // A validator may follow, too: it does while its view of the epochs is stale.
        guard let claimed = self.index else { return nil }
        return index.flatMap { UInt64(exactly: $0) } == claimed ? nil : .claimedIndex
    }

    /// What is wrong with it, whoever sent it.
    func refusal(chain: Digest) -> Refusal? {
        if protocolVersion != Hello.protocolVersion { return .protocolVersion }
        return self.chain == chain ? nil : .chain
    }

    /// A version is shown to people, so it is printable ASCII and short, whatever the peer sent.
    private static func shortened(_ version: String) -> String {
        let printable = version.utf8.prefix(versionByteCount).map {
            (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?")
        }
        return String(decoding: printable, as: UTF8.self)
    }
}
