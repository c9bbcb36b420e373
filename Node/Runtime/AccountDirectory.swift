internal import ContractKit
internal import Governance
package import Ledger
package import LedgerCrypto
package import Primitives
internal import Synchronization

/// Accounts as the last executed block leaves them, with their keys parsed: parsing a key costs a tenth of a
/// verification, and most accounts send more than one transaction.
package final class AccountDirectory: Sendable {
    /// Whose signature counts for an account as of a height.
    package enum KeyJudgement {
        /// The account never had another key, so whatever was verified was verified under this one.
        case only
        /// The account has had several; this is the one that counts.
        case oneOfSeveral(VerificationKey)
        /// The account came later.
        case notYet
        case unknown
    }

    private struct Entry: Sendable {
        let keys: [(from: Height, key: VerificationKey)]
        let isActive: Bool
    }

    private struct State {
        var entries: [AccountID: Entry] = [:]
        /// Rises with every change of accounts: what was read before a change is not kept after it.
        var generation: UInt64 = 0
    }

    private static let capacity = 100_000

    package let chain: Digest
    private let store: ChainStore
    private let state = Mutex(State())

    package init(chain: Digest, store: ChainStore) {
        self.chain = chain
        self.store = store
    }

    /// For admission: the current key, and whether the account and its organisation are active.
    package func standing(of account: AccountID) -> Standing? {
        guard let entry = entry(of: account), let key = entry.keys.last?.key else { return nil }
        return Standing(key: key, isActive: entry.isActive)
    }

    /// For ordering (rule 5).
    package func key(of account: AccountID, asOf height: Height) -> KeyJudgement {
        guard let entry = entry(of: account) else { return .unknown }
        guard let key = entry.keys.last(where: { $0.from <= height })?.key else { return .notYet }
        return entry.keys.count == 1 ? .only : .oneOfSeveral(key)
    }

    func verificationKey(of account: AccountID, asOf height: Height) -> VerificationKey? {
        entry(of: account)?.keys.last { $0.from <= height }?.key
    }

    /// A block changed accounts or organisations. Called after the block is in the store.
    package func forget() {
        state.withLock { state in
            state.generation += 1
            state.entries.removeAll(keepingCapacity: true)
        }
    }

    private func entry(of account: AccountID) -> Entry? {
        let (known, generation) = state.withLock { ($0.entries[account], $0.generation) }
        if let known { return known }
        guard let entry = read(account) else { return nil }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.entries.count >= Self.capacity { state.entries.removeAll(keepingCapacity: true) }
            state.entries[account] = entry
        }
        return entry
    }

    private func read(_ account: AccountID) -> Entry? {
        guard let bytes = try? store.state(Governance.stateKey(ofAccount: account)),
            let row = try? AccountRow(decoding: bytes)
        else { return nil }
        let keys = row.keys.compactMap { entry in VerificationKey(entry.key).map { (from: entry.from, key: $0) } }
        guard keys.count == row.keys.count else { return nil }
        return Entry(keys: keys, isActive: row.status == .active && isActive(row.organisation))
    }

    private func isActive(_ organisation: Identifier) -> Bool {
        guard let bytes = try? store.state(Governance.stateKey(ofOrganisation: organisation)),
            let row = try? OrganisationRow(decoding: bytes)
        else { return false }
        return row.status == .active
    }
}
