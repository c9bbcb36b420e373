import Ledger
import LedgerCrypto
import Primitives
import SeededRandom
import Testing

@Suite struct MempoolTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func pool(shares: Int = 4, count: Int = 8, accountCount: Int = 8) -> Mempool {
        var limits = Mempool.Limits()
        limits.count = count
        limits.accountCount = accountCount
        limits.recentCount = 16
        return Mempool(shares: shares, limits: limits)
    }

    private func insert(_ transaction: SignedTransaction, _ share: Int, into pool: inout Mempool) -> RefusalCode? {
        do throws(Refusal) {
            try pool.insert(transaction, share: share)
            return nil
        } catch {
            return error.code
        }
    }

    private let everything = Mempool.BatchLimits(count: 1000, byteCount: 1 << 20)

    @Test("what comes in is found by reference and by id, and goes out once")
    func inAndOut() throws {
        var pool = pool()
        let transaction = try fixture.transaction(1)
        #expect(insert(transaction, 0, into: &pool) == nil)
        #expect(pool[transaction.reference]?.id == transaction.id)
        #expect(pool.reference(ofID: transaction.id) == transaction.reference)
        #expect(pool.byteCount == transaction.bytes.count)
        #expect(pool.take(everything, for: 1).map(\.reference) == [transaction.reference])
        #expect(pool.take(everything, for: 2).isEmpty)
        #expect(pool.finish([transaction.id], at: Height(1)).isEmpty)
        #expect(pool.count == 0 && pool.byteCount == 0 && pool[transaction.reference] == nil)
    }

    @Test("an id that waits or was finished lately is refused as a replay, whatever its signature")
    func replay() throws {
        var pool = pool()
        let transaction = try fixture.transaction(1)
        let copy = try SignedTransaction(
            decoding: fixture.draft(1).signed(with: try Fixture.key("stranger")),
            limits: .greatest
        )
        #expect(insert(transaction, 0, into: &pool) == nil)
        #expect(insert(transaction, 1, into: &pool) == .replay)
        #expect(insert(copy, 1, into: &pool) == .replay)
        _ = pool.finish([transaction.id], at: Height(1))
        #expect(insert(transaction, 0, into: &pool) == .replay)
        #expect(pool.isKnown(id: transaction.id))
    }

    @Test("a full share still has room for what its owner tells here again, and that is bounded too")
    func reservedPlaces() throws {
        var limits = Mempool.Limits()
        limits.count = 2
        limits.accountCount = 2
        limits.reserveCount = 1
        var pool = Mempool(shares: 4, limits: limits)
        for number in 1...2 { #expect(insert(try fixture.transaction(UInt64(number)), 1, into: &pool) == nil) }
        let told = try fixture.transaction(3)
        #expect(insert(told, 1, into: &pool) == .quota, "the own clients of a validator have no more")
        try pool.insert(told, share: 1, withReserve: true)
        #expect(throws: Refusal.self) { try pool.insert(try fixture.transaction(4), share: 1, withReserve: true) }
        #expect(insert(try fixture.transaction(5), 0, into: &pool) == nil, "another share has room of its own")
        #expect(pool.capacity.count == 8)
    }

    @Test("the first of each share are shown in order of arrival, with those that are proposed")
    func heads() throws {
        var pool = pool()
        let transactions = try (1...5).map { try fixture.transaction(UInt64($0)) }
        for transaction in transactions.prefix(4) { #expect(insert(transaction, 1, into: &pool) == nil) }
        #expect(insert(transactions[4], 2, into: &pool) == nil)
        pool.reserve([transactions[1].reference], for: 7)
        _ = pool.finish([transactions[0].id], at: Height(1))
        let heads = pool.heads(ofEachShare: 2)
        #expect(heads.map(\.transaction.id) == [1, 2, 4].map { transactions[$0].id })
        #expect(heads.map(\.share) == [1, 1, 2])
        #expect(heads.map(\.isProposed) == [true, false, false])
    }

    @Test("only so many finished ids are remembered, oldest forgotten first")
    func recentIDs() throws {
        var pool = pool()
        let transactions = try (0..<17).map { try fixture.transaction(UInt64($0)) }
        _ = pool.finish(transactions.map(\.id), at: Height(1))
        #expect(!pool.isKnown(id: transactions[0].id))
        #expect(transactions.dropFirst().allSatisfy { pool.isKnown(id: $0.id) })
    }

    @Test("a full share answers for itself: every other share still has its places")
    func shares() throws {
        var pool = pool(count: 3)
        for number in 0..<3 as Range<UInt64> { #expect(insert(try fixture.transaction(number), 2, into: &pool) == nil) }
        #expect(insert(try fixture.transaction(3), 2, into: &pool) == .busy)
        for share in [0, 1, 3] {
            let number = UInt64(100 + share)
            #expect(insert(try fixture.transaction(number), share, into: &pool) == nil)
        }
        #expect(insert(try fixture.transaction(4), 4, into: &pool) == .busy)
        #expect(insert(try fixture.transaction(4), -1, into: &pool) == .busy)
        #expect(pool.count == 6)
    }

    @Test("an account's quota leaves the share's other places to other accounts")
    func quota() throws {
        var pool = pool(count: 8, accountCount: 2)
        #expect(insert(try fixture.transaction(1), 0, into: &pool) == nil)
        #expect(insert(try fixture.transaction(2), 0, into: &pool) == nil)
        #expect(insert(try fixture.transaction(3), 0, into: &pool) == .quota)
        var draft = try fixture.draft(4)
        draft.account = AccountID(.zero)
        let other = try SignedTransaction(decoding: draft.signed(with: fixture.accountKey), limits: .greatest)
        #expect(insert(other, 0, into: &pool) == nil)
        // A place comes back when one of the account's own is finished.
        _ = pool.finish([try fixture.transaction(1).id], at: Height(1))
        #expect(insert(try fixture.transaction(3), 0, into: &pool) == nil)
    }

    @Test("bytes are bounded as well as numbers, per account and per share")
    func bytes() throws {
        let size = try fixture.transaction(0, padding: 1000).bytes.count
        var limits = Mempool.Limits()
        limits.accountByteCount = 2 * size
        limits.byteCount = 3 * size
        var pool = Mempool(shares: 1, limits: limits)
        #expect(insert(try fixture.transaction(1, padding: 1000), 0, into: &pool) == nil)
        #expect(insert(try fixture.transaction(2, padding: 1000), 0, into: &pool) == nil)
        #expect(insert(try fixture.transaction(3, padding: 1000), 0, into: &pool) == .quota)
        for (number, expected) in [(4, nil), (5, .busy)] as [(UInt64, RefusalCode?)] {
            var draft = try fixture.draft(number, padding: 1000)
            draft.account = AccountID(Digest(words: (number, 0, 0, 0)))
            let other = try SignedTransaction(decoding: draft.signed(with: fixture.accountKey), limits: .greatest)
            #expect(insert(other, 0, into: &pool) == expected)
        }
    }

    @Test("batches take one of each share in turn, and of each share the oldest first")
    func turns() throws {
        var pool = pool()
        var names: [Digest: String] = [:]
        for (share, count) in [4, 1, 2, 0].enumerated() {
            for position in 0..<count {
                let transaction = try fixture.transaction(UInt64(share * 10 + position))
                names[transaction.reference] = "\(share)\(position)"
                #expect(insert(transaction, share, into: &pool) == nil)
            }
        }
        let first = pool.take(Mempool.BatchLimits(count: 4, byteCount: 1 << 20), for: 1)
        #expect(first.map { names[$0.reference] } == ["00", "10", "20", "01"])
        let second = pool.take(Mempool.BatchLimits(count: 4, byteCount: 1 << 20), for: 2)
        #expect(second.map { names[$0.reference] } == ["21", "02", "03"])
        #expect(pool.waitingCount == 0 && pool.count == 7)
    }

    @Test("one account that fills its share delays another share's transaction by no more than its turn")
    func fairness() throws {
        var pool = pool(count: 100, accountCount: 100)
        for number in 0..<50 as Range<UInt64> {
            #expect(insert(try fixture.transaction(number), 0, into: &pool) == nil)
        }
        let lone = try fixture.transaction(1000)
        #expect(insert(lone, 3, into: &pool) == nil)
        let batch = pool.take(Mempool.BatchLimits(count: 2, byteCount: 1 << 20), for: 1)
        #expect(batch.contains { $0.reference == lone.reference })
    }

    @Test("a batch stays within its bytes, and a large transaction is not passed over for ever")
    func batchBytes() throws {
        var pool = pool()
        let large = try fixture.transaction(1, padding: 4000)
        #expect(insert(large, 1, into: &pool) == nil)
        for number in 10..<16 as Range<UInt64> {
            #expect(insert(try fixture.transaction(number, padding: 3000), 0, into: &pool) == nil)
        }
        var taken: [[Digest]] = []
        for sequence in 1...4 as ClosedRange<UInt64> {
            let batch = pool.take(Mempool.BatchLimits(count: 10, byteCount: 4500), for: sequence)
            #expect(batch.reduce(0) { $0 + $1.bytes.count } <= 4500)
            taken.append(batch.map(\.reference))
        }
        #expect(taken.joined().contains(large.reference))
    }

    @Test("what another primary proposed is not proposed again, and comes back if it is not ordered")
    func reserve() throws {
        var pool = pool()
        let transactions = try (0..<3).map { try fixture.transaction($0) }
        for transaction in transactions { #expect(insert(transaction, 0, into: &pool) == nil) }
        pool.reserve([transactions[1].reference, .zero], for: 5)
        let rest = pool.take(everything, for: 6).map(\.reference)
        #expect(rest == [transactions[0].reference, transactions[2].reference])
        pool.release(above: Height(4))
        #expect(pool.take(everything, for: 5).map(\.reference) == transactions.map(\.reference))
        pool.release(sequence: 5)
        // The block at 5 was another batch with only one of them: the others wait again.
        _ = pool.take(everything, for: 5)
        #expect(pool.finish([transactions[0].id], at: Height(5)).isEmpty)
        #expect(
            pool.take(everything, for: 6).map(\.reference) == [transactions[1].reference, transactions[2].reference]
        )
    }

    @Test("a transaction is dropped when no sequence is left for it, in flight or not, and its place is free again")
    func expiry() throws {
        var pool = pool(count: 2)
        let early = try fixture.transaction(1, validUntil: 5)
        let late = try fixture.transaction(2, validUntil: 6)
        #expect(insert(early, 0, into: &pool) == nil)
        #expect(insert(late, 0, into: &pool) == nil)
        _ = pool.take(everything, for: 5)
        #expect(pool.finish([], at: Height(4)).isEmpty)
        #expect(pool.finish([], at: Height(5)) == [early.id])
        #expect(pool[early.reference] == nil && pool[late.reference] != nil)
        #expect(insert(try fixture.transaction(3), 0, into: &pool) == nil)
        #expect(pool.finish([], at: Height(9)) == [late.id])
    }

    @Test("what two proposals held, in two views, is free only when the later one is not ordered either")
    func reservedTwice() throws {
        var pool = pool()
        let transaction = try fixture.transaction(1)
        #expect(insert(transaction, 0, into: &pool) == nil)
        #expect(pool.take(everything, for: 5).count == 1)
        pool.reserve([transaction.reference], for: 6)
        pool.reserve([transaction.reference], for: 6)
        #expect(pool.finish([], at: Height(5)).isEmpty)
        #expect(pool.waitingCount == 0 && pool.take(everything, for: 7).isEmpty)
        #expect(pool.finish([], at: Height(6)).isEmpty)
        #expect(pool.waitingCount == 1)
        #expect(pool.take(everything, for: 7).map(\.reference) == [transaction.reference])
        #expect(pool.finish([transaction.id], at: Height(7)).isEmpty)
        #expect(pool.waitingCount == 0 && pool.count == 0)
    }

    @Test("what would expire at a sequence is not proposed there, and comes back when lower ones are free again")
    func stranded() throws {
        var pool = pool()
        let short = try fixture.transaction(1, validUntil: 5)
        let long = try fixture.transaction(2, validUntil: 50)
        #expect(insert(short, 0, into: &pool) == nil)
        #expect(insert(long, 0, into: &pool) == nil)
        #expect(pool.take(everything, for: 6).map(\.reference) == [long.reference])
        #expect(pool.waitingCount == 0 && pool.count == 2)
        pool.release(above: Height(3))
        #expect(pool.waitingCount == 2)
        #expect(pool.take(everything, for: 4).map(\.reference) == [short.reference, long.reference])
        pool.release(above: Height(3))
        _ = pool.take(everything, for: 6)
        // Another primary may still order it.
        pool.reserve([short.reference], for: 5)
        #expect(pool.waitingCount == 0)
        pool.release(sequence: 5)
        #expect(pool.waitingCount == 1)
        _ = pool.take(everything, for: 6)
        #expect(pool.finish([], at: Height(5)) == [short.id])
        #expect(pool.waitingCount == 0 && pool.count == 1)
    }

    @Test("failure 16: queues stay bounded however often transactions come and go unproposed")
    func churn() throws {
        var pool = pool(shares: 1, count: 4)
        for number in 0..<2000 as Range<UInt64> {
            let transaction = try fixture.transaction(number)
            #expect(insert(transaction, 0, into: &pool) == nil)
            pool.reserve([transaction.reference], for: number)
            _ = pool.finish([transaction.id], at: Height(1))
        }
        #expect(pool.count == 0 && pool.byteCount == 0 && pool.waitingCount == 0)
        #expect(pool.queueLength <= 2 * 4 + 65)
    }

    @Test("random use keeps counts and turns consistent", arguments: 0..<6 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var pool = pool(count: 12, accountCount: 12)
        var alive: [Digest: SignedTransaction] = [:]
        var waiting: Set<Digest> = []
        var number = seed * 10_000
        for step in 1...300 as ClosedRange<UInt64> {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                number += 1
                let transaction = try fixture.transaction(number, validUntil: 10_000)
                if insert(transaction, Int.random(in: 0..<4, using: &random), into: &pool) == nil {
                    alive[transaction.reference] = transaction
                    waiting.insert(transaction.reference)
                }
            case 2:
                let batch = pool.take(Mempool.BatchLimits(count: 5, byteCount: 1 << 20), for: step)
                #expect(batch.count == min(5, waiting.count), "seed \(seed)")
                #expect(batch.allSatisfy { waiting.contains($0.reference) }, "seed \(seed)")
                if Bool.random(using: &random) {
                    pool.release(sequence: step)
                } else {
                    waiting.subtract(batch.map(\.reference))
                    _ = pool.finish(batch.map(\.id), at: Height(step))
                    for transaction in batch { alive[transaction.reference] = nil }
                }
            default:
                if let reference = alive.keys.sorted().randomElement(using: &random) {
                    pool.remove(reference: reference)
                    alive[reference] = nil
                    waiting.remove(reference)
                }
            }
            #expect(pool.count == alive.count && pool.waitingCount == waiting.count, "seed \(seed), step \(step)")
            #expect(pool.byteCount == alive.values.reduce(0) { $0 + $1.bytes.count }, "seed \(seed)")
        }
    }
}
