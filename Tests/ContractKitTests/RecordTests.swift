import ContractKit
import Primitives
import SeededRandom
import Testing

@Suite struct RecordTests {
    @Test("what is encoded is decoded, field by field, and encoded to the same bytes again")
    func roundTrip() throws {
        let record = EveryField()
        let bytes = try record.encoded()
        let decoded = try EveryField(decoding: bytes)
        #expect(decoded == record)
        #expect(try decoded.encoded() == bytes)
    }

    @Test("a record is an integer-keyed map with the keys of its fields")
    func keys() throws {
        let value = try CBORValue(decoding: try SampleRow(amount: 9).encoded())
        #expect(
            value
                == .map([
                    .init(.unsigned(1), .unsigned(9)), .init(.unsigned(2), .unsigned(0)),
                    .init(.unsigned(3), .array([])),
                ])
        )
    }

    @Test(
        "arguments that do not follow the schema are refused",
        arguments: [
            ("missing field", CBORValue.map([.init(.unsigned(1), .unsigned(9)), .init(.unsigned(3), .array([]))])),
            ("unknown field at the end", sample(adding: 9, .unsigned(1))),
            ("unknown field between", sample(adding: 5, .unsigned(1))),
            ("unknown field in front", sample(adding: 0, .unsigned(1))),
            ("text as a key", .map([.init(.text("amount"), .unsigned(9))])),
            ("another type", sample(replacing: 1, .text("nine"))),
            ("out of range", sample(replacing: 1, .unsigned(1_000_001))),
            ("a negative out of range", sample(replacing: 2, CBORValue(integer: -6))),
            ("a negative for an unsigned", sample(replacing: 1, CBORValue(integer: -1))),
            ("a list too long", sample(replacing: 3, .array(Array(repeating: .text("a"), count: 4)))),
            ("null for a missing optional", sample(adding: 7, .null)),
            ("a digest too short", sample(adding: 7, .byteString([1]))),
            ("free text", sample(replacing: 3, .array([.text("Hello there")]))),
            ("an empty identifier", sample(replacing: 3, .array([.text("")]))),
            ("no map", .array([])),
            ("a tag around it", .tagged(1, sample(replacing: 1, .unsigned(1)))),
        ]
    )
    func closedSchema(what: String, value: CBORValue) {
        #expect(refusal { () throws(ContractError) in _ = try SampleRow(decoding: value.encoded) } == .schema)
    }

    @Test("other encodings of the same record are refused")
    func otherEncodings() throws {
        let bytes = try SampleRow(amount: 9).encoded()
        #expect(bytes == [0xA3, 1, 9, 2, 0, 3, 0x80])
        let others: [[UInt8]] = [
            bytes + [0], [0xB8, 3, 1, 9, 2, 0, 3, 0x80], [0xA3, 1, 0x18, 9, 2, 0, 3, 0x80],
            [0xA3, 2, 0, 1, 9, 3, 0x80], [0xBF, 1, 9, 2, 0, 3, 0x80, 0xFF], [0xA3, 1, 9, 1, 9, 3, 0x80], [],
        ]
        for other in others {
            #expect(refusal { () throws(ContractError) in _ = try SampleRow(decoding: other) } == .schema)
        }
    }

    @Test("a list's bound holds before anything is allocated for it")
    func boundedLists() {
        // An array head that claims 2³² elements.
        let bytes: [UInt8] = [0xA3, 1, 9, 2, 0, 3, 0x9A, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(refusal { () throws(ContractError) in _ = try SampleRow(decoding: bytes) } == .schema)
    }

    @Test("a row that breaks its own rule is not written")
    func encodingChecks() {
        #expect(refusal { () throws(ContractError) in _ = try SampleRow(amount: 1_000_001).encoded() } == .schema)
        var row = SampleRow()
        row.tags = Array(repeating: .constant("a"), count: 4)
        #expect(refusal { () throws(ContractError) in _ = try row.encoded() } == .schema)
    }

    @Test("random and damaged bytes are refused and nothing else, and what is accepted is deterministic")
    func damagedBytes() throws {
        let bytes = try EveryField().encoded()
        for position in bytes.indices {
            for mask in [UInt8(1), 0x20, 0x80] {
                var damaged = bytes
                damaged[position] ^= mask
                accept(damaged)
            }
            accept(Array(bytes.prefix(position)))
        }
        var generator = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            accept(
                (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
                }
            )
        }
    }

    /// Whatever is accepted is encoded back to the same bytes.
    private func accept(_ bytes: [UInt8]) {
        do throws(ContractError) {
            #expect(try EveryField(decoding: bytes).encoded() == bytes)
        } catch {
            #expect(error.code == .schema || error.code == .personalData)
        }
    }

    @Test("the description says of every field what the decoder demands")
    func description() throws {
        let fields = SampleRow.fieldDescriptions
        #expect(fields.map(\.key) == [1, 2, 3, 7])
        #expect(fields.map(\.name) == ["amount", "note", "tags", "parent"])
        #expect(fields.map(\.isOptional) == [false, false, false, true])
        #expect(fields[0].type == .unsigned(0...1_000_000))
        #expect(fields[2].type == .list(.identifier, 0...3))
        let every = EveryField.fieldDescriptions
        #expect(every.count == 18 && zip(every, every.dropFirst()).allSatisfy { $0.key < $1.key })
        #expect(every[15].type == .record(fields))
        #expect(
            every[13].type
                == .choice([ChoiceDescription(number: 1, name: "jp"), ChoiceDescription(number: 2, name: "eu")])
        )
    }

    @Test("a set of choices refuses bits that stand for none")
    func choiceSets() {
        #expect(Roles(bits: 1 << 63) == nil)
        #expect(Roles(.buyer).union(Roles(.seller)).contains(Roles(.buyer, .seller)))
        #expect(!Roles(.buyer).contains(.seller))
        #expect(Roles(.buyer, .seller).subtracting(Roles(.buyer)) == Roles(.seller))
        #expect(Role.allCases.allSatisfy { $0.rawValue < 64 })
        #expect(Role.allBits == Role.casesBits)
        #expect(Jurisdiction.allBits == 0b110)
    }
}

private func sample(adding key: UInt64, _ value: CBORValue) -> CBORValue {
    .map(fields(9) + [.init(.unsigned(key), value)])
}

private func sample(replacing key: UInt64, _ value: CBORValue) -> CBORValue {
    .map(fields(9).filter { $0.key != .unsigned(key) } + [.init(.unsigned(key), value)])
}

private func fields(_ amount: UInt64) -> [CBORValue.Pair] {
    [.init(.unsigned(1), .unsigned(amount)), .init(.unsigned(2), .unsigned(0)), .init(.unsigned(3), .array([]))]
}
