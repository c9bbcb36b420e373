package import Glibc

/// glibc's own (2.34 and later), which the Swift overlay leaves out.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
@discardableResult
private func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) -> Int32

/// A process that a test started.
///
/// `Foundation.Process` is not used: it learns of the end of a process through a descriptor that grandchildren inherit,
/// such as the validators that a script leaves running, and then waits for ever.
package struct ChildProcess: Sendable {
    package let identifier: pid_t

    /// What kept a program from being started.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Starts a program with standard output and errors appended to files, and none of this process's descriptors.
    ///
    /// - Parameter environment: all that the program gets; nil for this process's own.
    package init(_ words: [String], environment: [String: String]? = nil, output: String, errors: String) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe addCloseFrom(&actions, 3)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var variables = unsafe (environment ?? [:]).map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe variables.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let status = unsafe variables.withUnsafeMutableBufferPointer { buffer in
            let given = unsafe environment == nil ? environ : buffer.baseAddress
            return unsafe posix_spawn(&child, words[0], &actions, nil, &arguments, given)
        }
        guard status == 0 else { throw Failure(description: "\(words[0]) cannot be run: error \(status)") }
        identifier = child
    }

    package func signal(_ number: Int32) { _ = kill(identifier, number) }

    /// Waits for the end and takes the exit status; a signal that ended it gives 128 and its number, as in a shell.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(identifier, &status, 0) < 0 { if errno != EINTR { return -1 } }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    /// Whether it has not ended yet; does not take the exit status.
    package var isRunning: Bool {
        var information = unsafe siginfo_t()
        let found = unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT)
        return unsafe found == 0 && information.si_signo == 0
    }
}
