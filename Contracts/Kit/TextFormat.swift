package import Primitives

/// An identifier, the only text there is. What looks like a person's data was refused before, when the arguments were
/// inspected as a whole.
package struct IdentifierFormat: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Identifier {
        do { return try decoder.identifier() } catch {
            throw error == .unexpectedValue || error == .tooLong ? .notIdentifier : .malformed(error)
        }
    }

    package func encode(_ value: Identifier, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.text(value)
    }

    package var type: FieldType { .identifier }
}

extension ContractError {
    package static var notIdentifier: ContractError { ContractError(.schema, "text that is no identifier") }
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
