import Foundation
import Primitives
import Testing

/// One item of RFC 8949 appendix A in the JSON of its editors.
private struct AppendixItem: Decodable {
    let hex: String
    let roundtrip: Bool
    let diagnostic: String?
    let isFloat: Bool

    private enum Keys: String, CodingKey { case hex, roundtrip, diagnostic, decoded }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        hex = try container.decode(String.self, forKey: .hex)
        roundtrip = try container.decode(Bool.self, forKey: .roundtrip)
        diagnostic = try container.decodeIfPresent(String.self, forKey: .diagnostic)
        let major = hex.prefix(2)
        isFloat = ["f9", "fa", "fb"].contains(major)
    }
}

@Suite struct CBORVectorTests {
    @Test(
        "RFC 8949 appendix A: the deterministic items come back byte for byte, every other item is refused",
        .enabled(if: SharedVectors.arePresent, Comment(rawValue: SharedVectors.absence))
    )
    func appendixA() throws {
        let items = try JSONDecoder().decode(
            [AppendixItem].self,
            from: SharedVectors.data("rfc8949-appendix-a.json")
        )
        #expect(items.count == 82)
        var accepted = 0
        for item in items {
            let bytes = try #require(Hex.decode(item.hex))
            // Undefined, simple values other than false, true and null, and floats do not exist on the chain.
            let isOffTheChain =
                item.isFloat || ["f7", "f0", "f8", "c1fb"].contains { item.hex.hasPrefix($0) }
            let value = try? CBORValue(decoding: bytes)
            if item.roundtrip && !isOffTheChain {
                let encoded = try #require(value?.encoded, "\(item.hex) was refused")
                #expect(encoded == bytes)
                accepted += 1
            } else {
                #expect(value == nil, "\(item.hex) was accepted")
            }
        }
        #expect(accepted > 40)
    }

    @Test(
        "values have the encodings that RFC 8949 gives them",
        arguments: [
            (CBORValue.unsigned(0), "00"), (.unsigned(23), "17"), (.unsigned(24), "1818"), (.unsigned(255), "18ff"),
            (.unsigned(256), "190100"), (.unsigned(65_535), "19ffff"), (.unsigned(65_536), "1a00010000"),
            (.unsigned(1 << 32), "1b0000000100000000"), (.unsigned(.max), "1bffffffffffffffff"),
            (.negative(0), "20"), (.negative(99), "3863"), (.negative(.max), "3bffffffffffffffff"),
            (.byteString([]), "40"), (.byteString([1, 2, 3, 4]), "4401020304"), (.text(""), "60"),
            (.text("ü"), "62c3bc"), (.text("水"), "63e6b0b4"), (.array([]), "80"),
            (.array([.unsigned(1), .array([.unsigned(2)])]), "82018102"), (.map([]), "a0"),
            (.boolean(false), "f4"), (.boolean(true), "f5"), (.null, "f6"), (.tagged(18, .array([])), "d280"),
        ]
    )
    func publishedEncodings(value: CBORValue, hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(value.encoded == bytes)
        #expect(try CBORValue(decoding: bytes) == value)
    }

    @Test("map keys are written in the bytewise order of their encodings, and read in no other")
    func keyOrder() throws {
        // RFC 8949 §4.2.1's own example.
        let keys: [CBORValue] = [
            .unsigned(10), .unsigned(100), .negative(0), .text("z"), .text("aa"), .array([.unsigned(100)]),
            .array([.negative(0)]), .boolean(false),
        ]
        let map = CBORValue.map(keys.reversed().map { CBORValue.Pair($0, .null) })
        #expect(Hex.encode(map.encoded) == "a80af61864f620f6617af6626161f6811864f68120f6f4f6")
        #expect(try CBORValue(decoding: map.encoded) == map)
    }

    @Test(
        "what is not deterministic is refused, with the reason",
        arguments: [
            ("", CBORError.truncated), ("18", .truncated), ("1817", .notShortest), ("1900ff", .notShortest),
            ("1a0000ffff", .notShortest), ("1b00000000ffffffff", .notShortest), ("3817", .notShortest),
            ("580100", .notShortest), ("5f4100ff", .indefiniteLength), ("7f6161ff", .indefiniteLength),
            ("9f00ff", .indefiniteLength), ("bf0000ff", .indefiniteLength), ("ff", .indefiniteLength),
            ("1c", .unsupported), ("f7", .unsupported), ("f8ff", .unsupported), ("f93c00", .unsupported),
            ("fb3ff0000000000000", .unsupported), ("61ff", .notUTF8), ("62c080", .notUTF8), ("63eda080", .notUTF8),
            ("a201000000", .keyOrder), ("a200000000", .keyOrder), ("a2616100616100", .keyOrder),
            ("0000", .trailingBytes),
            ("4201", .truncated), ("8201", .truncated), ("a1", .truncated), ("c2", .truncated),
        ]
    )
    func refusals(hex: String, reason: CBORError) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: reason) { try CBORValue(decoding: bytes) }
    }
}
