package import Primitives

package struct ChoiceFormat<Value: Choice>: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Value {
        guard let value = Value(rawValue: try decoder.checkedUnsigned()) else { throw .noSuchChoice }
        return value
    }

    package func encode(_ value: Value, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.unsigned(value.rawValue)
    }

    package var type: FieldType { .choice(Value.descriptions) }
}

package struct ChoiceSetFormat<Element: Choice>: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> ChoiceSet<Element> {
        guard let value = ChoiceSet<Element>(bits: try decoder.checkedUnsigned()) else { throw .noSuchChoice }
        return value
    }

    package func encode(_ value: ChoiceSet<Element>, into encoder: inout CBOREncoder) throws(ContractError) {
        encoder.unsigned(value.bits)
    }

    package var type: FieldType { .choices(Element.descriptions) }
}

/// A record inside a record.
package struct RecordFormat<Value: Record>: FieldFormat {
    package init() {}

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> Value {
        var visitor = try RecordDecoder(decoder)
        var value = Value()
        try value.fields(&visitor)
        decoder = try visitor.finish()
        return value
    }

    package func encode(_ value: Value, into encoder: inout CBOREncoder) throws(ContractError) {
        var visitor = RecordEncoder()
        var value = value
        try value.fields(&visitor)
        visitor.finish(into: &encoder)
    }

    package var type: FieldType { .record(Value.fieldDescriptions) }
}

/// Several values of one format, in the order given. The bound holds before anything is allocated.
package struct ListFormat<Element: FieldFormat>: FieldFormat {
    package let element: Element
    package let count: ClosedRange<Int>

    package init(_ element: Element, _ count: ClosedRange<Int>) {
        self.element = element
        self.count = count
    }

    package func decode(from decoder: inout CBORDecoder) throws(ContractError) -> [Element.Value] {
        let found = try decoder.checkedArray(atMost: count.upperBound)
        guard count.contains(found) else { throw .outOfRange }
        var values: [Element.Value] = []
        values.reserveCapacity(found)
        for _ in 0..<found { values.append(try element.decode(from: &decoder)) }
        return values
    }

    package func encode(
        _ values: [Element.Value],
        into encoder: inout CBOREncoder
    ) throws(ContractError) {
        guard count.contains(values.count) else { throw .outOfRange }
        encoder.array(values.count)
        for value in values { try element.encode(value, into: &encoder) }
    }

    package var type: FieldType { .list(element.type, count) }
}

extension CBORDecoder {
    package mutating func checkedArray(atMost limit: Int) throws(ContractError) -> Int {
        do { return try array(atMost: limit) } catch { throw .malformed(error) }
    }
}

// The names that lists and optional fields are written with: `of: .digest`, `.record(Plan.self)`.

extension FieldFormat where Self == DigestFormat { package static var digest: Self { Self() } }
extension FieldFormat where Self == AccountFormat { package static var account: Self { Self() } }
extension FieldFormat where Self == PublicKeyFormat { package static var publicKey: Self { Self() } }
extension FieldFormat where Self == SignatureFormat { package static var signature: Self { Self() } }
extension FieldFormat where Self == IdentifierFormat { package static var identifier: Self { Self() } }
extension FieldFormat where Self == BooleanFormat { package static var boolean: Self { Self() } }
extension FieldFormat where Self == TimeFormat { package static var time: Self { Self() } }
extension FieldFormat where Self == HeightFormat { package static var height: Self { Self() } }
extension FieldFormat where Self == CorporateNumberFormat { package static var corporateNumber: Self { Self() } }
extension FieldFormat where Self == LegalEntityIdentifierFormat {
    package static var legalEntityIdentifier: Self { Self() }
}
extension FieldFormat where Self == UnsignedFormat {
    package static func unsigned(from least: UInt64, through greatest: UInt64) -> Self { Self(least...greatest) }
}
extension FieldFormat where Self == IntegerFormat {
    package static func integer(from least: Int64, through greatest: Int64) -> Self { Self(least...greatest) }
}
extension FieldFormat where Self == BytesFormat {
    package static func bytes(from least: Int, through greatest: Int) -> Self { Self(least...greatest) }
    package static func bytes(count: Int) -> Self { Self(count...count) }
    /// Where a scan goes on: the `next` of one page is the `after` of the following question.
    package static var cursor: Self { Self(1...PageCursor.greatestByteCount) }
}
extension FieldFormat {
    package static func choice<Value: Choice>(_: Value.Type) -> Self where Self == ChoiceFormat<Value> { Self() }
    package static func choices<Value: Choice>(_: Value.Type) -> Self where Self == ChoiceSetFormat<Value> { Self() }
    package static func record<Value: Record>(_: Value.Type) -> Self where Self == RecordFormat<Value> { Self() }
    package static func list<Element: FieldFormat>(of element: Element, atMost limit: Int) -> Self
    where Self == ListFormat<Element> { Self(element, 0...limit) }
}
