import ContractKit
import NodeAPI
import NodeRuntime
import Primitives
import Testing

extension Library {
    static var fields: [FieldDescription] { description.query("book")?.fields ?? [] }
}

@Suite struct JSONTests {
    @Test("integers that a double cannot hold are strings")
    func largeIntegers() {
        var text = JSONText()
        text.array { text in
            text.number(UInt64(1) << 53)
            text.number(UInt64(1) << 53 + 1)
            text.number(UInt64.max)
            text.number(Int64.min)
            text.number(Int64(-5))
        }
        #expect(
            String(decoding: text.bytes, as: UTF8.self)
                == #"[9007199254740992,"9007199254740993","18446744073709551615","-9223372036854775808",-5]"#
        )
    }

    @Test("figures have three decimals or none, and are null where there is no figure")
    func figures() {
        var text = JSONText()
        text.array { text in
            for value in [0, 0.5, -1.0004, 2.0006, 1234.056, -0.25, .nan, .infinity] { text.figure(value) }
        }
        #expect(String(decoding: text.bytes, as: UTF8.self) == "[0,0.500,-1,2.001,1234.056,-0.250,null,null]")
    }

    @Test("what is written is read back, whatever characters it has")
    func strings() throws {
        let strings = ["", "a\"b\\c", "\u{0}\u{1F}\u{7F}\n\r\t", "証 é e\u{301} 🏯", "</script>"]
        var text = JSONText()
        text.object { text in
            for (index, string) in strings.enumerated() { text.member("\(index)", string) }
        }
        let expected = Dictionary(uniqueKeysWithValues: strings.enumerated().map { ("\($0)", JSONValue.string($1)) })
        #expect(try JSONValue(parsing: text.bytes) == .object(expected))
    }

    @Test("JSON goes to CBOR and back by the schema without loss")
    func roundTrip() throws {
        let fields = [
            FieldDescription(key: 1, name: "amount", type: .unsigned(0...UInt64.max), isOptional: false),
            FieldDescription(key: 2, name: "change", type: .integer(-10...10), isOptional: false),
            FieldDescription(key: 3, name: "key", type: .bytes(2...2), isOptional: false),
            FieldDescription(key: 4, name: "lei", type: .legalEntityIdentifier, isOptional: false),
            FieldDescription(key: 5, name: "number", type: .corporateNumber, isOptional: false),
            FieldDescription(
                key: 6,
                name: "roles",
                type: .choices([
                    ChoiceDescription(number: 1, name: "seller"), ChoiceDescription(number: 4, name: "buyer"),
                ]),
                isOptional: false
            ),
            FieldDescription(
                key: 7,
                name: "plans",
                type: .list(
                    .record([FieldDescription(key: 1, name: "unit", type: .identifier, isOptional: true)]),
                    0...2
                ),
                isOptional: false
            ),
            FieldDescription(key: 24, name: "flag", type: .boolean, isOptional: false),
        ]
        let json =
            #"{"amount":"18446744073709551615","change":-3,"key":"00ff","lei":"5493001KJTIIGC8Y1R12","#
            + #""number":"1180301018771","roles":["seller","buyer"],"plans":[{"unit":"point"},{}],"flag":true}"#
        let encoded = try SchemaReading.encode(JSONValue(parsing: Array(json.utf8)), as: fields)
        // Deterministic: what the chain's decoder accepts is what was written.
        #expect(try CBORValue(decoding: encoded).encoded == encoded)
        var text = JSONText()
        SchemaWriting.write(encoded, as: fields, into: &text)
        #expect(String(decoding: text.bytes, as: UTF8.self) == json)
    }

    @Test(
        "what the schema does not describe is refused, and the refusal does not repeat the value",
        arguments: [
            #"{"book":"CD","days":1}"#, #"{"book":7,"days":1}"#, #"{"days":1}"#, #"{"book":null,"days":1}"#,
            #"{"book":"BOOK","days":0}"#, #"{"book":"BOOK","days":31}"#, #"{"book":"BOOK","days":"01"}"#,
            #"{"book":"BOOK","days":-1}"#, #"{"book":"BOOK","days":1,"secret-name":2}"#,
            #"{"book":"BOOK","days":1,"shelf":"Secret Name"}"#, #"{"book":"BOOK","days":1,"shelf":"090-1234567"}"#,
            #"{"book":"BOOK","days":1,"kind":"secret"}"#, #"{"book":"BOOK","days":1,"kind":1}"#, #""secret""#,
        ]
    )
    func refusals(json: String) throws {
        let full = json.replacing("BOOK", with: Digest(repeating: 0xCD).hex)
        let value = try JSONValue(parsing: Array(full.utf8))
        do throws(SchemaError) {
            _ = try SchemaReading.encode(value, as: Library.fields)
            Issue.record("accepted")
        } catch {
            #expect(!error.message.lowercased().contains("secret"))
        }
    }

    @Test("keys that a schema does not have are shown by number, never hidden")
    func unknownKeys() {
        var text = JSONText()
        SchemaWriting.write([0xA2, 0x02, 0x07, 0x18, 0x63, 0x41, 0xAB], as: Library.fields, into: &text)
        #expect(String(decoding: text.bytes, as: UTF8.self) == #"{"days":7,"99":"ab"}"#)
    }

    @Test("histograms and labels follow the Prometheus text format")
    func prometheus() {
        let family = MetricFamily(
            "akashi_commit_seconds",
            help: "From batch to certificate.",
            kind: .histogram,
            samples: [
                MetricFamily.Sample(
                    labels: [MetricFamily.Label("primary", "a\"b\\c\n")],
                    .histogram(buckets: [(0.005, 1), (0.5, 3)], sum: 0.75, count: 4)
                )
            ]
        )
        let expected = #"""
            # HELP akashi_commit_seconds From batch to certificate.
            # TYPE akashi_commit_seconds histogram
            akashi_commit_seconds_bucket{primary="a\"b\\c\n",le="0.005"} 1
            akashi_commit_seconds_bucket{primary="a\"b\\c\n",le="0.5"} 3
            akashi_commit_seconds_bucket{primary="a\"b\\c\n",le="+Inf"} 4
            akashi_commit_seconds_sum{primary="a\"b\\c\n"} 0.75
            akashi_commit_seconds_count{primary="a\"b\\c\n"} 4

            """#
        #expect(String(decoding: PrometheusText.encode([family]), as: UTF8.self) == expected)
    }
}
