import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import SeededRandom
import Testing

@Suite struct ContractTests {
    @Test("a call is checked without the state: method, schema, personal data")
    func checks() throws {
        func code(_ method: String, _ arguments: CBORValue) -> ErrorCode? {
            refusal { () throws(ContractError) in
                try Sample.check(method: .constant(method), arguments: arguments.encoded)
            }
        }
        let right = try CBORValue(decoding: try PutMethod("a", 1).encoded())
        #expect(code("put", right) == nil)
        #expect(code("take", right) == .schema)
        #expect(code("put", .map([])) == .schema)
        guard case .map(let pairs) = right else { return }
        #expect(code("put", .map(pairs + [.init(.unsigned(77), .unsigned(1))])) == .schema)
        // A person's data is told as such even where nothing is expected.
        #expect(code("put", .map(pairs + [.init(.unsigned(77), .text("taro@example.jp"))])) == .personalData)
        #expect(code("take", .map([.init(.unsigned(1), .text("090-1234-5678"))])) == .personalData)
    }

    @Test("execution checks again what admission checked")
    func executionChecks() {
        var bed = Testbed()
        let arguments = CBORValue.map([.init(.unsigned(77), .text("taro@example.jp"))]).encoded
        #expect(
            refusal { () throws(ContractError) in
                try bed.execute(Sample.self, method: "put", arguments: arguments, by: .chain)
            } == .personalData
        )
        #expect(
            refusal { () throws(ContractError) in
                try bed.execute(Sample.self, method: "none", arguments: [0xA0], by: .chain)
            } == .schema
        )
    }

    @Test("random arguments are refused with SCHEMA or PERSONAL_DATA and never more")
    func fuzz() throws {
        let bed = Testbed()
        let right = try PutMethod("group", 5, amount: 9).encoded()
        var generator = SplitMix64(seed: 3)
        for _ in 0..<3000 {
            var bytes = right
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: position)
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
                }
            }
            let checked = refusal { () throws(ContractError) in
                try Sample.check(method: .constant("put"), arguments: bytes)
            }
            let run = refusal { () throws(ContractError) in
                try bed.peek { context throws(ContractError) in
                    try Sample.execute(method: .constant("put"), arguments: bytes, &context)
                }
            }
            #expect(checked == nil || checked == .schema || checked == .personalData)
            #expect(run == checked, "on an empty state both say the same")
        }
    }

    @Test("the description lists methods, questions and events with their fields")
    func description() {
        let description = Sample.description
        #expect(description.name == "sample" && description.version == 3)
        #expect(description.methods.map(\.name) == ["put", "fail"])
        #expect(description.method("put")?.fields.map(\.name) == ["group", "number", "row"])
        #expect(description.method("fail")?.errors.count == 14)
        #expect(description.query("count")?.answer.map(\.name) == ["count"])
        #expect(description.event("put-done")?.version == 2)
        #expect(description.method("count") == nil)
    }

    @Test("error codes have fixed numbers and words")
    func codes() {
        #expect(ErrorCode.allCases.map(\.rawValue) == Array(1...14))
        #expect(
            ErrorCode.allCases.map(\.text) == [
                "ROLE", "STATE", "DEADLINE", "FUNDS", "DUPLICATE", "SCHEMA", "PERSONAL_DATA", "CONSENT", "JURISDICTION",
                "REFERENCE", "QUORUM", "REVEAL", "POLICY", "LIMIT",
            ]
        )
    }
}
