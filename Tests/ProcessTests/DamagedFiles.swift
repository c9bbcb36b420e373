import Foundation
import Storage

/// Bits that flip in the files of a database, whoever reads them.
enum DamagedFiles {
    /// The table files that hold rows of a family, as RocksDB notes it in each.
    static func tables(of family: ColumnFamily, in data: String) throws -> [String] {
        try files(in: data, named: ".sst").filter { path in
            let bytes = try Data(contentsOf: URL(filePath: path))
            return bytes.range(of: Data("name\(family.name)".utf8), options: .backwards) != nil
        }
    }

    static func files(in data: String, named part: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: data).sorted().filter { $0.contains(part) }
        return try names.map { "\(data)/\($0)" }.filter { path in
            // A log is made before anything is written to it.
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64 ?? 0 > 0
        }
    }

    /// Flips one bit, a share of the file's length behind its beginning.
    static func flip(_ path: String, at share: Double) throws {
        let url = URL(filePath: path)
        var bytes = try Data(contentsOf: url)
        bytes[Int(Double(bytes.count - 1) * share)] ^= 4
        try bytes.write(to: url)
    }
}
