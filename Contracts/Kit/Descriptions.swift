internal import Primitives

/// The type of a field with its bounds: what a client needs to read, write and convert it.
package indirect enum FieldType: Hashable, Sendable {
    case unsigned(ClosedRange<UInt64>)
    case integer(ClosedRange<Int64>)
    case boolean
    /// A byte string with this many bytes; hexadecimal in JSON.
    case bytes(ClosedRange<Int>)
    case digest
    case account
    case publicKey
    case signature
    case identifier
    /// Milliseconds since 1970.
    case time
    case height
    /// 13 digits, encoded as a number.
    case corporateNumber
    /// 20 characters, encoded as a byte string of their ASCII.
    case legalEntityIdentifier
    /// One of the named numbers, encoded as the number.
    case choice([ChoiceDescription])
    /// Some of the named numbers, encoded as one integer in which bit n stands for number n; a list of names in JSON.
    case choices([ChoiceDescription])
    case list(FieldType, ClosedRange<Int>)
    case record([FieldDescription])

    /// The word for it in descriptions.
    package var name: String {
        switch self {
        case .unsigned: "unsigned"
        case .integer: "integer"
        case .boolean: "boolean"
        case .bytes: "bytes"
        case .digest: "digest"
        case .account: "account"
        case .publicKey: "public_key"
        case .signature: "signature"
        case .identifier: "identifier"
        case .time: "time"
        case .height: "height"
        case .corporateNumber: "corporate_number"
        case .legalEntityIdentifier: "legal_entity_identifier"
        case .choice: "choice"
        case .choices: "choices"
        case .list: "list"
        case .record: "record"
        }
    }
}

package struct ChoiceDescription: Hashable, Sendable {
    package let number: UInt64
    package let name: String

    package init(number: UInt64, name: String) {
        self.number = number
        self.name = name
    }
}

extension Choice {
    package static var descriptions: [ChoiceDescription] {
        allCases.map { ChoiceDescription(number: $0.rawValue, name: $0.name) }
    }
}

package struct FieldDescription: Hashable, Sendable {
    /// The key in the CBOR map.
    package let key: UInt64
    /// The key in JSON.
    package let name: String
    package let type: FieldType
    package let isOptional: Bool

    package init(key: UInt64, name: String, type: FieldType, isOptional: Bool) {
        self.key = key
        self.name = name
        self.type = type
        self.isOptional = isOptional
    }
}

package struct MethodDescription: Hashable, Sendable {
    package let name: String
    package let summary: String
    package let fields: [FieldDescription]
    /// The refusals that are the method's own; every method may also answer SCHEMA, PERSONAL_DATA and LIMIT.
    package let errors: [ErrorCode]
}

package struct QueryDescription: Hashable, Sendable {
    package let name: String
    package let summary: String
    package let fields: [FieldDescription]
    package let answer: [FieldDescription]
}

package struct EventDescription: Hashable, Sendable {
    package let name: String
    package let version: UInt64
    package let fields: [FieldDescription]
}

/// Everything that a client needs to know of a contract.
package struct ContractDescription: Hashable, Sendable {
    package let name: String
    package let version: UInt64
    package let methods: [MethodDescription]
    package let queries: [QueryDescription]
    package let events: [EventDescription]

    package func method(_ name: String) -> MethodDescription? {
        methods.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    package func query(_ name: String) -> QueryDescription? {
        queries.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    package func event(_ name: String) -> EventDescription? {
        events.first { $0.name.utf8.elementsEqual(name.utf8) }
    }
}
