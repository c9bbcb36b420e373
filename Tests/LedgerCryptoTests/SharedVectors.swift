import Foundation

/// Public test vectors, which are not part of the repository: they stand in `../shared/vectors` where they are.
enum SharedVectors {
    static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/vectors").standardizedFileURL

    static var arePresent: Bool { FileManager.default.fileExists(atPath: directory.path) }

    static let absence = "no public vectors beside the repository (../shared/vectors)"

    static func data(_ path: String) throws -> Data { try Data(contentsOf: directory.appending(path: path)) }
}
