import ContractKit
import Primitives
import SeededRandom
import Testing

@Suite struct PersonalDataTests {
    @Test(
        "text that looks like a person's data is found",
        arguments: [
            "taro.yamada@example.jp", "a@b", "name＠example.jp", "x-taro@example",
            "09012345678", "090-1234-5678", "03-1234-5678", "+81-90-1234-5678", "81-90-1234-5678", "tel-090-1234-5678",
            "(03)1234-5678", "+49 30 901820", "01.23.45.67.89", "０９０-１２３４-５６７８", "012-345-678",
            "1234567", "id-1234567-x", "1234-5678-9012", "123456789012",
            "131052-308t", "811228-9874", "rssmra85t10a562s", "RSSMRA85T10A562S", "user-rssmra85t10a562s",
            "2026-11-21-090-1234-5678",
        ]
    )
    func found(text: String) {
        #expect(PersonalDataFilter.finding(in: Array(text.utf8)) != nil)
    }

    @Test(
        "identifiers of the kinds that the domains use are let through",
        arguments: [
            "city-planning", "station-12", "2026-11-21", "noise-2026-11-21", "window-2026-11-21-0001",
            "2026-11-21-23-59-59", "v1-2-3", "cpsf-l1-002", "iso-27001", "pm2-5", "zone-123456", "lot-12-34-56",
            "eu-2016-679", "urn-ngsi-ld", "a", "100-200", "sha-256", "jp-13-103", "building-200",
        ]
    )
    func letThrough(text: String) {
        #expect(PersonalDataFilter.finding(in: Array(text.utf8)) == nil)
        #expect(Identifier(text) != nil)
    }

    @Test("every text of an item is looked at, at unknown places, in keys, in lists and behind tags")
    func everywhere() {
        let address = CBORValue.text("taro@example.jp")
        let places: [CBORValue] = [
            address, .array([.unsigned(1), address]), .map([.init(.unsigned(99), address)]),
            .map([.init(address, .unsigned(1))]), .tagged(5, address),
            .map([.init(.unsigned(1), .map([.init(.unsigned(2), .array([.array([address])]))]))]),
        ]
        for place in places {
            #expect(
                refusal { () throws(ContractError) in try PersonalDataFilter.inspect(place.encoded) } == .personalData
            )
        }
        #expect(
            refusal { () throws(ContractError) in try PersonalDataFilter.inspect(CBORValue.text("fine").encoded) }
                == nil
        )
        #expect(
            refusal { () throws(ContractError) in
                try PersonalDataFilter.inspect(CBORValue.byteString(Array("taro@example.jp".utf8)).encoded)
            } == nil
        )
    }

    @Test("bytes that are no item are refused as such")
    func malformed() {
        for bytes: [UInt8] in [[], [0xFF], [0x61], [0x61, 0xFF], [0, 0], Array(repeating: 0x81, count: 1000) + [0]] {
            #expect(refusal { () throws(ContractError) in try PersonalDataFilter.inspect(bytes) } == .schema)
        }
    }

    @Test("in a call's text field, a person's data and free text are told apart")
    func inFields() {
        func code(_ text: String) -> ErrorCode? {
            let row = CBORValue.map([
                .init(.unsigned(1), .unsigned(1)), .init(.unsigned(2), .unsigned(0)), .init(.unsigned(3), .array([])),
            ])
            let arguments = CBORValue.map([
                .init(.unsigned(1), .text(text)), .init(.unsigned(2), .unsigned(0)), .init(.unsigned(3), row),
            ])
            return refusal { () throws(ContractError) in
                try Sample.check(method: .constant("put"), arguments: arguments.encoded)
            }
        }
        #expect(code("plain-words") == nil)
        #expect(code("plain words") == .schema)
        #expect(code("Capital") == .schema)
        #expect(code("山田太郎") == .schema)
        #expect(code("") == .schema)
        #expect(code(String(repeating: "a", count: 65)) == .schema)
        #expect(code("taro@example.jp") == .personalData)
        #expect(code("call 090 1234 5678") == .personalData)
        #expect(code("n" + String(repeating: "1", count: 7)) == .personalData)
        // Long enough for each form of a text's head.
        for count in [23, 24, 255, 256, 65_535, 65_536] {
            #expect(code("x@" + String(repeating: "y", count: count - 2)) == .personalData)
            #expect(code(String(repeating: "y", count: count)) == (count > 64 ? .schema : nil))
        }
    }

    @Test("no identifier with a seven-digit run passes, wherever it stands")
    func digitRuns() {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<500 {
            let front = String(repeating: "a", count: Int.random(in: 0...20, using: &generator))
            let run = (0..<Int.random(in: 7...12, using: &generator)).map { _ in
                String(UInt8.random(in: 0...9, using: &generator))
            }.joined()
            #expect(PersonalDataFilter.finding(in: Array((front + run + "b").utf8)) != nil)
        }
    }
}

@Suite struct BusinessNumberTests {
    @Test(
        "published corporate numbers have their check digit",
        arguments: [
            ("7000012050002", true), ("8000020130001", true), ("1180301018771", false), ("2000012050002", false),
            ("700001205000", false), ("70000120500020", false), ("700001205000x", false), ("0000012050002", false),
        ]
    )
    func corporate(text: String, isPublicBody: Bool) {
        let number = CorporateNumber(text)
        switch text {
        case "7000012050002", "8000020130001", "1180301018771":
            #expect(number?.isPublicBody == isPublicBody)
        default:
            #expect(number == nil)
        }
    }

    @Test("changing any digit of a corporate number by any amount but 9 breaks it")
    func corporateCheck() {
        let right: UInt64 = 7_000_012_050_002
        var place: UInt64 = 1
        for _ in 0..<13 {
            let digit = right / place % 10
            for other in UInt64(0)...9 where other != digit {
                // Modulo 9 cannot tell 0 from 9.
                if (digit == 0 && other == 9) || (digit == 9 && other == 0) { continue }
                #expect(CorporateNumber(right - digit * place + other * place) == nil)
            }
            place *= 10
        }
    }

    @Test(
        "published legal entity identifiers have their check digits",
        arguments: ["5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55", "213800WSGIIZCXF1P572"]
    )
    func legalEntity(text: String) {
        #expect(LegalEntityIdentifier(text)?.text == text)
        var bytes = Array(text.utf8)
        bytes.swapAt(4, 5)
        if bytes[4] != bytes[5] { #expect(LegalEntityIdentifier(bytes) == nil) }
        #expect(LegalEntityIdentifier(text.lowercased()) == nil)
        #expect(LegalEntityIdentifier(String(text.dropLast())) == nil)
    }
}
