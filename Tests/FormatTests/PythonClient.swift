import ChildProcess
import Foundation
import Testing

/// Programs by other people, in the virtual environment that `make deps` makes.
enum PythonClient {
    static let root = PythonEnvironment.root

    static var isPresent: Bool { PythonEnvironment.isPresent }

    /// `zcbor` comes with a command of its own, by which it is known.
    static var hasSchemaChecker: Bool {
        FileManager.default.isExecutableFile(atPath: root.appending(path: ".build/venv/bin/zcbor").path)
    }

    static let absence = Comment(rawValue: PythonEnvironment.absence)
    static let checkerAbsence: Comment = "no zcbor in the virtual environment (.build/venv): run make deps"

    /// Runs a script of `Interop`, gives it the questions as JSON, and reads as many answers.
    static func run<Question: Encodable, Answer: Decodable>(
        _ script: String,
        _ argument: String,
        _ questions: [Question],
        as answer: Answer.Type
    ) throws -> [Answer] {
        let process = Process()
        process.executableURL = URL(filePath: PythonEnvironment.python)
        process.arguments = [root.appending(path: "Tests/FormatTests/Interop/\(script)").path, argument]
        // A file rather than a pipe: nobody waits for anybody to empty it, and a client that dies breaks no pipe.
        let document = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString).json")
        try JSONEncoder().encode(questions).write(to: document)
        defer { try? FileManager.default.removeItem(at: document) }
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: document)
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(script) failed; its reason is on standard error")
        let answers = try JSONDecoder().decode([Answer].self, from: data)
        try #require(answers.count == questions.count)
        return answers
    }
}
