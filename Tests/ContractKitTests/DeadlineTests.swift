import ContractKit
import ContractTesting
import Primitives
import Testing

@Suite struct DeadlineTests {
    /// A chain with alarms at the given offsets from now; the alarm's amount is its number.
    private func alarms(_ offsets: [UInt64]) throws -> Testbed {
        var bed = Testbed()
        let now = bed.time
        try bed.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                for (number, offset) in offsets.enumerated() {
                    let key = TestOrganisation.digest("alarm \(number)")
                    try Sample.alarms.put(key, SampleRow(amount: UInt64(number)), &context)
                    try context.schedule(at: now + offset, kind: 1, key: key)
                }
            }
        }
        return bed
    }

    private func rung(_ bed: Testbed) throws -> [UInt64] {
        try bed.peek { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                try Sample.alarms.scan(limit: 100, &context).entries.filter { $0.row.note != 0 }.map(\.row.amount)
                    .sorted()
            }
        }
    }

    @Test("a deadline is applied at its time and not before, once")
    func onTime() throws {
        var bed = try alarms([100])
        #expect(try bed.applyDeadlines(of: Sample.self) == 0)
        bed.advance(milliseconds: 99)
        #expect(try bed.applyDeadlines(of: Sample.self) == 0)
        bed.advance(milliseconds: 1)
        #expect(try bed.applyDeadlines(of: Sample.self) == 1)
        #expect(try rung(bed) == [0])
        #expect(try bed.applyDeadlines(of: Sample.self) == 0)
    }

    @Test("a bounded number of cases is applied per block, earliest first, and the backlog is visible")
    func backlog() throws {
        var bed = try alarms([40, 20, 60, 0, 80])
        bed.advance(milliseconds: 70)
        let start = bed.time - 70
        #expect(try bed.applyDeadlines(of: Sample.self, limit: 2) == 2)
        // The odd ones refuse; of the first two, at 0 (number 3) and at 20 (number 1), nothing remains.
        #expect(try rung(bed) == [])
        #expect(try bed.peek { context throws(ContractError) in try context.queueState() }.isBehind)
        #expect(try bed.peek { context throws(ContractError) in try context.queueState() }.through == start + 40)
        #expect(try bed.applyDeadlines(of: Sample.self, limit: 2) == 2)
        #expect(try rung(bed) == [0, 2])
        #expect(try !bed.peek { context throws(ContractError) in try context.queueState() }.isBehind)
    }

    @Test("a refused transition changes nothing, leaves an event, and does not hold up the others")
    func failures() throws {
        var bed = try alarms([1, 2, 3])
        bed.advance(milliseconds: 10)
        #expect(try bed.applyDeadlines(of: Sample.self) == 3)
        #expect(try rung(bed) == [0, 2])
        let failed = try bed.events(DeadlineFailed.self)
        #expect(failed.count == 1)
        #expect(failed.first?.code == ErrorCode.state.rawValue)
        #expect(failed.first?.key == TestOrganisation.digest("alarm 1").bytes)
        #expect(try bed.applyDeadlines(of: Sample.self) == 0)
    }

    @Test("a cancelled deadline does not come")
    func cancelling() throws {
        var bed = try alarms([10, 10])
        let now = bed.time
        try bed.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                try context.cancel(at: now + 10, kind: 1, key: TestOrganisation.digest("alarm 0"))
            }
        }
        bed.advance(milliseconds: 10)
        #expect(try bed.applyDeadlines(of: Sample.self) == 1)
        #expect(try rung(bed) == [])
    }

    @Test("the work of many deadlines runs into no transaction's limit")
    func manyDeadlines() throws {
        var bed = try alarms(Array(repeating: 5, count: 90))
        bed.advance(milliseconds: 5)
        bed.limit = 100
        #expect(try bed.applyDeadlines(of: Sample.self) == 90)
        bed.limit = Meter.standardLimit
        #expect(try rung(bed).count == 45)
    }

    @Test("costly cases do not hold up a block: the rest waits for the next one")
    func costlyDeadlines() throws {
        var bed = Testbed()
        let now = bed.time
        try bed.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: Sample.id) { context throws(ContractError) in
                for number in 0..<10 {
                    let key = TestOrganisation.digest("alarm \(number)")
                    try Sample.alarms.put(key, SampleRow(amount: Sample.costlyAlarm), &context)
                    try context.schedule(at: now, kind: 1, key: key)
                }
            }
        }
        // 900,000 and a little more each, up to 5,000,000.
        #expect(try bed.applyDeadlines(of: Sample.self) == 6)
        #expect(try bed.peek { context throws(ContractError) in try context.queueState() }.isBehind)
        #expect(try bed.applyDeadlines(of: Sample.self) == 4)
        #expect(try !bed.peek { context throws(ContractError) in try context.queueState() }.isBehind)
    }

    @Test("a deadline beyond the latest time is refused")
    func tooFar() {
        let bed = Testbed()
        #expect(
            refusal { () throws(ContractError) in
                try bed.peek { context throws(ContractError) in
                    try context.schedule(at: TimeFormat.latest + 1, kind: 1, key: UInt64(1))
                }
            } == .limit
        )
    }

    @Test("the state of the queue is written only where a backlog begins, goes on or ends")
    func quietQueue() throws {
        var bed = Testbed()
        try bed.applyDeadlines(of: Sample.self)
        bed.advance(milliseconds: 1000)
        try bed.applyDeadlines(of: Sample.self)
        #expect(bed.state.isEmpty)
    }
}
