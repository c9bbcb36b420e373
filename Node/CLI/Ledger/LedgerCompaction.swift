internal import AkashiClient
internal import Ledger
internal import NodeAPI
internal import NodeRuntime
internal import Storage

/// Work on the database of a stopped validator that gives disk back.
enum LedgerCompaction {
    /// Opens the database of a home for writing, runs a body on it, compacts all of it and closes it.
    ///
    /// - Returns: what the directory took on disk before and after, for whoever gave the command.
    static func run(
        on home: String,
        _ body: (ChainStore) throws(LedgerFault) -> [String: JSONValue] = { _ in [:] }
    ) async throws -> JSONValue {
        let data = try await LedgerDirectory.data(of: home)
        let before = LedgerDirectory.byteCount(of: data)
        // Who is no chain yet must not become one by being compacted.
        let chain = try await LedgerDirectory.open(home).chain
        var report: [String: JSONValue]
        do throws(LedgerFault) {
            report = try work(in: data, chain, body)
        } catch .storage(.locked) {
            throw ClientError(
                "RUNNING",
                """
                \(home): a validator runs on it; stop it first. While it runs, it prunes by itself if \
                storage.retention_blocks says so
                """
            )
        } catch {
            throw ClientError("STORAGE", "\(home): \(error)")
        }
        let after = LedgerDirectory.byteCount(of: data)
        report["bytes_before"] = .unsigned(before)
        report["bytes_after"] = .unsigned(after)
        report["bytes_freed"] = .unsigned(before > after ? before - after : 0)
        return .object(report)
    }

    /// The database is closed on return: only then its log is of the size that stays.
    private static func work(
        in data: String,
        _ chain: Chain,
        _ body: (ChainStore) throws(LedgerFault) -> [String: JSONValue]
    ) throws(LedgerFault) -> [String: JSONValue] {
        let store = try ChainStore(path: data, chain: chain)
        let report = try body(store)
        for family in ColumnFamily.allCases {
            progress("compacting: \(family.name)")
            store.database.compact(family)
        }
        return report
    }
}
