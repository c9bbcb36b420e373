internal import FoundationEssentials
internal import Glibc
package import Ledger
internal import Logging
package import Primitives
internal import Storage

/// Puts a snapshot that is there as a whole in the place of a home's database.
///
/// The journal and its identity stay this machine's own: they go from the old database into the new one first. At any
/// moment of a crash either the old database is the home's or the new one with the journal, and the next start finishes it.
package enum SnapshotAdoption {
    package static func joiningPath(_ data: String) -> String { data + ".joining" }
    private static func replacedPath(_ data: String) -> String { data + ".replaced" }

    /// Called before the home's database is opened.
    ///
    /// - Parameter key: the own consensus key.
    /// - Returns: the height that was put in place; nil where there was nothing to do.
    @discardableResult
    package static func complete(_ data: String, chain: Chain, key: PublicKey) throws -> Height? {
        let files = FileManager.default
        let (joining, replaced) = (joiningPath(data), replacedPath(data))
        guard files.fileExists(atPath: data) || !files.fileExists(atPath: replaced) else {
            // A crash between the two renames: the new one holds the journal already.
            try rename(files.fileExists(atPath: joining) ? joining : replaced, to: data)
            try? files.removeItem(atPath: replaced)
            return nil
        }
        try? files.removeItem(atPath: replaced)
        guard files.fileExists(atPath: joining), let height = try prepare(joining, data, chain, key) else { return nil }
        if files.fileExists(atPath: data) { try rename(data, to: replaced) }
        try rename(joining, to: data)
        try? files.removeItem(atPath: replaced)
        return height
    }

    /// Puts a repaired database, which holds the journal already, in the place of the damaged one, and keeps that.
    ///
    /// After a crash in between, the next start finds one of the two in its place.
    static func replace(_ data: String, by repaired: String, keeping damaged: String) throws {
        let files = FileManager.default
        let (joining, replaced) = (joiningPath(data), replacedPath(data))
        // A snapshot on its way would be put in place instead.
        if files.fileExists(atPath: joining) { try files.removeItem(atPath: joining) }
        try rename(data, to: replaced)
        try rename(repaired, to: data)
        try rename(replaced, to: damaged)
    }

    /// Takes the journal over; nil where the snapshot is not complete. Where the old database has come as far meanwhile, what
    /// there is of the snapshot is removed.
    private static func prepare(
        _ joining: String,
        _ data: String,
        _ chain: Chain,
        _ key: PublicKey
    ) throws -> Height? {
        do {
            let new = try SnapshotStore(path: joining, chain: chain)
            let isComplete = try new.isComplete
            let height = try isComplete ? new.database.height(.executed) : new.recorded?.height
            guard FileManager.default.fileExists(atPath: data) else { return isComplete ? height : nil }
            let old = try Database(path: data, chain: chain.id)
            if let executed = try old.height(.executed) {
                guard let height, executed < height else {
                    try FileManager.default.removeItem(atPath: joining)
                    return nil
                }
                if isComplete { try new.takeJournal(of: old, key: key) }
            }
            return isComplete ? height : nil
        } catch {
            throw ConfigurationError("\(joining): the snapshot cannot be put in place: \(error)")
        }
    }

    private static func rename(_ path: String, to new: String) throws {
        guard unsafe Glibc.rename(path, new) == 0 else {
            throw ConfigurationError("\(path): cannot become \(new): error \(errno)")
        }
        // The rename is on disk before anything relies on it.
        let folder = URL(filePath: new).deletingLastPathComponent().path
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw ConfigurationError("\(folder): cannot be opened: error \(errno)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ConfigurationError("\(folder): cannot be synced: error \(errno)") }
    }
}

extension Database {
    fileprivate func height(_ name: MetaKey) throws(StorageError) -> Height? {
        try get(.meta, name.bytes).flatMap { StorageKey.height(of: $0) }.map { Height($0) }
    }
}
