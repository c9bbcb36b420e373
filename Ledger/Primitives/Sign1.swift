/// COSE_Sign1 (RFC 9052 §4.2), tagged 18, with an empty unprotected header: nothing that is not signed is carried.
package struct Sign1: Hashable, Sendable {
    package static let tag: UInt64 = 18

    /// The encoded protected header.
    package let protected: [UInt8]
    package let payload: [UInt8]
    package let signature: [UInt8]

    package init(protected: [UInt8], payload: [UInt8], signature: [UInt8]) {
        self.protected = protected
        self.payload = payload
        self.signature = signature
    }

    package static func decode(_ bytes: [UInt8]) throws(CBORError) -> Sign1 {
        var decoder = CBORDecoder(bytes)
        guard try decoder.tag() == tag else { throw .unexpectedValue }
        try decoder.array(exactly: 4)
        let protected = try decoder.byteString(atMost: .max)
        try decoder.map(exactly: 0)
        let payload = try decoder.byteString(atMost: .max)
        let signature = try decoder.byteString(atMost: .max)
        try decoder.finish()
        return Sign1(protected: protected, payload: payload, signature: signature)
    }

    package func encode() -> [UInt8] {
        var encoder = CBOREncoder(capacity: protected.count + payload.count + signature.count + 32)
        encoder.tag(Sign1.tag)
        encoder.array(4)
        encoder.byteString(protected)
        encoder.map(0)
        encoder.byteString(payload)
        encoder.byteString(signature)
        return encoder.bytes
    }

    /// The bytes that are signed: `["Signature1", protected, external_aad, payload]` (RFC 9052 §4.4).
    package func signatureStructure(externalAAD: [UInt8] = []) -> [UInt8] {
        var encoder = CBOREncoder(capacity: protected.count + payload.count + externalAAD.count + 32)
        encoder.array(4)
        encoder.text("Signature1")
        encoder.byteString(protected)
        encoder.byteString(externalAAD)
        encoder.byteString(payload)
        return encoder.bytes
    }
}
