import Primitives
import Testing

@Suite struct CBORLimitTests {
    @Test(
        "failure 15: a huge claimed length is refused before anything is allocated",
        arguments: [
            "5bffffffffffffffff", "7bffffffffffffffff", "9bffffffffffffffff", "bbffffffffffffffff", "9affffffff00",
        ]
    )
    func hugeLengths(hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: CBORError.truncated) { try CBORValue(decoding: bytes) }
        #expect(throws: CBORError.truncated) {
            var decoder = CBORDecoder(bytes)
            try decoder.skipItem()
        }
    }

    @Test("nesting deeper than the limit is refused, however it is nested", arguments: ["81", "c0", "a100"])
    func nesting(opening: String) throws {
        let layer = try #require(Hex.decode(opening))
        func nested(_ depth: Int) -> [UInt8] { Array(repeatElement(layer, count: depth).joined()) + [0] }
        #expect(throws: Never.self) { try CBORValue(decoding: nested(16)) }
        #expect(throws: CBORError.tooDeep) { try CBORValue(decoding: nested(17)) }
        // Far beyond any stack, if it recursed.
        #expect(throws: CBORError.tooDeep) { try CBORValue(decoding: nested(1_000_000)) }
    }

    @Test("the caller's limits hold for strings, arrays and maps")
    func callerLimits() throws {
        let text = CBORValue.text("abcd").encoded
        let string = CBORValue.byteString([1, 2, 3]).encoded
        let array = CBORValue.array([.null, .null]).encoded
        let map = CBORValue.map([.init(.unsigned(1), .null)]).encoded
        var decoder = CBORDecoder(text)
        #expect(throws: CBORError.tooLong) { try decoder.text(atMost: 3) }
        decoder = CBORDecoder(string)
        #expect(throws: CBORError.tooLong) { try decoder.byteString(atMost: 2) }
        decoder = CBORDecoder(string)
        #expect(throws: CBORError.unexpectedValue) { try decoder.byteString(exactly: 4) }
        decoder = CBORDecoder(array)
        #expect(throws: CBORError.tooLong) { try decoder.array(atMost: 1) }
        decoder = CBORDecoder(array)
        #expect(throws: CBORError.unexpectedValue) { try decoder.array(exactly: 3) }
        decoder = CBORDecoder(map)
        #expect(throws: CBORError.tooLong) { try decoder.map(atMost: 0) }
    }

    @Test("each reader takes its own kind and no other")
    func kinds() throws {
        let items: [(CBORKind, CBORValue)] = [
            (.unsigned, .unsigned(5)), (.negative, .negative(5)), (.byteString, .byteString([7])), (.text, .text("a")),
            (.array, .array([.null])), (.map, .map([.init(.unsigned(1), .null)])), (.tag, .tagged(18, .null)),
            (.boolean, .boolean(true)), (.null, .null),
        ]
        for (kind, item) in items {
            let bytes = item.encoded
            #expect(CBORDecoder(bytes).peek() == kind)
            var readers: [CBORKind: (inout CBORDecoder) throws -> Void] = [:]
            readers[.unsigned] = { _ = try $0.unsigned() }
            readers[.byteString] = { _ = try $0.byteString(atMost: 9) }
            readers[.text] = { _ = try $0.text(atMost: 9) }
            readers[.array] = { _ = try $0.array(atMost: 9) }
            readers[.map] = { _ = try $0.map(atMost: 9) }
            readers[.tag] = { _ = try $0.tag() }
            readers[.boolean] = { _ = try $0.boolean() }
            readers[.null] = { try $0.null() }
            for (reading, read) in readers {
                var decoder = CBORDecoder(bytes)
                if reading == kind {
                    #expect(throws: Never.self) { try read(&decoder) }
                } else {
                    #expect(throws: CBORError.unexpectedKind) { try read(&decoder) }
                }
            }
        }
    }

    @Test("integers beyond Int64 are refused where an Int64 is read", arguments: [Int64.min, -1, 0, 1, .max])
    func integers(value: Int64) throws {
        var encoder = CBOREncoder()
        encoder.integer(value)
        var decoder = CBORDecoder(encoder.bytes)
        #expect(try decoder.integer() == value)
        #expect(CBORValue(integer: value).encoded == encoder.bytes)
        for outside in [CBORValue.unsigned(1 << 63), .negative(1 << 63)] {
            var decoder = CBORDecoder(outside.encoded)
            #expect(throws: CBORError.unexpectedValue) { try decoder.integer() }
        }
    }

    @Test("map keys that do not ascend are refused one by one")
    func mapKeys() throws {
        var decoder = CBORDecoder([1, 3, 3])
        var previous: UInt64?
        #expect(try decoder.mapKey(after: &previous) == 1)
        #expect(try decoder.mapKey(after: &previous) == 3)
        #expect(throws: CBORError.keyOrder) { try decoder.mapKey(after: &previous) }
        var maximum: UInt64? = .max
        var last = CBORDecoder(CBORValue.unsigned(.max).encoded)
        #expect(throws: CBORError.keyOrder) { try last.mapKey(after: &maximum) }
    }

    @Test("an embedded string is read to its end, neither short of it nor across it")
    func embedded() throws {
        let bytes = CBORValue.array([.byteString([1, 2]), .unsigned(3)]).encoded
        var decoder = CBORDecoder(bytes)
        try decoder.array(exactly: 2)
        let content = try decoder.enterByteString(atMost: 2)
        #expect(try decoder.unsigned() == 1)
        #expect(throws: CBORError.trailingBytes) { try decoder.leave(content) }
        #expect(try decoder.unsigned() == 2)
        #expect(throws: Never.self) { try decoder.leave(content) }
        #expect(try decoder.unsigned() == 3)
        #expect(throws: CBORError.truncated) { try decoder.leave(content) }
        #expect(throws: Never.self) { try decoder.finish() }
    }
}
