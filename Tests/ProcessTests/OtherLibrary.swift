import Foundation
import Testing

/// Programs that do not share Akashi's code, in the virtual environment that `make deps` makes.
enum OtherLibrary {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let python = root.appending(path: ".build/venv/bin/python").path
    static var isPresent: Bool { FileManager.default.isExecutableFile(atPath: python) }
    static let absence: Comment = "no virtual environment (.build/venv): run make deps"

    static func script(_ name: String) -> String {
        root.appending(path: "Tests/ProcessTests/Interop/\(name)").path
    }
}
