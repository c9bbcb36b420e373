import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import Testing

@Suite struct ContextTests {
    @Test(
        "a refused method changes nothing, whatever it wrote, scheduled and emitted before",
        arguments: ErrorCode.allCases
    )
    func refusalsChangeNothing(code: ErrorCode) throws {
        var bed = Testbed()
        try bed.run(PutMethod("a", 1), of: Sample.self, by: Caller.chain)
        let before = bed.state
        var method = FailMethod()
        method.code = code.rawValue
        #expect(refusal { () throws(ContractError) in try bed.run(method, of: Sample.self, by: Caller.chain) } == code)
        #expect(bed.state == before)
    }

    @Test("all calls of a transaction take effect or none does")
    func atomicTransactions() throws {
        var bed = Testbed()
        let put = try PutMethod("a", 1).encoded()
        let fail = try FailMethod().encoded()
        #expect(
            refusal { () throws(ContractError) in
                try bed.apply(by: .chain) { context throws(ContractError) in
                    try Sample.execute(method: .constant("put"), arguments: put, &context)
                    try Sample.execute(method: .constant("fail"), arguments: fail, &context)
                }
            } == .role
        )
        #expect(bed.state.isEmpty)
    }

    @Test("a contract that goes on after a refusal in another keeps its own changes and none of the other's")
    func nestedRefusals() throws {
        var bed = Testbed()
        try bed.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                try Sample.marks.add(1, &context)
                try context.emit(PutEvent())
                let inner = refusal { () throws(ContractError) in
                    try context.call(into: Other.id) { context throws(ContractError) in
                        #expect(context.callingContract == Sample.id)
                        try Other.rows.add(1, &context)
                        try context.emit(PutEvent())
                        throw ContractError(.funds, "none")
                    }
                }
                #expect(inner == .funds)
                #expect(context.contract == Sample.id)
                #expect(context.callingContract == nil)
                try Sample.marks.add(2, &context)
            }
        }
        #expect(bed.state.map(\.key) == [Sample.marks.stateKey(UInt64(1)), Sample.marks.stateKey(UInt64(2))])
        #expect(bed.events.count == 1 && bed.events[0].contract == Sample.id)
    }

    @Test("contracts cannot call each other without end")
    func depth() {
        let bed = Testbed()
        func descend(_ context: inout ContractContext) throws(ContractError) {
            try context.call(into: Other.id) { context throws(ContractError) in try descend(&context) }
        }
        #expect(
            refusal { () throws(ContractError) in
                try bed.peek { context throws(ContractError) in try descend(&context) }
            } == .limit
        )
    }

    @Test("a question's writes are dropped")
    func questions() throws {
        var bed = Testbed()
        try bed.run(PutMethod("a", 1), of: Sample.self, by: Caller.chain)
        let before = bed.state
        var query = CountQuery()
        query.group = .constant("a")
        #expect(try bed.ask(query, of: Sample.self).count == 1)
        #expect(bed.state == before)
    }

    @Test("events carry contract, name, version and the encoded record")
    func events() throws {
        var bed = Testbed()
        try bed.run(PutMethod("a", 42), of: Sample.self, by: Caller.chain)
        #expect(bed.events.count == 1)
        #expect(bed.events[0].contract == Sample.id && bed.events[0].name == "put-done" && bed.events[0].version == 2)
        #expect(bed.events[0].fields == [0xA1, 1, 0x18, 42])
        #expect(try bed.events(PutEvent.self).map(\.number) == [42])
    }

    @Test("a signature verifies under its key only, and the work is paid for")
    func signatures() throws {
        let bed = Testbed()
        let key = TestActor.key("one")
        let digest = SHA256Function.digest(of: [1])
        let signature = key.sign(digest: digest)
        try bed.peek { context throws(ContractError) in
            #expect(try context.verify(signature, by: key.publicKey, over: digest))
            #expect(context.used == Price.verification)
            #expect(try !context.verify(signature, by: TestActor.key("two").publicKey, over: digest))
            #expect(try !context.verify(signature, by: .unset, over: digest))
            #expect(try context.sha256([1]) == digest)
        }
    }

    @Test("work beyond the limit is LIMIT, and what was used never exceeds it", arguments: [0, 1, 60, 200, 500])
    func metering(limit: UInt64) throws {
        var bed = Testbed()
        bed.limit = limit
        #expect(
            refusal { () throws(ContractError) in
                try bed.apply(by: .chain) { context throws(ContractError) in
                    try context.call(into: Sample.id) { context throws(ContractError) in
                        for number in UInt64(0)... { try Sample.marks.add(number, &context) }
                    }
                }
            } == .limit
        )
        #expect(bed.used == limit)
        #expect(bed.state.isEmpty)
    }

    @Test("every kind of work costs something, and larger values cost more", arguments: Work.allCases)
    func prices(work: Work) throws {
        func used(_ work: Work?) throws -> UInt64 {
            try Testbed().peek { context throws(ContractError) in
                try context.call(into: Sample.id) { context throws(ContractError) in
                    if let work { try work.perform(&context) }
                }
                return context.used
            }
        }
        let cost = try used(work) - used(nil)
        #expect(cost > 0)
        if work == .largeWrite { #expect(try cost > used(.write) - used(nil)) }
    }

    @Test("a contract cannot give itself another meter")
    func ownMeter() {
        let bed = Testbed()
        #expect(
            refusal { () throws(ContractError) in
                try bed.peek { context throws(ContractError) in
                    try context.call(into: Sample.id) { context throws(ContractError) in
                        try context.limited(to: .max) { _ throws(ContractError) in }
                    }
                }
            } == .policy
        )
    }

    @Test("arithmetic throws where it would overflow")
    func arithmetic() throws {
        #expect(try UInt64(2).adding(3) == 5)
        #expect(try UInt64(10).share(3, of: 4) == 7)
        #expect(try UInt64.max.share(UInt64.max, of: UInt64.max) == .max)
        #expect(refusal { () throws(ContractError) in _ = try UInt64.max.adding(1) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try UInt64(0).subtracting(1) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try UInt64.max.multiplied(by: 2) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try UInt64(1).divided(by: 0) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try Int64.min.divided(by: -1) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try Int64.max.adding(1) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try Int64.min.subtracting(1) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try Int64.min.multiplied(by: -1) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try UInt64.max.share(2, of: 1) } == .limit)
        #expect(refusal { () throws(ContractError) in _ = try UInt64(1).share(1, of: 0) } == .limit)
    }
}

/// One of each kind of metered work.
enum Work: CaseIterable {
    case read, write, largeWrite, delete, scan, hash, verify, emit, call

    func perform(_ context: inout ContractContext) throws(ContractError) {
        let key = Pair(Identifier.constant("a"), UInt64(1))
        switch self {
        case .read: _ = try Sample.rows.get(key, &context)
        case .write: try Sample.rows.put(key, SampleRow(), &context)
        case .largeWrite:
            var row = SampleRow()
            row.tags = Array(repeating: .constant("a-long-tag-of-many-characters"), count: 3)
            try Sample.rows.put(key, row, &context)
        case .delete: try Sample.rows.delete(key, &context)
        case .scan: _ = try Sample.rows.scan(limit: 1, &context)
        case .hash: _ = try context.sha256([])
        case .verify: _ = try context.verify(.unset, by: .unset, over: .zero)
        case .emit: try context.emit(PutEvent())
        case .call: try context.call(into: Other.id) { _ throws(ContractError) in }
        }
    }
}
