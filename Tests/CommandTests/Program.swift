import ChildProcess
import Foundation
import Testing

/// Runs the executable that the same build made, and waits for it.
struct Program {
    let status: Int32
    let output: String
    let errors: String

    static let executable: String = {
        let arguments = CommandLine.arguments.first.map { URL(filePath: $0).deletingLastPathComponent().path } ?? "."
        let bundle = Bundle.main.bundlePath
        let candidates = [arguments, bundle, Samples.root + "/.build/release", Samples.root + "/.build/debug"]
        return candidates.map { $0 + "/akashi" }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "akashi"
    }()

    /// - Parameter environment: is all that the program gets but the path.
    static func run(
        _ arguments: [String],
        command: String = executable,
        environment: [String: String] = [:]
    ) throws -> Program {
        let folder = FileManager.default.temporaryDirectory.appending(path: "akashi-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Into files, because a pipe that nobody reads would hold up a program that writes much.
        let outputPath = folder.appending(path: "output")
        let errorPath = folder.appending(path: "errors")
        for path in [outputPath, errorPath] { try Data().write(to: path) }
        var variables = environment
        variables["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let child = try ChildProcess(
            [command] + arguments,
            environment: variables,
            output: outputPath.path,
            errors: errorPath.path
        )
        let status = child.wait()
        return Program(
            status: status,
            output: String(decoding: try Data(contentsOf: outputPath), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errorPath), as: UTF8.self)
        )
    }

    func json() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }

    static func temporaryDirectory() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "akashi-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }
}
