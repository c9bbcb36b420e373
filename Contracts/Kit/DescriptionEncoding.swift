package import Primitives

// The bytes under the schema digest. Summaries are left out: explaining a method better does not change it.

extension ContractDescription {
    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(5)
        encoder.text(name)
        encoder.unsigned(version)
        encoder.array(methods.count)
        for method in methods {
            encoder.array(3)
            encoder.text(method.name)
            method.fields.encode(into: &encoder)
            encoder.array(method.errors.count)
            for code in method.errors { encoder.unsigned(code.rawValue) }
        }
        encoder.array(queries.count)
        for query in queries {
            encoder.array(3)
            encoder.text(query.name)
            query.fields.encode(into: &encoder)
            query.answer.encode(into: &encoder)
        }
        encoder.array(events.count)
        for event in events {
            encoder.array(3)
            encoder.text(event.name)
            encoder.unsigned(event.version)
            event.fields.encode(into: &encoder)
        }
    }
}

extension [FieldDescription] {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.array(count)
        for field in self {
            encoder.array(4)
            encoder.unsigned(field.key)
            encoder.text(field.name)
            encoder.boolean(field.isOptional)
            field.type.encode(into: &encoder)
        }
    }
}

extension [ChoiceDescription] {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.array(count)
        for choice in self {
            encoder.array(2)
            encoder.unsigned(choice.number)
            encoder.text(choice.name)
        }
    }
}

extension FieldType {
    /// `[name, bounds or parts…]`.
    fileprivate func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .unsigned(let range):
            head(3, into: &encoder)
            encoder.unsigned(range.lowerBound)
            encoder.unsigned(range.upperBound)
        case .integer(let range):
            head(3, into: &encoder)
            encoder.integer(range.lowerBound)
            encoder.integer(range.upperBound)
        case .bytes(let range):
            head(3, into: &encoder)
            encoder.integer(Int64(range.lowerBound))
            encoder.integer(Int64(range.upperBound))
        case .choice(let choices), .choices(let choices):
            head(2, into: &encoder)
            choices.encode(into: &encoder)
        case .list(let element, let range):
            head(4, into: &encoder)
            encoder.integer(Int64(range.lowerBound))
            encoder.integer(Int64(range.upperBound))
            element.encode(into: &encoder)
        case .record(let fields):
            head(2, into: &encoder)
            fields.encode(into: &encoder)
        case .boolean, .digest, .account, .publicKey, .signature, .identifier, .time, .height, .corporateNumber,
            .legalEntityIdentifier:
            head(1, into: &encoder)
        }
    }

    private func head(_ count: Int, into encoder: inout CBOREncoder) {
        encoder.array(count)
        encoder.text(name)
    }
}
