import Foundation
import Primitives
import Storage

/// A directory of one test, which removes it at its end.
struct TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "akashi-ledger-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    func open(chain: Digest = Digest(words: (1, 2, 3, 4))) throws(StorageError) -> Database {
        try Database(path: path, chain: chain)
    }
}
