import Foundation
import Testing

/// A network of the scripts of `testnet/`, in a directory and on ports that nothing else uses.
struct Testnet {
    var directory: String
    let home: String
    let port: Int

    /// Starts a network, and stops and removes it at the end.
    static func run(_ options: [String] = [], _ body: (Testnet) throws -> Void) throws {
        let folder = try Program.temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let testnet = Testnet(directory: folder + "/run", home: folder, port: Int.random(in: 20_000...29_000))
        defer { _ = try? testnet.script("down", ["--wipe"]) }
        let up = try testnet.script("up", options)
        try #require(up.status == 0, "\(up.errors)")
        try body(testnet)
    }

    func script(_ name: String, _ arguments: [String]) throws -> Program {
        try Program.run(
            arguments,
            command: "\(Samples.root)/testnet/\(name)",
            environment: [
                "AKASHI_TESTNET_DIR": directory, "AKASHI_TESTNET_API_PORT": String(port),
                "AKASHI_TESTNET_PEER_PORT": String(port + 100), "AKASHI_BINARY": Program.executable, "HOME": home,
            ]
        )
    }

    /// Whether networks of namespaces are possible here.
    static let canSeparate: Bool = {
        let check = try? Program.run(["check"], command: "\(Samples.root)/testnet/switch.py")
        return check?.status == 0
    }()

    /// The validators that run, as their pid files say.
    func validatorProcesses() throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix("validator-") }.sorted()
            .compactMap { name in
                guard let bytes = FileManager.default.contents(atPath: "\(directory)/\(name)/pid") else { return nil }
                return pid_t(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
            }
            .filter(Testnet.isRunning)
    }

    /// A process that ended and that nobody has waited for runs no more.
    static func isRunning(_ process: pid_t) -> Bool {
        guard let status = FileManager.default.contents(atPath: "/proc/\(process)/status") else { return false }
        return !String(decoding: status, as: UTF8.self).contains("State:\tZ")
    }
}
