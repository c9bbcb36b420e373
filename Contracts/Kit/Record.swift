package import Primitives

/// Data with a closed schema: arguments, rows, events, questions and answers are all records.
///
/// `fields` describes the record once, in ascending keys. Three visitors walk it: one decodes (an integer-keyed
/// CBOR map; a field that is unknown, missing, of another type or out of range is refused), one encodes, one
/// describes it for clients. There is no reflection, so the same source compiles for a sandbox.
package protocol Record: Sendable {
    init()
    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError)
}

/// A record without fields, for rows of indexes and for arguments that are not needed.
package struct Nothing: Record {
    package init() {}
    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {}
}

/// Walks the fields of a record.
///
/// The kinds of fields that every record has are requirements of their own, not forms of `field`: generic code is not
/// specialised from one module to another, and a plain call through the protocol costs a small part of a generic one.
package protocol FieldVisitor {
    mutating func unsigned(
        _ key: UInt64,
        _ name: String,
        _ value: inout UInt64,
        in range: ClosedRange<UInt64>
    ) throws(ContractError)

    mutating func integer(
        _ key: UInt64,
        _ name: String,
        _ value: inout Int64,
        in range: ClosedRange<Int64>
    ) throws(ContractError)

    mutating func boolean(_ key: UInt64, _ name: String, _ value: inout Bool) throws(ContractError)

    /// Bytes up to a bound: only for cursors, proofs and ciphertext, whose length is part of their meaning.
    mutating func bytes(
        _ key: UInt64,
        _ name: String,
        _ value: inout [UInt8],
        count: ClosedRange<Int>
    ) throws(ContractError)

    mutating func digest(_ key: UInt64, _ name: String, _ value: inout Digest) throws(ContractError)

    mutating func account(_ key: UInt64, _ name: String, _ value: inout AccountID) throws(ContractError)

    mutating func identifier(_ key: UInt64, _ name: String, _ value: inout Identifier) throws(ContractError)

    mutating func publicKey(_ key: UInt64, _ name: String, _ value: inout PublicKey) throws(ContractError)

    mutating func signature(_ key: UInt64, _ name: String, _ value: inout Signature) throws(ContractError)

    /// Milliseconds since 1970, as in block headers.
    mutating func time(_ key: UInt64, _ name: String, _ value: inout UInt64) throws(ContractError)

    mutating func height(_ key: UInt64, _ name: String, _ value: inout Height) throws(ContractError)

    mutating func choice<Value: Choice>(_ key: UInt64, _ name: String, _ value: inout Value) throws(ContractError)

    mutating func choices<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout ChoiceSet<Value>
    ) throws(ContractError)

    mutating func record<Value: Record>(_ key: UInt64, _ name: String, _ value: inout Value) throws(ContractError)

    /// A field of any format that is always there.
    mutating func field<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value,
        _ format: Format
    ) throws(ContractError)

    /// A field that may be missing; nil is encoded by leaving it out.
    mutating func optional<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value?,
        _ format: Format
    ) throws(ContractError)
}

extension FieldVisitor {
    /// Bytes of one fixed length.
    package mutating func bytes(
        _ key: UInt64,
        _ name: String,
        _ value: inout [UInt8],
        count: Int
    ) throws(ContractError) {
        try bytes(key, name, &value, count: count...count)
    }

    package mutating func list<Element: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout [Element.Value],
        of element: Element,
        atMost limit: Int
    ) throws(ContractError) {
        try field(key, name, &value, ListFormat(element, 0...limit))
    }

    package mutating func list<Element: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout [Element.Value],
        of element: Element,
        count: ClosedRange<Int>
    ) throws(ContractError) {
        try field(key, name, &value, ListFormat(element, count))
    }
}
