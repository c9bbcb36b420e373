import AkashiClient
import ChildProcess
import Foundation
import Synchronization

/// One `akashi run` process, which can be killed, paused and started again.
final class TestValidator: Sendable {
    let index: Int
    let home: String
    let peerPort: Int
    let apiPort: Int
    let client: NodeClient
    /// The words before its own command that take it to its network namespace.
    private let entrance: [String]
    private let process = Mutex<ChildProcess?>(nil)

    init(index: Int, home: String, peerPort: Int, apiPort: Int, entrance: [String] = []) throws {
        self.index = index
        self.home = home
        self.peerPort = peerPort
        self.apiPort = apiPort
        self.entrance = entrance
        client = try NodeClient(["http://127.0.0.1:\(apiPort)"])
    }

    /// The executable that the same build made.
    static let executable: String = {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let candidates = [products.path, FileManager.default.currentDirectoryPath + "/.build/release"]
        return candidates.map { $0 + "/akashi" }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "akashi"
    }()

    private var logPath: String { "\(home)/log" }

    /// - Parameter settings: variables of its environment, beside those of this process.
    func start(settings: [String: String] = [:]) throws {
        let child = try ChildProcess(
            entrance + [Self.executable, "run", "--home", home],
            environment: ProcessInfo.processInfo.environment.merging(settings) { $1 },
            output: logPath,
            errors: logPath
        )
        process.withLock { $0 = child }
    }

    var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    /// SIGKILL, and waits until the process is gone.
    func kill() { end(with: SIGKILL) }

    /// SIGTERM, and waits until the process is gone.
    func terminate() { end(with: SIGTERM) }

    func pause() { signal(SIGSTOP) }
    func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) { process.withLock { $0?.signal(number) } }

    private func end(with number: Int32) {
        guard let child = process.withLock({ $0.take() }) else { return }
        child.signal(number)
        child.wait()
    }

    /// Resident memory in KiB.
    var residentKiB: Int? {
        guard let id = process.withLock({ $0?.identifier }),
            let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first
    }

    /// Everything that its processes wrote.
    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// The end of the log, for a failure's message.
    var lastLines: String {
        "validator \(index):\n" + log.split(separator: "\n").suffix(15).joined(separator: "\n")
    }
}
