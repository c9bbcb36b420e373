internal import ContractKit
internal import Ledger
package import Primitives

/// Single rows of the state, now and before.
extension Node {
    package func row(_ key: [UInt8], at height: Height?) async throws(BackendError) -> RowView {
        let height = try certified(height, key)
        return try await answering { () throws(LedgerFault) in
            let row = try self.parts.store.value(of: key, at: height)
            return RowView(height: height, value: row?.value, since: row?.since)
        }
    }

    package func versions(
        of key: [UInt8],
        through height: Height?,
        limit: Int
    ) async throws(BackendError) -> RowVersions {
        let height = try certified(height, key)
        return try await answering { () throws(LedgerFault) in
            let store = self.parts.store
            var limits = StateHistoryLimits()
            limits.versionCount = min(limit, limits.versionCount)
            let page = try store.versions(of: key, through: height, limits: limits)
            return RowVersions(
                versions: page.versions.map { .init(from: $0.from, through: $0.through, value: $0.value) },
                next: page.next,
                completeFrom: store.stateFloor
            )
        }
    }

    /// The height that is meant: none that could still be taken back.
    func certified(_ height: Height?, _ key: [UInt8]) throws(BackendError) -> Height {
        guard StateLayout.isLeaf(key) else {
            throw BackendError(
                .invalid,
                code: "KEY",
                message: "is no key of the state tree: contract, table, and its key"
            )
        }
        let certified = parts.hub.certified
        guard let height else { return certified }
        guard height <= certified else { throw BackendError(.noSuchHeight(height)) }
        return height
    }
}
