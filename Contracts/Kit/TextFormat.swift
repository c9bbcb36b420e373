package import Primitives

/// An identifier, the only text there is. What looks like a person's data is refused as such; other text that is no
/// identifier does not follow the schema.
package struct IdentifierFormat: FieldFormat {
    @inlinable package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Identifier {
        let range: Range<Int>
        do {
            range = try decoder.skipItemOfText()
        } catch {
            throw .malformed(error)
        }
        return try IdentifierFormat.checked(Array(decoder.bytes[range]))
    }

    package func encode(_ value: Identifier, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.text(value)
    }

    package var type: FieldType { .identifier }

    /// The check for text that came from outside.
    package static func checked(_ text: [UInt8]) throws(ContractError) -> Identifier {
        if let finding = PersonalDataFilter.finding(in: text) { throw finding.error }
        guard let identifier = Identifier(bytes: text) else {
            throw ContractError(.schema, "text that is no identifier")
        }
        return identifier
    }
}

extension CBORDecoder {
    /// The content of a text item, whatever its length: it is inspected before it is judged.
    mutating func skipItemOfText() throws(CBORError) -> Range<Int> {
        guard peek() == .text else { throw .unexpectedKind }
        let text = try text(atMost: .max)
        return (offset - text.utf8.count)..<offset
    }
}

/// A 法人番号, checked; 13 digits held as a number, so that it is no text that could be anything else.
package struct CorporateNumberFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> CorporateNumber {
        guard let number = CorporateNumber(try decoder.checkedUnsigned()) else {
            throw ContractError(.schema, "not a corporate number")
        }
        return number
    }

    package func encode(_ value: CorporateNumber, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.unsigned(value.number)
    }

    package var type: FieldType { .corporateNumber }
}

/// A Legal Entity Identifier, checked; its 20 characters are a byte string.
package struct LegalEntityIdentifierFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> LegalEntityIdentifier {
        let bytes: [UInt8]
        do { bytes = try decoder.byteString(exactly: 20) } catch { throw .malformed(error) }
        guard let identifier = LegalEntityIdentifier(bytes) else {
            throw ContractError(.schema, "not a legal entity identifier")
        }
        return identifier
    }

    package func encode(_ value: LegalEntityIdentifier, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.byteString(value.bytes)
    }

    package var type: FieldType { .legalEntityIdentifier }
}
