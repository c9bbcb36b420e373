import AkashiClient
import Foundation
import Synchronization

/// One `akashi run` process, which can be killed, paused and started again.
final class TestValidator: Sendable {
    let index: Int
    let home: String
    let peerPort: Int
    let apiPort: Int
    let client: NodeClient
    private let process = Mutex<pid_t?>(nil)

    init(index: Int, home: String, peerPort: Int, apiPort: Int) throws {
        self.index = index
        self.home = home
        self.peerPort = peerPort
        self.apiPort = apiPort
        client = try NodeClient(["http://127.0.0.1:\(apiPort)"])
    }

    /// The executable that the same build made.
    static let executable: String = {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let candidates = [products.path, FileManager.default.currentDirectoryPath + "/.build/release"]
        return candidates.map { $0 + "/akashi" }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "akashi"
    }()

    private var logPath: String { "\(home)/log" }

    func start() throws {
        if !FileManager.default.fileExists(atPath: logPath) {
            _ = FileManager.default.createFile(atPath: logPath, contents: nil)
        }
        guard let log = FileHandle(forWritingAtPath: logPath) else { throw TestFailure("no log file") }
        _ = try log.seekToEnd()
        let started = Process()
        started.executableURL = URL(filePath: Self.executable)
        started.arguments = ["run", "--home", home]
        started.standardInput = FileHandle.nullDevice
        started.standardOutput = log
        started.standardError = log
        try started.run()
        process.withLock { $0 = started.processIdentifier }
    }

    var isRunning: Bool { process.withLock { $0.map { Glibc.kill($0, 0) == 0 && !isZombie($0) } ?? false } }

    var processIdentifier: pid_t? { process.withLock { $0 } }

    /// SIGKILL, and waits until the process is gone.
    func kill() { end(with: SIGKILL) }

    /// SIGTERM, and waits until the process is gone.
    func terminate() { end(with: SIGTERM) }

    func pause() { signal(SIGSTOP) }
    func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) { process.withLock { if let id = $0 { _ = Glibc.kill(id, number) } } }

    private func end(with number: Int32) {
        guard let id = process.withLock({ $0 }) else { return }
        _ = Glibc.kill(id, number)
        if number == SIGKILL { _ = Glibc.kill(id, SIGCONT) }
        let deadline = Date().addingTimeInterval(60)
        while Glibc.kill(id, 0) == 0, !isZombie(id), Date() < deadline { usleep(5000) }
        process.withLock { $0 = nil }
    }

    private func isZombie(_ id: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let end = status.lastIndex(of: ")")
        else { return true }
        return status[end...].dropFirst(2).first == "Z"
    }

    /// Resident memory in KiB.
    var residentKiB: Int? {
        guard let id = processIdentifier,
            let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first
    }

    /// The end of the log, for a failure's message.
    var lastLines: String {
        let text = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        return "validator \(index):\n" + text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }
}
