package import Primitives

/// How one kind of field is read, written and described. A format checks on both ways: what it would not read it
/// does not write either.
package protocol FieldFormat: Sendable {
    associatedtype Value: Sendable
    func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Value
    func encode(_ value: Value, into encoder: inout CBOREncoder) throws(ContractError)
    var type: FieldType { get }
}

extension ContractError {
    /// What a decoder's complaint means for the caller: the bytes do not follow the schema.
    package static func malformed(_ error: CBORError) -> ContractError {
        switch error {
        case .truncated: ContractError(.schema, "bytes are missing")
        case .trailingBytes: ContractError(.schema, "bytes follow the last field")
        case .notShortest, .indefiniteLength, .keyOrder: ContractError(.schema, "not in the deterministic form")
        case .notUTF8: ContractError(.schema, "text that is not UTF-8")
        case .tooDeep, .tooLong: ContractError(.schema, "longer or deeper than allowed")
        case .unsupported: ContractError(.schema, "a kind of value that does not exist here")
        case .unexpectedKind: ContractError(.schema, "another type")
        case .unexpectedValue: ContractError(.schema, "a value that is not allowed")
        }
    }

    package static var outOfRange: ContractError { ContractError(.schema, "out of range") }
    package static var noSuchChoice: ContractError { ContractError(.schema, "no such choice") }
}

package struct UnsignedFormat: FieldFormat {
    package let range: ClosedRange<UInt64>

    package init(_ range: ClosedRange<UInt64>) { self.range = range }

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> UInt64 {
        let value = try decoder.checkedUnsigned()
        guard range.contains(value) else { throw .outOfRange }
        return value
    }

    package func encode(_ value: UInt64, into encoder: inout CBOREncoder) throws(ContractError) {
        guard range.contains(value) else { throw .outOfRange }
        encoder.unsigned(value)
    }

    package var type: FieldType { .unsigned(range) }
}

package struct IntegerFormat: FieldFormat {
    package let range: ClosedRange<Int64>

    package init(_ range: ClosedRange<Int64>) { self.range = range }

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Int64 {
        let value: Int64
        do { value = try decoder.integer() } catch { throw .malformed(error) }
        guard range.contains(value) else { throw .outOfRange }
        return value
    }

    package func encode(_ value: Int64, into encoder: inout CBOREncoder) throws(ContractError) {
        guard range.contains(value) else { throw .outOfRange }
        encoder.integer(value)
    }

    package var type: FieldType { .integer(range) }
}

package struct BooleanFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Bool {
        do { return try decoder.boolean() } catch { throw .malformed(error) }
    }

    package func encode(_ value: Bool, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.boolean(value)
    }

    package var type: FieldType { .boolean }
}

package struct BytesFormat: FieldFormat {
    package let count: ClosedRange<Int>

    package init(_ count: ClosedRange<Int>) { self.count = count }

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> [UInt8] {
        let value: [UInt8]
        do { value = try decoder.byteString(atMost: count.upperBound) } catch { throw .malformed(error) }
        guard count.contains(value.count) else { throw .outOfRange }
        return value
    }

    package func encode(_ value: [UInt8], into encoder: inout CBOREncoder) throws(ContractError) {
        guard count.contains(value.count) else { throw .outOfRange }
        encoder.byteString(value)
    }

    package var type: FieldType { .bytes(count) }
}

package struct DigestFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Digest {
        do { return try decoder.digest() } catch { throw .malformed(error) }
    }

    package func encode(_ value: Digest, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.byteString(value)
    }

    package var type: FieldType { .digest }
}

package struct AccountFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> AccountID {
        do { return AccountID(try decoder.digest()) } catch { throw .malformed(error) }
    }

    package func encode(_ value: AccountID, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.byteString(value.digest)
    }

    package var type: FieldType { .account }
}

package struct PublicKeyFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> PublicKey {
        do { return try decoder.publicKey() } catch { throw .malformed(error) }
    }

    package func encode(_ value: PublicKey, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.byteString(value.bytes)
    }

    package var type: FieldType { .publicKey }
}

package struct SignatureFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Signature {
        do { return try decoder.signature() } catch { throw .malformed(error) }
    }

    package func encode(_ value: Signature, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.byteString(value.bytes)
    }

    package var type: FieldType { .signature }
}

package struct TimeFormat: FieldFormat {
    /// Later than any clock, and small enough that adding durations does not come near the integer's end.
    package static let latest: UInt64 = 1 << 48

    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> UInt64 {
        let value = try decoder.checkedUnsigned()
        guard value <= TimeFormat.latest else { throw .outOfRange }
        return value
    }

    package func encode(_ value: UInt64, into encoder: inout CBOREncoder) throws(ContractError) {
        guard value <= TimeFormat.latest else { throw .outOfRange }
        encoder.unsigned(value)
    }

    package var type: FieldType { .time }
}

package struct HeightFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Height {
        Height(try decoder.checkedUnsigned())
    }

    package func encode(_ value: Height, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.unsigned(value.number)
    }

    package var type: FieldType { .height }
}

extension CBORDecoder {
    package mutating func checkedUnsigned() throws(ContractError) -> UInt64 {
        do { return try unsigned() } catch { throw .malformed(error) }
    }
}
