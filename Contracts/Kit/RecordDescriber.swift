package import Primitives

/// Lists what a record consists of.
package struct RecordDescriber: FieldVisitor {
    package private(set) var fields: [FieldDescription] = []

    package init() {}

    private mutating func add(_ key: UInt64, _ name: String, _ type: FieldType, isOptional: Bool = false) {
        fields.append(FieldDescription(key: key, name: name, type: type, isOptional: isOptional))
    }

    package mutating func unsigned(_ key: UInt64, _ name: String, _ value: inout UInt64, in range: ClosedRange<UInt64>)
        throws(ContractError)
    {
        add(key, name, UnsignedFormat(range).type)
    }

    package mutating func integer(_ key: UInt64, _ name: String, _ value: inout Int64, in range: ClosedRange<Int64>)
        throws(ContractError)
    {
        add(key, name, IntegerFormat(range).type)
    }

    package mutating func boolean(_ key: UInt64, _ name: String, _ value: inout Bool) throws(ContractError) {
        add(key, name, BooleanFormat().type)
    }

    package mutating func bytes(_ key: UInt64, _ name: String, _ value: inout [UInt8], count: ClosedRange<Int>)
        throws(ContractError)
    {
        add(key, name, BytesFormat(count).type)
    }

    package mutating func digest(_ key: UInt64, _ name: String, _ value: inout Digest) throws(ContractError) {
        add(key, name, DigestFormat().type)
    }

    package mutating func account(_ key: UInt64, _ name: String, _ value: inout AccountID) throws(ContractError) {
        add(key, name, AccountFormat().type)
    }

    package mutating func identifier(_ key: UInt64, _ name: String, _ value: inout Identifier) throws(ContractError) {
        add(key, name, IdentifierFormat().type)
    }

    package mutating func publicKey(_ key: UInt64, _ name: String, _ value: inout PublicKey) throws(ContractError) {
        add(key, name, PublicKeyFormat().type)
    }

    package mutating func signature(_ key: UInt64, _ name: String, _ value: inout Signature) throws(ContractError) {
        add(key, name, SignatureFormat().type)
    }

    package mutating func time(_ key: UInt64, _ name: String, _ value: inout UInt64) throws(ContractError) {
        add(key, name, TimeFormat().type)
    }

    package mutating func height(_ key: UInt64, _ name: String, _ value: inout Height) throws(ContractError) {
        add(key, name, HeightFormat().type)
    }

    package mutating func choice<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        add(key, name, .choice(Value.descriptions))
    }

    package mutating func choices<Value: Choice>(
        _ key: UInt64,
        _ name: String,
        _ value: inout ChoiceSet<Value>
    ) throws(ContractError) {
        add(key, name, .choices(Value.descriptions))
    }

    package mutating func record<Value: Record>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Value
    ) throws(ContractError) {
        add(key, name, .record(Value.fieldDescriptions))
    }

    package mutating func field<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value,
        _ format: Format
    ) throws(ContractError) {
        add(key, name, format.type)
    }

    package mutating func optional<Format: FieldFormat>(
        _ key: UInt64,
        _ name: String,
        _ value: inout Format.Value?,
        _ format: Format
    ) throws(ContractError) {
        add(key, name, format.type, isOptional: true)
    }
}
