internal import Foundation

/// A process that is to be killed at one of its changes of files (`Tests/CrashPoint`).
package enum CrashingProcess {
    /// How far a change gets before the end.
    package enum Mode: String, Sendable { case before, torn, after }

    /// - Parameters:
    ///   - program: beside the program of the tests.
    ///   - directory: whose changes count.
    ///   - change: at which it is killed; nil: at none.
    /// - Returns: how it ended, as a shell says it, and the lines that it wrote.
    package static func run(
        _ program: String,
        _ words: [String],
        directory: String,
        at change: Int?,
        _ mode: Mode = .before
    ) throws -> (exit: Int32, lines: [String]) {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(fileURLWithPath: own).deletingLastPathComponent()
        let output = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: output) }
        var command = ["/usr/bin/env"]
        if let change {
            let library = folder.appending(path: "libCrashPoint.so").path
            command += [
                "CRASH_DIRECTORY=\(directory)", "CRASH_AT=\(change)", "CRASH_MODE=\(mode.rawValue)",
                "LD_PRELOAD=\(library)",
            ]
        }
        let path = folder.appending(path: program).path
        let exit = try ChildProcess(command + [path] + words, output: output, errors: output).wait()
        return (exit, try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init))
    }
}
