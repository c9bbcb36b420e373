internal import Primitives

// Written out here rather than through `RecordFormat`, whose type would have to be made at run time for each record.
extension Record {
    /// Reads a whole record and nothing after it.
    package init(decoding bytes: [UInt8]) throws(ContractError) {
        var visitor = try RecordDecoder(CBORDecoder(bytes))
        self.init()
        try fields(&visitor)
        guard try visitor.finish().isAtEnd else { throw .malformed(.trailingBytes) }
    }

    /// The deterministic encoding; throws if a value breaks its own field's rule, which is the contract's mistake.
    package func encoded() throws(ContractError) -> [UInt8] {
        var visitor = RecordEncoder()
        // Encoding reads the fields only, but visits them as decoding does.
        var record = self
        try record.fields(&visitor)
        var encoder = CBOREncoder(capacity: visitor.byteCount + 4)
        visitor.finish(into: &encoder)
        return encoder.bytes
    }

    package static var fieldDescriptions: [FieldDescription] {
        var describer = RecordDescriber()
        var record = Self()
        // Describing reads no value and refuses none.
        do { try record.fields(&describer) } catch { return [] }
        return describer.fields
    }
}
