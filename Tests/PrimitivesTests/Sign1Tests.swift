import Foundation
import Primitives
import Testing

@Suite struct Sign1Tests {
    private struct Example: Decodable {
        struct Intermediates: Decodable { let ToBeSign_hex: String }
        struct Output: Decodable { let cbor: String }
        struct Input: Decodable {
            struct Signer: Decodable { let external: String? }
            let sign0: Signer
        }

        let input: Input
        let intermediates: Intermediates
        let output: Output
    }

    @Test(
        "the Sig_structure is the one of the COSE working group's examples",
        .enabled(if: SharedVectors.arePresent, Comment(rawValue: SharedVectors.absence)),
        arguments: ["sign-pass-01", "sign-pass-02", "sign-pass-03"]
    )
    func examples(name: String) throws {
        let example = try JSONDecoder().decode(Example.self, from: SharedVectors.data("cose/sign1/\(name).json"))
        let bytes = try #require(Hex.decode(example.output.cbor.lowercased()))
        var value = try CBORValue(decoding: bytes)
        if case .tagged(Sign1.tag, let content) = value { value = content }
        guard case .array(let parts) = value, parts.count == 4, case .byteString(let protected) = parts[0],
            case .byteString(let payload) = parts[2], case .byteString(let signature) = parts[3]
        else {
            Issue.record("not a COSE_Sign1")
            return
        }
        let external = try #require(Hex.decode((example.input.sign0.external ?? "").lowercased()))
        // The examples write an empty protected header as h'a0'; RFC 9052 signs it as the empty string.
        let sign1 = Sign1(protected: protected == [0xA0] ? [] : protected, payload: payload, signature: signature)
        let expected = try #require(Hex.decode(example.intermediates.ToBeSign_hex.lowercased()))
        #expect(sign1.signatureStructure(externalAAD: external) == expected)
    }

    @Test("a structure comes back from its bytes, and from no other form of them")
    func roundTrip() throws {
        let sign1 = Sign1(
            protected: [0xA1, 1, 0x38, 46],
            payload: [1, 2, 3],
            signature: [UInt8](repeating: 7, count: 64)
        )
        let bytes = sign1.encode()
        #expect(try Sign1.decode(bytes) == sign1)
        #expect(throws: CBORError.trailingBytes) { try Sign1.decode(bytes + [0]) }
        #expect(throws: CBORError.truncated) { try Sign1.decode(bytes.dropLast()) }
        #expect(throws: CBORError.unexpectedKind) { try Sign1.decode(Array(bytes.dropFirst())) }
        #expect(throws: CBORError.unexpectedValue) { try Sign1.decode([0xD3] + bytes.dropFirst()) }
    }

    @Test("an unprotected header is refused: nothing is carried that is not signed")
    func unprotected() throws {
        let bytes = CBORValue.tagged(
            18,
            .array([.byteString([]), .map([.init(.unsigned(4), .byteString([1]))]), .byteString([]), .byteString([])])
        ).encoded
        #expect(throws: CBORError.unexpectedValue) { try Sign1.decode(bytes) }
    }

    @Test("the Sig_structure of a known message is the known one")
    func known() {
        let sign1 = Sign1(protected: [0xA1, 0x01, 0x26], payload: Array("This is the content.".utf8), signature: [])
        #expect(
            Hex.encode(sign1.signatureStructure(externalAAD: [0x11]))
                == "846a5369676e61747572653143a101264111" + "54546869732069732074686520636f6e74656e742e"
        )
    }
}
