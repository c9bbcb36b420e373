import ContractKit
import ContractTesting
import Primitives

/// A contract for tests of the kit, under a number that no real contract has.
enum Sample: Contract {
    static let id = ContractID(200)
    static let name = "sample"
    static let version: UInt64 = 3
    static let rows = Table<Pair<Identifier, UInt64>, SampleRow>(id, 1)
    static let marks = Table<UInt64, Nothing>(id, 2, kind: .index)
    /// The amount of an alarm whose transition is a lot of work.
    static let costlyAlarm: UInt64 = 500_000
    static let alarms = Table<Digest, SampleRow>(id, 3)

    static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(PutMethod.self)
        try visitor.method(FailMethod.self)
    }

    static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(CountQuery.self)
    }

    static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) {
        visitor.event(PutEvent.self)
    }

    /// A row whose number is odd refuses, to see what the queue does with that.
    static func due(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError) {
        guard let key = Digest(bytes: dueCase.key) else { return }
        var row = try alarms.existing(key, "alarm", &context)
        row.note = row.note == 0 ? 1 : row.note
        if row.amount == costlyAlarm { try context.charge(900_000) }
        try alarms.put(key, row, &context)
        guard row.amount.isMultiple(of: 2) else { throw ContractError(.state, "odd") }
    }
}

/// A second one, to be called from the first.
enum Other {
    static let id = ContractID(201)
    static let rows = Table<UInt64, Nothing>(id, 1)
}

struct SampleRow: Record, Hashable {
    var amount: UInt64 = 0
    var note: Int64 = 0
    var tags: [Identifier] = []
    var parent: Digest?

    init() {}

    init(amount: UInt64) { self.amount = amount }

    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "amount", &amount, in: 0...1_000_000)
        try visitor.integer(2, "note", &note, in: -5...5)
        try visitor.list(3, "tags", &tags, of: .identifier, atMost: 3)
        try visitor.optional(7, "parent", &parent, .digest)
    }
}

/// A record with a field of every format.
struct EveryField: Record, Hashable {
    var unsigned: UInt64 = 7
    var integer: Int64 = -7
    var boolean = true
    var fixed: [UInt8] = [1, 2, 3]
    var digest = TestOrganisation.digest("digest")
    var account = AccountID(TestOrganisation.digest("account"))
    var key = PublicKey.unset
    var signature = Signature.unset
    var identifier = Identifier.constant("abc-9")
    var time: UInt64 = 1_800_000_000_000
    var height = Height(9)
    var corporate: CorporateNumber? = CorporateNumber(7_000_012_050_002)
    var legal: LegalEntityIdentifier? = LegalEntityIdentifier("5493001KJTIIGC8Y1R12")
    var choice = Jurisdiction.europeanUnion
    var choices = Roles(.buyer, .custodian)
    var inner = SampleRow(amount: 3)
    var list: [SampleRow] = [SampleRow(amount: 1), SampleRow(amount: 2)]
    var missing: UInt64?

    init() {}

    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "unsigned", &unsigned, in: 0...UInt64.max)
        try visitor.integer(2, "integer", &integer, in: Int64.min...Int64.max)
        try visitor.boolean(3, "boolean", &boolean)
        try visitor.bytes(4, "fixed", &fixed, count: 3)
        try visitor.digest(5, "digest", &digest)
        try visitor.account(6, "account", &account)
        try visitor.publicKey(7, "key", &key)
        try visitor.signature(8, "signature", &signature)
        try visitor.identifier(9, "identifier", &identifier)
        try visitor.time(10, "time", &time)
        try visitor.height(11, "height", &height)
        try visitor.optional(12, "corporate", &corporate, .corporateNumber)
        try visitor.optional(13, "legal", &legal, .legalEntityIdentifier)
        try visitor.choice(14, "choice", &choice)
        try visitor.choices(15, "choices", &choices)
        try visitor.record(16, "inner", &inner)
        try visitor.list(17, "list", &list, of: .record(SampleRow.self), count: 1...3)
        try visitor.optional(18, "missing", &missing, .unsigned(from: 5, through: 6))
    }
}

struct PutMethod: ContractMethod {
    static let name = "put"
    static let summary = "Puts a row."
    static let errors: [ErrorCode] = [.duplicate]

    var group = Identifier.unset
    var number: UInt64 = 0
    var row = SampleRow()

    init() {}

    init(_ group: String, _ number: UInt64, amount: UInt64 = 0) {
        self.group = .constant(group)
        self.number = number
        row.amount = amount
    }

    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "group", &group)
        try visitor.unsigned(2, "number", &number, in: 0...UInt64.max)
        try visitor.record(3, "row", &row)
    }

    func execute(_ context: inout ContractContext) throws(ContractError) {
        try Sample.rows.insert(Pair(group, number), row, "row", &context)
        var event = PutEvent()
        event.number = number
        try context.emit(event)
    }
}

/// Writes, then refuses.
struct FailMethod: ContractMethod {
    static let name = "fail"
    static let summary = "Writes and emits, then refuses with the code asked for."
    static let errors = ErrorCode.allCases

    var code: UInt64 = 1

    init() {}

    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "code", &code, in: 1...14)
    }

    func execute(_ context: inout ContractContext) throws(ContractError) {
        try Sample.marks.add(code, &context)
        try context.schedule(at: context.time + 1, kind: 1, key: code)
        try context.emit(PutEvent())
        throw ContractError(ErrorCode(rawValue: code) ?? .schema, "as asked")
    }
}

struct CountQuery: ContractQuery {
    static let name = "count"
    static let summary = "Counts the rows of a group, and writes what must be dropped."

    struct Answer: Record, Hashable {
        var count: UInt64 = 0

        init() {}

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.unsigned(1, "count", &count, in: 0...100)
        }
    }

    var group = Identifier.unset

    init() {}

    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.identifier(1, "group", &group)
    }

    func answer(_ context: inout ContractContext) throws(ContractError) -> Answer {
        try Sample.marks.add(1, &context)
        var answer = Answer()
        answer.count = UInt64(try Sample.rows.scan(prefix: group, limit: 100, &context).entries.count)
        return answer
    }
}

struct PutEvent: ContractEvent, Hashable {
    static let name = "put-done"
    static let version: UInt64 = 2

    var number: UInt64 = 0

    init() {}

    mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.unsigned(1, "number", &number, in: 0...UInt64.max)
    }
}

/// The code that a body refuses with, or nil.
func refusal(_ body: () throws(ContractError) -> Void) -> ErrorCode? {
    do throws(ContractError) {
        try body()
        return nil
    } catch { return error.code }
}
