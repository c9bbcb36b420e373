package import ContractKit
internal import Primitives

/// Shows the chain's CBOR as JSON, with names where a schema gives them.
package enum SchemaWriting {
    /// Writes an encoded map as an object. Keys that the schema does not have appear as decimal numbers, so that
    /// nothing is hidden from a reader whose schema is older than the contract.
    package static func write(_ encoded: [UInt8], as fields: [FieldDescription], into text: inout JSONText) {
        guard let value = try? CBORValue(decoding: encoded) else {
            text.hex(encoded)
            return
        }
        record(value, fields, into: &text)
    }

    private static func record(_ value: CBORValue, _ fields: [FieldDescription], into text: inout JSONText) {
        guard case .map(let pairs) = value else {
            plain(value, into: &text)
            return
        }
        text.object { text in
            for pair in pairs {
                if case .unsigned(let key) = pair.key, let field = fields.first(where: { $0.key == key }) {
                    text.name(field.name)
                    write(pair.value, field.type, into: &text)
                } else {
                    text.name(label(pair.key))
                    plain(pair.value, into: &text)
                }
            }
        }
    }

    private static func write(_ value: CBORValue, _ type: FieldType, into text: inout JSONText) {
        switch (type, value) {
        case (.choice(let choices), .unsigned(let number)):
            if let choice = choices.first(where: { $0.number == number }) {
                text.string(choice.name)
            } else {
                text.number(number)
            }
        case (.choices(let choices), .unsigned(let mask)):
            text.array { text in
                for choice in choices where mask & (1 << choice.number) != 0 { text.string(choice.name) }
            }
        case (.corporateNumber, .unsigned(let number)): text.string(String(number))
        case (.legalEntityIdentifier, .byteString(let bytes)): text.string(String(decoding: bytes, as: UTF8.self))
        case (.list(let element, _), .array(let elements)):
            text.array { text in
                for item in elements { write(item, element, into: &text) }
            }
        case (.record(let fields), _): record(value, fields, into: &text)
        default: plain(value, into: &text)
        }
    }

    /// Any value without a schema.
    static func plain(_ value: CBORValue, into text: inout JSONText) {
        switch value {
        case .unsigned(let number): text.number(number)
        case .negative(let n):
            if let magnitude = Int64(exactly: n) { text.number(~magnitude) } else { text.string("-1-\(n)") }
        case .byteString(let bytes): text.hex(bytes)
        case .text(let string): text.string(string)
        case .array(let elements):
            text.array { text in
                for element in elements { plain(element, into: &text) }
            }
        case .map(let pairs):
            text.object { text in
                for pair in pairs {
                    text.name(label(pair.key))
                    plain(pair.value, into: &text)
                }
            }
        case .tagged(_, let inner): plain(inner, into: &text)
        case .boolean(let flag): text.boolean(flag)
        case .null: text.null()
        }
    }

    private static func label(_ key: CBORValue) -> String {
        switch key {
        case .unsigned(let number): String(number)
        case .text(let text): text
        default: Hex.encode(key.encoded)
        }
    }
}
