package import Primitives

/// Writes a record's fields; the count of those that are there goes in front afterwards.
package struct RecordEncoder: FieldVisitor {
    private var body = CBOREncoder(capacity: 128)
    private var count = 0

    package init() {}

    var byteCount: Int { body.bytes.count }

    /// Appends the record.
    package func finish(into encoder: inout CBOREncoder) {
        encoder.map(count)
        encoder.raw(body.bytes)
    }

    private mutating func begin(_ key: UInt64) {
        body.unsigned(key)
        count += 1
    }

    package mutating func unsigned(_ key: UInt64, _ name: String, _ value: inout UInt64, in range: ClosedRange<UInt64>)
        throws(ContractError)
    {
        begin(key)
        do { try UnsignedFormat(range).encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func integer(_ key: UInt64, _ name: String, _ value: inout Int64, in range: ClosedRange<Int64>)
        throws(ContractError)
    {
        begin(key)
        do { try IntegerFormat(range).encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func boolean(_ key: UInt64, _ name: String, _ value: inout Bool) throws(ContractError) {
        begin(key)
        do { try BooleanFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func bytes(_ key: UInt64, _ name: String, _ value: inout [UInt8], count: ClosedRange<Int>)
        throws(ContractError)
    {
        begin(key)
        do { try BytesFormat(count).encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func digest(_ key: UInt64, _ name: String, _ value: inout Digest) throws(ContractError) {
        begin(key)
        do { try DigestFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func account(_ key: UInt64, _ name: String, _ value: inout AccountID) throws(ContractError) {
        begin(key)
        do { try AccountFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func identifier(_ key: UInt64, _ name: String, _ value: inout Identifier) throws(ContractError) {
        begin(key)
        do { try IdentifierFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func publicKey(_ key: UInt64, _ name: String, _ value: inout PublicKey) throws(ContractError) {
        begin(key)
        do { try PublicKeyFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func signature(_ key: UInt64, _ name: String, _ value: inout Signature) throws(ContractError) {
        begin(key)
        do { try SignatureFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func time(_ key: UInt64, _ name: String, _ value: inout UInt64) throws(ContractError) {
        begin(key)
        do { try TimeFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func height(_ key: UInt64, _ name: String, _ value: inout Height) throws(ContractError) {
        begin(key)
        do { try HeightFormat().encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func choice<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        begin(key)
        body.unsigned(value.rawValue)
    }

    package mutating func choices<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout ChoiceSet<Value>
    ) throws(ContractError) {
        begin(key)
        body.unsigned(value.bits)
    }

    package mutating func record<Value: Record>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        begin(key)
        var visitor = RecordEncoder()
        do { try value.fields(&visitor) } catch { throw error.prefixed(name) }
        visitor.finish(into: &body)
    }

    package mutating func field<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value,
        _ format: Format
    ) throws(ContractError) {
        begin(key)
        do { try format.encode(value, into: &body) } catch { throw error.prefixed(name) }
    }

    package mutating func optional<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value?,
        _ format: Format
    ) throws(ContractError) {
        guard let present = value else { return }
        begin(key)
        do { try format.encode(present, into: &body) } catch { throw error.prefixed(name) }
    }
}
