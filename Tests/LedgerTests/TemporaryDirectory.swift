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

    func files(withSuffix suffix: String) throws -> [(name: String, byteCount: Int)] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(suffix) }.map {
            (name: $0, byteCount: try Data(contentsOf: URL(fileURLWithPath: path + "/" + $0)).count)
        }
    }

    func flipBit(of name: String, at offset: Int) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        var data = try Data(contentsOf: url)
        data[offset] ^= 1
        try data.write(to: url)
    }

    func truncate(_ name: String, to byteCount: Int) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try Data(contentsOf: url).prefix(byteCount).write(to: url)
    }

    func copy(to other: TemporaryDirectory) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "LOCK" {
            try FileManager.default.copyItem(atPath: path + "/" + name, toPath: other.path + "/" + name)
        }
    }
}
