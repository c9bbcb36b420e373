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
    private let process = Mutex<ChildProcess?>(nil)

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
        let child = try ChildProcess([Self.executable, "run", "--home", home], output: logPath, errors: logPath)
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
        let text = log
        return "validator \(index):\n" + text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }
}
