import Foundation
import PeerNetwork
import Synchronization

/// The `openssl` command: another implementation of TLS than the one under test.
struct OpenSSL {
    static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    struct Outcome {
        let status: Int32
        let output: [UInt8]
        let errors: String
    }

    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Runs it to its end. Standard input gets the bytes, and stays open where `holdsInput` says so.
    func run(_ arguments: [String], input: [UInt8] = [], holdsInput: Bool = false) async throws -> Outcome {
        guard let path = Self.path else { throw Observer.TimedOut(description: "there is no openssl") }
        let names = (output: directory.file(UUID().uuidString), errors: directory.file(UUID().uuidString))
        for name in [names.output, names.errors] { try Data().write(to: URL(fileURLWithPath: name)) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardOutput = FileHandle(forWritingAtPath: names.output)
        process.standardError = FileHandle(forWritingAtPath: names.errors)
        let pipe = Pipe()
        process.standardInput = pipe
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
                if !input.isEmpty { try pipe.fileHandleForWriting.write(contentsOf: Data(input)) }
                if !holdsInput { try pipe.fileHandleForWriting.close() }
            } catch {
                process.terminationHandler = nil
                if process.isRunning { process.terminate() }
                continuation.resume(throwing: error)
            }
        }
        try? pipe.fileHandleForWriting.close()
        return Outcome(
            status: status,
            output: Array(FileManager.default.contents(atPath: names.output) ?? Data()),
            errors: String(decoding: FileManager.default.contents(atPath: names.errors) ?? Data(), as: UTF8.self)
        )
    }

    /// `-cert … -key …` for a validator's certificate.
    func identity(_ material: TLSMaterial) throws -> [String] {
        let name = UUID().uuidString
        let paths = (certificate: directory.file(name + ".pem"), key: directory.file(name + ".key"))
        try material.write(certificatePath: paths.certificate, keyPath: paths.key)
        return ["-cert", paths.certificate, "-key", paths.key]
    }
}
