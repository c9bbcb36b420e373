package import ContractKit
internal import Primitives

/// Converts JSON to the chain's CBOR by a method's schema, never by guessing: what the schema does not name is refused.
package enum SchemaReading {
    package static func encode(_ value: JSONValue, as fields: [FieldDescription]) throws(SchemaError) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 256)
        try record(value, fields, at: "arguments", into: &encoder)
        return encoder.bytes
    }

    private static func record(
        _ value: JSONValue,
        _ fields: [FieldDescription],
        at place: String,
        into encoder: inout CBOREncoder
    ) throws(SchemaError) {
        guard case .object(let members) = value else { throw SchemaError(place, "is not an object") }
        // Sorted, so that the first unknown name reported is the same every time.
        for name in members.keys.sorted() where !fields.contains(where: { $0.name == name }) {
            throw SchemaError(place, "has no field of this name; its fields are \(names(fields))")
        }
        var present: [(FieldDescription, JSONValue)] = []
        for field in fields.sorted(by: { $0.key < $1.key }) {
            let member = members[field.name] ?? .null
            if member == .null {
                guard field.isOptional else { throw SchemaError("\(place).\(field.name)", "is missing") }
                continue
            }
            present.append((field, member))
        }
        encoder.map(present.count)
        for (field, member) in present {
            encoder.unsigned(field.key)
            try encode(member, field.type, at: "\(place).\(field.name)", into: &encoder)
        }
    }

    private static func names(_ fields: [FieldDescription]) -> String {
        fields.isEmpty ? "none" : fields.map(\.name).joined(separator: ", ")
    }

    private static func encode(
        _ value: JSONValue,
        _ type: FieldType,
        at place: String,
        into encoder: inout CBOREncoder
    ) throws(SchemaError) {
        switch type {
        case .unsigned(let range):
            let number = try unsigned(value, at: place)
            guard range.contains(number) else {
                throw SchemaError(place, "is not from \(range.lowerBound) to \(range.upperBound)")
            }
            encoder.unsigned(number)
        case .integer(let range):
            let number = try integer(value, at: place)
            guard range.contains(number) else {
                throw SchemaError(place, "is not from \(range.lowerBound) to \(range.upperBound)")
            }
            encoder.integer(number)
        case .time, .height: encoder.unsigned(try unsigned(value, at: place))
        case .boolean:
            guard case .boolean(let flag) = value else { throw SchemaError(place, "is not true or false") }
            encoder.boolean(flag)
        case .bytes(let range): encoder.byteString(try bytes(value, range, at: place))
        case .digest, .account:
            encoder.byteString(try bytes(value, Digest.byteCount...Digest.byteCount, at: place))
        case .publicKey: encoder.byteString(try bytes(value, PublicKey.byteCount...PublicKey.byteCount, at: place))
        case .signature: encoder.byteString(try bytes(value, Signature.byteCount...Signature.byteCount, at: place))
        case .identifier, .corporateNumber, .legalEntityIdentifier:
            try encodeName(value, type, at: place, into: &encoder)
        case .choice(let choices): encoder.unsigned(try choice(value, choices, at: place).number)
        case .choices(let choices): encoder.unsigned(try mask(value, choices, at: place))
        case .list(let element, let range):
            guard case .array(let elements) = value else { throw SchemaError(place, "is not a list") }
            guard range.contains(elements.count) else {
                throw SchemaError(place, "does not have \(range.lowerBound) to \(range.upperBound) elements")
            }
            encoder.array(elements.count)
            for (position, item) in elements.enumerated() {
                try encode(item, element, at: "\(place)[\(position)]", into: &encoder)
            }
        case .record(let fields): try record(value, fields, at: place, into: &encoder)
        }
    }

    private static func encodeName(
        _ value: JSONValue,
        _ type: FieldType,
        at place: String,
        into encoder: inout CBOREncoder
    ) throws(SchemaError) {
        guard case .string(let text) = value else { throw SchemaError(place, "is not a string") }
        switch type {
        case .corporateNumber:
            guard text.utf8.count == 13, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(text)
            else { throw SchemaError(place, "is not 13 digits") }
            encoder.unsigned(number)
        case .legalEntityIdentifier:
            guard text.utf8.count == 20, text.utf8.allSatisfy({ $0 < 0x80 }) else {
                throw SchemaError(place, "is not 20 characters of ASCII")
            }
            encoder.byteString(Array(text.utf8))
        default:
            guard let identifier = Identifier(text) else {
                throw SchemaError(place, "is not an identifier: [a-z0-9-]{1,64} without seven digits in a row")
            }
            encoder.text(identifier)
        }
    }

    // MARK: Scalars

    /// A number, or its digits in a string, which is how integers beyond 2^53 travel.
    private static func unsigned(_ value: JSONValue, at place: String) throws(SchemaError) -> UInt64 {
        switch value {
        case .unsigned(let number): return number
        case .string(let text):
            if let number = UInt64(text), String(number) == text { return number }
        default: break
        }
        throw SchemaError(place, "is not an unsigned integer")
    }

    private static func integer(_ value: JSONValue, at place: String) throws(SchemaError) -> Int64 {
        switch value {
        case .negative(let number): return number
        case .unsigned(let magnitude):
            if let number = Int64(exactly: magnitude) { return number }
        case .string(let text):
            if let number = Int64(text), String(number) == text { return number }
        default: break
        }
        throw SchemaError(place, "is not an integer")
    }

    private static func bytes(
        _ value: JSONValue,
        _ count: ClosedRange<Int>,
        at place: String
    ) throws(SchemaError) -> [UInt8] {
        guard case .string(let text) = value, let bytes = Hex.decode(text) else {
            throw SchemaError(place, "is not a string of lower-case hexadecimal")
        }
        guard count.contains(bytes.count) else {
            throw SchemaError(place, "does not have \(count.lowerBound) to \(count.upperBound) bytes")
        }
        return bytes
    }

    private static func choice(
        _ value: JSONValue,
        _ choices: [ChoiceDescription],
        at place: String
    ) throws(SchemaError) -> ChoiceDescription {
        guard case .string(let name) = value, let choice = choices.first(where: { $0.name == name }) else {
            throw SchemaError(place, "is none of \(choices.map(\.name).joined(separator: ", "))")
        }
        return choice
    }

    private static func mask(
        _ value: JSONValue,
        _ choices: [ChoiceDescription],
        at place: String
    ) throws(SchemaError) -> UInt64 {
        guard case .array(let elements) = value else { throw SchemaError(place, "is not a list of names") }
        var mask: UInt64 = 0
        for element in elements {
            // A shift of 64 and more gives zero, so a number that no bit stands for sets none.
            let bit: UInt64 = 1 << (try choice(element, choices, at: place)).number
            guard mask & bit == 0 else { throw SchemaError(place, "names one twice") }
            mask |= bit
        }
        return mask
    }
}

/// JSON that does not follow a schema. The message names the place and never repeats the value.
package struct SchemaError: Error, Equatable {
    package let message: String

    init(_ place: String, _ fault: String) { message = "\(place) \(fault)" }
}
