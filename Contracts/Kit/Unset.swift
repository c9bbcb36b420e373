package import Primitives

// A record starts out with values that its fields then replace; these stand where a type has no natural first value.
// They are constants of ours, so a failure here is a mistake in this file and not in anybody's data.

extension Identifier {
    package static let unset = constant("unset")

    /// An identifier written in the source.
    package static func constant(_ text: String) -> Identifier {
        guard let identifier = Identifier(text) else { preconditionFailure("not an identifier") }
        return identifier
    }

    /// Compared as bytes, without Unicode tables.
    package func matches(_ text: String) -> Bool { text.utf8.count == bytes.count && text.utf8.elementsEqual(bytes) }
}

extension AccountID {
    package static let unset = AccountID(.zero)
}

extension PublicKey {
    package static let unset: PublicKey = {
        guard let key = PublicKey([2] + Digest.zero.bytes) else { preconditionFailure("33 bytes are a key's form") }
        return key
    }()
}

extension Signature {
    package static let unset = Signature(r: .zero, s: .zero)
}
