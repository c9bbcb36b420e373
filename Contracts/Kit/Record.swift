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
package protocol FieldVisitor {
    /// A field that is always there.
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
    @inlinable package mutating func unsigned(
        _ key: UInt64,
        _ name: String,
        _ value: inout UInt64,
        in range: ClosedRange<UInt64>
    ) throws(ContractError) {
        try field(key, name, &value, UnsignedFormat(range))
    }

    @inlinable package mutating func integer(
        _ key: UInt64,
        _ name: String,
        _ value: inout Int64,
        in range: ClosedRange<Int64>
    ) throws(ContractError) {
        try field(key, name, &value, IntegerFormat(range))
    }

    @inlinable package mutating func boolean(
        _ key: UInt64,
        _ name: String,
        _ value: inout Bool
    ) throws(ContractError) {
        try field(key, name, &value, BooleanFormat())
    }

    /// Bytes of one fixed length.
    @inlinable package mutating func bytes(
        _ key: UInt64,
        _ name: String,
        _ value: inout [UInt8],
        count: Int
    ) throws(ContractError) {
        try field(key, name, &value, BytesFormat(count...count))
    }

    /// Bytes up to a bound: only for cursors, proofs and ciphertext, whose length is part of their meaning.
    @inlinable package mutating func bytes(
        _ key: UInt64,
        _ name: String,
        _ value: inout [UInt8],
        count: ClosedRange<Int>
    ) throws(ContractError) {
        try field(key, name, &value, BytesFormat(count))
    }

    @inlinable package mutating func digest(
        _ key: UInt64,
        _ name: String,
        _ value: inout Digest
    ) throws(ContractError) {
        try field(key, name, &value, DigestFormat())
    }

    @inlinable package mutating func account(
        _ key: UInt64,
        _ name: String,
        _ value: inout AccountID
    ) throws(ContractError) {
        try field(key, name, &value, AccountFormat())
    }

    @inlinable package mutating func identifier(
        _ key: UInt64,
        _ name: String,
        _ value: inout Identifier
    ) throws(ContractError) {
        try field(key, name, &value, IdentifierFormat())
    }

    @inlinable package mutating func publicKey(
        _ key: UInt64,
        _ name: String,
        _ value: inout PublicKey
    ) throws(ContractError) {
        try field(key, name, &value, PublicKeyFormat())
    }

    @inlinable package mutating func signature(
        _ key: UInt64,
        _ name: String,
        _ value: inout Signature
    ) throws(ContractError) {
        try field(key, name, &value, SignatureFormat())
    }

    /// Milliseconds since 1970, as in block headers.
    @inlinable package mutating func time(
        _ key: UInt64,
        _ name: String,
        _ value: inout UInt64
    ) throws(ContractError) {
        try field(key, name, &value, TimeFormat())
    }

    @inlinable package mutating func height(
        _ key: UInt64,
        _ name: String,
        _ value: inout Height
    ) throws(ContractError) {
        try field(key, name, &value, HeightFormat())
    }

    @inlinable package mutating func choice<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        try field(key, name, &value, ChoiceFormat<Value>())
    }

    @inlinable package mutating func choices<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout ChoiceSet<Value>
    ) throws(ContractError) {
        try field(key, name, &value, ChoiceSetFormat<Value>())
    }

    @inlinable package mutating func record<Value: Record>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        try field(key, name, &value, RecordFormat<Value>())
    }

    @inlinable package mutating func list<Element: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout [Element.Value],
        of element: Element,
        atMost limit: Int
    ) throws(ContractError) {
        try field(key, name, &value, ListFormat(element, 0...limit))
    }

    @inlinable package mutating func list<Element: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout [Element.Value],
        of element: Element,
        count: ClosedRange<Int>
    ) throws(ContractError) {
        try field(key, name, &value, ListFormat(element, count))
    }
}
