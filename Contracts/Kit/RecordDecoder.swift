package import Primitives

/// Reads a record's fields from a map whose keys ascend. Strict: each key must be the next one described.
package struct RecordDecoder: FieldVisitor {
    private var decoder: CBORDecoder
    /// Entries of the map that were not read yet, without the one of `nextKey`.
    private var remaining: Int
    private var nextKey: UInt64?
    private var previousKey: UInt64?

    package init(_ decoder: CBORDecoder) throws(ContractError) {
        self.decoder = decoder
        do { remaining = try self.decoder.map(atMost: .max) } catch { throw .malformed(error) }
        try advance()
    }

    private mutating func advance() throws(ContractError) {
        guard remaining > 0 else {
            nextKey = nil
            return
        }
        do { nextKey = try decoder.mapKey(after: &previousKey) } catch { throw .malformed(error) }
        remaining -= 1
    }

    /// The key of a field that must be there comes next.
    private func expect(_ key: UInt64, _ name: String) throws(ContractError) {
        guard nextKey != key else { return }
        if let nextKey, nextKey < key { throw ContractError(.schema, "an unknown field before " + name) }
        throw ContractError(.schema, "the field " + name + " is missing")
    }

    /// The decoder behind the record. Every entry must have been a known field.
    package func finish() throws(ContractError) -> CBORDecoder {
        guard nextKey == nil else { throw ContractError(.schema, "an unknown field") }
        return decoder
    }

    package mutating func unsigned(_ key: UInt64, _ name: String, _ value: inout UInt64, in range: ClosedRange<UInt64>)
        throws(ContractError)
    {
        try expect(key, name)
        do { value = try UnsignedFormat(range).decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func integer(_ key: UInt64, _ name: String, _ value: inout Int64, in range: ClosedRange<Int64>)
        throws(ContractError)
    {
        try expect(key, name)
        do { value = try IntegerFormat(range).decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func boolean(_ key: UInt64, _ name: String, _ value: inout Bool) throws(ContractError) {
        try expect(key, name)
        do { value = try BooleanFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func bytes(_ key: UInt64, _ name: String, _ value: inout [UInt8], count: ClosedRange<Int>)
        throws(ContractError)
    {
        try expect(key, name)
        do { value = try BytesFormat(count).decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func digest(_ key: UInt64, _ name: String, _ value: inout Digest) throws(ContractError) {
        try expect(key, name)
        do { value = try DigestFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func account(_ key: UInt64, _ name: String, _ value: inout AccountID) throws(ContractError) {
        try expect(key, name)
        do { value = try AccountFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func identifier(_ key: UInt64, _ name: String, _ value: inout Identifier) throws(ContractError) {
        try expect(key, name)
        do { value = try IdentifierFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func publicKey(_ key: UInt64, _ name: String, _ value: inout PublicKey) throws(ContractError) {
        try expect(key, name)
        do { value = try PublicKeyFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func signature(_ key: UInt64, _ name: String, _ value: inout Signature) throws(ContractError) {
        try expect(key, name)
        do { value = try SignatureFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func time(_ key: UInt64, _ name: String, _ value: inout UInt64) throws(ContractError) {
        try expect(key, name)
        do { value = try TimeFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func height(_ key: UInt64, _ name: String, _ value: inout Height) throws(ContractError) {
        try expect(key, name)
        do { value = try HeightFormat().decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func choice<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        try expect(key, name)
        do throws(ContractError) {
            guard let found = Value(rawValue: try decoder.checkedUnsigned()) else { throw .noSuchChoice }
            value = found
        } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func choices<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout ChoiceSet<Value>
    ) throws(ContractError) {
        try expect(key, name)
        do throws(ContractError) {
            guard let found = ChoiceSet<Value>(bits: try decoder.checkedUnsigned()) else { throw .noSuchChoice }
            value = found
        } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func record<Value: Record>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        try expect(key, name)
        do {
            var visitor = try RecordDecoder(decoder)
            value = Value()
            try value.fields(&visitor)
            decoder = try visitor.finish()
        } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func field<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value,
        _ format: Format
    ) throws(ContractError) {
        try expect(key, name)
        do { value = try format.decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    package mutating func optional<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value?,
        _ format: Format
    ) throws(ContractError) {
        guard nextKey == key else {
            value = nil
            return
        }
        do { value = try format.decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }
}
