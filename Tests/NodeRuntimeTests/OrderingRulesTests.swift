import Consensus
import Foundation
import Ledger
import LedgerCrypto
import LedgerTesting
import NodeRuntime
import Primitives
import Testing

/// Which key counts at a sequence, while accounts change theirs: primary and backups have to come to the same answer.
@Suite struct OrderingRulesTests {
    private let world: ChainWorld

    init() throws { world = try ChainWorld(window: 4, validity: 16) }

    /// A chain in which the registrar changes subject 1's key at the given heights, the first time to "key 1", then
    /// "key 2" …; with the outcome of each change.
    private func withRotations(
        at heights: [UInt64],
        through last: UInt64,
        _ body: (AccountDirectory, [Receipt.Status]) throws -> Void
    ) throws {
        let path = NSTemporaryDirectory() + "akashi-ordering-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try ChainStore(path: path, chain: world.chain)
        let executor = try Executor(store)
        let accounts = AccountDirectory(chain: world.chain.id, store: store)
        var outcomes: [Receipt.Status] = []
        for height in 1...last {
            var transactions: [SignedTransaction] = []
            if let number = heights.firstIndex(of: height) {
                let call = try world.rotate("subject 1", to: "key \(number + 1)")
                transactions = [try world.transaction(by: "registrar", nonce: height, validUntil: height + 9, [call])]
            }
            outcomes += try executor.execute(world.batch(height, transactions)).receipts.map(\.status)
            accounts.forget()
        }
        try body(accounts, outcomes)
    }

    /// Whether a transaction of subject 1 under this key may be ordered at a sequence, as primary and backups decide it.
    private func isOrdered(_ keyName: String?, at sequence: UInt64, _ accounts: AccountDirectory) throws -> Bool {
        let call = try ChainWorld.grant(.zero, until: ChainWorld.farAhead)
        let validUntil = sequence + 5
        let transaction = try world.transaction(
            by: "subject 1",
            keyName: keyName,
            nonce: 99,
            validUntil: validUntil,
            [call]
        )
        let rules = OrderingRules(
            sequence: Sequence(sequence),
            parameters: world.chain.genesis.parameters,
            accounts: accounts
        )
        switch rules.judge(transaction) {
        case .acceptable: return keyName == nil
        case .needsCheck(let key): return key.verify(transaction.signature, over: transaction.signedDigest)
        case .tooEarly, .never: return false
        }
    }

    private func bothKeys(at sequence: UInt64, _ accounts: AccountDirectory) throws -> (old: Bool, new: Bool) {
        (try isOrdered(nil, at: sequence, accounts), try isOrdered("key 1", at: sequence, accounts))
    }

    @Test("a new key counts W sequences after the block that brought it, and the old one until then")
    func rotation() throws {
        try withRotations(at: [3], through: 6) { accounts, outcomes in
            #expect(outcomes == [.ok])
            for sequence in 4...6 as ClosedRange<UInt64> {
                let (old, new) = try bothKeys(at: sequence, accounts)
                #expect(old && !new, "at \(sequence)")
            }
            for sequence in 7...10 as ClosedRange<UInt64> {
                let (old, new) = try bothKeys(at: sequence, accounts)
                #expect(!old && new, "at \(sequence)")
            }
        }
    }

    @Test("a second change waits until no sequence can look back behind the first one")
    func hasty() throws {
        try withRotations(at: [3, 5, 18], through: 18) { accounts, outcomes in
            #expect(outcomes[0] == .ok)
            for outcome in outcomes.dropFirst() {
                guard case .failed(.limit, _) = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
            }
            let keys: [String?] = [nil, "key 1", "key 2", "key 3"]
            for (number, key) in keys.enumerated() {
                let isCounting = try isOrdered(key, at: 19, accounts)
                #expect(isCounting == (number == 1), "key \(number)")
            }
        }
    }

    @Test("across a second change exactly one key counts at every sequence")
    func twoRotations() throws {
        try withRotations(at: [3, 19], through: 20) { accounts, outcomes in
            #expect(outcomes == [.ok, .ok])
            for sequence in 21...24 as ClosedRange<UInt64> {
                let counting = sequence - 4 < 19 ? 1 : 2
                for (number, key) in ([nil, "key 1", "key 2"] as [String?]).enumerated() {
                    let isCounting = try isOrdered(key, at: sequence, accounts)
                    #expect(isCounting == (number == counting), "key \(number) at \(sequence)")
                }
            }
        }
    }
}
