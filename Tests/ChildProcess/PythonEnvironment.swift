package import Foundation

/// Programs that do not share Akashi's code, in the virtual environment that `make deps` makes.
package enum PythonEnvironment {
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    package static let python = root.appending(path: ".build/venv/bin/python").path
    package static var isPresent: Bool { FileManager.default.isExecutableFile(atPath: python) }
    package static let absence = "no virtual environment (.build/venv): run make deps"
}
