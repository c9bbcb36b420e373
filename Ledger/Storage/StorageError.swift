package import Primitives

/// Why storage could not do what it was asked. None of these is caused by a peer: each stops the node or its start.
package enum StorageError: Error, Equatable, Sendable {
    /// The disk or the file system failed.
    case io(String)
    /// Bytes on disk are not what was written, or do not fit together.
    case corruption(String)
    /// What must be there is not.
    case notFound(String)
    /// Another process has the database open.
    case locked(String)
    /// The database was written by a newer version of Akashi.
    case newerSchema(found: String, supported: UInt64)
    /// The database was written by an older version, whose form is not read any more.
    case olderSchema(found: UInt64, supported: UInt64)
    /// The database belongs to another chain.
    case otherChain(found: Digest, expected: Digest)
    /// RocksDB refused the request itself.
    case refused(String)

    /// Sorts the status text that RocksDB's C interface gives for every failure.
    init(status: String) {
        if status.contains("lock") && status.hasPrefix("IO error") {
            self = .locked(status)
        } else if status.hasPrefix("IO error") {
            self = .io(status)
        } else if status.hasPrefix("Corruption") {
            self = .corruption(status)
        } else if status.hasPrefix("NotFound") {
            self = .notFound(status)
        } else {
            self = .refused(status)
        }
    }
}

extension StorageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .io(let text): "storage I/O failed: \(text)"
        case .corruption(let text):
            "the database is damaged: \(text) (stop the node, and 'akashi ledger repair HOME' makes it anew)"
        case .notFound(let text): "not in the database: \(text)"
        case .locked(let text): "the database is in use by another process: \(text)"
        case .newerSchema(let found, let supported):
            "the database has schema \(found), written by a newer Akashi; this one knows up to \(supported)"
        case .olderSchema(let found, let supported):
            """
            the database has schema \(found), which is not read any more; this Akashi has \(supported): move the data away, \
            and the node takes the chain from the others
            """
        case .otherChain(let found, let expected):
            "the database belongs to chain \(found.hex), not to \(expected.hex)"
        case .refused(let text): "storage refused the request: \(text)"
        }
    }
}
