import Foundation
import Testing

/// Files of the repository, and public ones beside it where they are there.
enum Samples {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static func own(_ name: String) throws -> [UInt8] {
        try Array(#require(FileManager.default.contents(atPath: root + "/testnet/samples/" + name)))
    }

    static let publicFolder = root + "/../shared/data"
    static let havePublic = FileManager.default.fileExists(atPath: publicFolder)

    static func other(_ name: String) throws -> [UInt8] {
        try Array(#require(FileManager.default.contents(atPath: publicFolder + "/" + name)))
    }
}
