/// Why bytes are not the deterministic CBOR that was expected.
package enum CBORError: Error, Hashable, Sendable {
    /// The input ends inside an item, or a length points beyond it.
    case truncated
    /// Bytes follow the last expected item.
    case trailingBytes
    /// A number or a length is longer than it needs to be.
    case notShortest
    /// An indefinite length, which the deterministic form excludes.
    case indefiniteLength
    /// Map keys are unsorted or repeated.
    case keyOrder
    /// Text that is not UTF-8.
    case notUTF8
    /// Nested deeper than the limits allow.
    case tooDeep
    /// More bytes or elements than the caller allows.
    case tooLong
    /// Floats, undefined and other simple values do not exist on the chain.
    case unsupported
    /// A well-formed item of another kind than expected.
    case unexpectedKind
    /// An item of the right kind whose value is not allowed here: an unknown key, a number out of range.
    case unexpectedValue
}

/// Bounds that hold before anything is decoded.
package struct CBORLimits: Hashable, Sendable {
    /// Containers and tags inside one another. Recursion is bounded by it, so no input can exhaust the stack.
    package var nesting: Int

    package init(nesting: Int) { self.nesting = nesting }

    package static let standard = CBORLimits(nesting: 16)
}

/// The kind of the next item.
package enum CBORKind: Hashable, Sendable {
    case unsigned, negative, byteString, text, array, map, tag, boolean, null
}

extension CBORError {
    /// A few words for people.
    package var explanation: String {
        switch self {
        case .truncated: "it ends too early"
        case .trailingBytes: "bytes follow its end"
        case .notShortest: "a number is longer than it needs to be"
        case .indefiniteLength: "it has an indefinite length"
        case .keyOrder: "map keys are unsorted or repeated"
        case .notUTF8: "a text is not UTF-8"
        case .tooDeep: "it is nested too deep"
        case .tooLong: "a part of it is too long"
        case .unsupported: "it has a value that the chain does not know"
        case .unexpectedKind: "a part of it is of another kind"
        case .unexpectedValue: "a part of it has a value that is not allowed"
        }
    }
}
