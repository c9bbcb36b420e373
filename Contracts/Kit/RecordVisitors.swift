package import Primitives

/// Reads a record's fields from a map whose keys ascend. Strict: each key must be the next one described.
package struct RecordDecoder: FieldVisitor {
    package var decoder: CBORDecoder
    /// Entries of the map that were not read yet, the one of `nextKey` included.
    package var remaining: Int
    package var nextKey: UInt64?
    package var previousKey: UInt64?

    package init(_ decoder: CBORDecoder) throws(ContractError) {
        self.decoder = decoder
        do { remaining = try self.decoder.map(atMost: .max) } catch { throw .malformed(error) }
        try advance()
    }

    package mutating func advance() throws(ContractError) {
        guard remaining > 0 else {
            nextKey = nil
            return
        }
        do { nextKey = try decoder.mapKey(after: &previousKey) } catch { throw .malformed(error) }
        remaining -= 1
    }

    @inlinable package mutating func field<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value,
        _ format: Format
    ) throws(ContractError) {
        guard nextKey == key else { throw missing(key, name) }
        do { value = try format.decode(from: &decoder) } catch { throw error.prefixed(name) }
        try advance()
    }

    @inlinable package mutating func optional<Format: FieldFormat>(
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

    @usableFromInline package func missing(_ key: UInt64, _ name: String) -> ContractError {
        if let nextKey, nextKey < key { return ContractError(.schema, "an unknown field before " + name) }
        return ContractError(.schema, "the field " + name + " is missing")
    }

    /// The decoder behind the record. Every entry must have been a known field.
    package func finish() throws(ContractError) -> CBORDecoder {
        guard nextKey == nil else { throw ContractError(.schema, "an unknown field") }
        return decoder
    }
}

/// Writes a record's fields; the count of those that are there goes in front afterwards.
package struct RecordEncoder: FieldVisitor {
    package var body = CBOREncoder(capacity: 128)
    package var count = 0

    @inlinable package init() {}

    @inlinable package mutating func field<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value,
        _ format: Format
    ) throws(ContractError) {
        body.unsigned(key)
        do { try format.encode(value, into: &body) } catch { throw error.prefixed(name) }
        count += 1
    }

    @inlinable package mutating func optional<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value?,
        _ format: Format
    ) throws(ContractError) {
        guard var present = value else { return }
        try field(key, name, &present, format)
    }
}

/// Lists what a record consists of.
package struct RecordDescriber: FieldVisitor {
    package private(set) var fields: [FieldDescription] = []

    package init() {}

    package mutating func field<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value,
        _ format: Format
    ) throws(ContractError) {
        fields.append(FieldDescription(key: key, name: name, type: format.type, isOptional: false))
    }

    package mutating func optional<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value?,
        _ format: Format
    ) throws(ContractError) {
        fields.append(FieldDescription(key: key, name: name, type: format.type, isOptional: true))
    }
}

extension Record {
    /// Reads a whole record and nothing after it.
    @inlinable package init(decoding bytes: [UInt8]) throws(ContractError) {
        var decoder = CBORDecoder(bytes)
        self = try RecordFormat<Self>().decode(from: &decoder)
        guard decoder.isAtEnd else { throw .malformed(.trailingBytes) }
    }

    /// The deterministic encoding; throws if a value breaks its own field's rule, which is the contract's mistake.
    @inlinable package func encoded() throws(ContractError) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 128)
        try RecordFormat<Self>().encode(self, into: &encoder)
        return encoder.bytes
    }

    package static var fieldDescriptions: [FieldDescription] {
        var describer = RecordDescriber()
        var record = Self()
        // Describing reads no value and refuses none.
        do { try record.fields(&describer) } catch { return [] }
        return describer.fields
    }
}
