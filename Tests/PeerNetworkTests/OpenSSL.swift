import Foundation
import PeerNetwork

/// glibc's own (2.34 and later), which the Swift overlay leaves out.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
@discardableResult
private func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) -> Int32

/// The `openssl` command: another implementation of TLS than the one under test.
struct OpenSSL {
    static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    struct Outcome {
        let status: Int32
        let output: [UInt8]
        let errors: String
    }

    /// What kept a command from running.
    struct Failure: Error { let description: String }

    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Runs it to its end. Standard input gets the bytes, and stays open where `holdsInput` says so.
    ///
    /// `Foundation.Process` is not used: beside exit tests, which spawn too, it can miss the end of a process.
    func run(_ arguments: [String], input: [UInt8] = [], holdsInput: Bool = false) async throws -> Outcome {
        guard let path = Self.path else { throw Failure(description: "there is no openssl") }
        let names = (output: directory.file(UUID().uuidString), errors: directory.file(UUID().uuidString))
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw Failure(description: "there are no more pipes") }
        let (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child = try Self.spawn([path] + arguments, input: reading, output: names.output, errors: names.errors)
        close(reading)
        // Shorter than a pipe's buffer, so this does not wait for the reader.
        let written = unsafe input.withUnsafeBytes { unsafe write(writing, $0.baseAddress, $0.count) }
        if !holdsInput { close(writing) }
        let status = await Self.end(of: child)
        if holdsInput { close(writing) }
        guard written == input.count else { throw Failure(description: "it did not take its input") }
        return Outcome(
            status: status,
            output: Array(FileManager.default.contents(atPath: names.output) ?? Data()),
            errors: String(decoding: FileManager.default.contents(atPath: names.errors) ?? Data(), as: UTF8.self)
        )
    }

    private static func spawn(_ words: [String], input: Int32, output: String, errors: String) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
        // A child that inherited the sockets of other tests would keep their ports in use.
        unsafe addCloseFrom(&actions, 3)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var child: pid_t = 0
        guard unsafe posix_spawn(&child, words[0], &actions, nil, &arguments, environ) == 0 else {
            throw Failure(description: "\(words[0]) cannot be run")
        }
        return child
    }

    /// The status with which a child ends, awaited on a thread of its own.
    private static func end(of child: pid_t) async -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while unsafe waitpid(child, &status, 0) < 0 && errno == EINTR {}
                continuation.resume(returning: status == 0 ? 0 : 1)
            }
        }
    }

    /// `-cert … -key …` for a validator's certificate.
    func identity(_ material: TLSMaterial) throws -> [String] {
        let name = UUID().uuidString
        let paths = (certificate: directory.file(name + ".pem"), key: directory.file(name + ".key"))
        try material.write(certificatePath: paths.certificate, keyPath: paths.key)
        return ["-cert", paths.certificate, "-key", paths.key]
    }
}
