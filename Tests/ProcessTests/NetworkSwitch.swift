import ChildProcess
import Foundation
import Testing

/// The links between the validators of a test, each in a network namespace of its own (`testnet/switch.py`).
final class NetworkSwitch: Sendable {
    /// What a switch is told, in its own words.
    enum Order: Sendable {
        /// Validators of different groups do not reach each other.
        case partition([[Int]])
        /// One direction of one link.
        case cut(from: Int, to: Int)
        /// All links one way, and how many of a hundred packets get lost.
        case slow(milliseconds: Int, loss: Int)
        case heal

        fileprivate var words: [String] {
            switch self {
            case .partition(let groups):
                ["partition", groups.map { $0.map(String.init).joined(separator: ",") }.joined(separator: "|")]
            case .cut(let from, let to): ["cut", "\(from)", "\(to)"]
            case .slow(let milliseconds, let loss): ["slow", "\(milliseconds)", "\(loss)"]
            case .heal: ["heal"]
            }
        }
    }

    static let absence: Comment = "no network namespaces here: they take root, /dev/net/tun, nsenter and make deps"

    /// Whether this machine and this user can have one.
    static let isPossible: Bool = {
        guard OtherLibrary.isPresent, FileManager.default.isExecutableFile(atPath: nsenter) else { return false }
        return (try? run(["check"])) == 0
    }()

    private static let nsenter = "/usr/bin/nsenter"
    private static let script = PythonEnvironment.root.appending(path: "testnet/switch.py").path

    /// Where validator I listens to its peers, in its own namespace.
    static func address(of index: Int) -> String { "10.77.0.\(index + 1):7200" }

    private let directory: String
    private let process: ChildProcess
    private let namespaces: [String]

    /// Starts a switch with a port of the machine's loopback for each validator's API.
    init(directory: String, apiPorts: [Int]) throws {
        self.directory = directory
        let words = [OtherLibrary.python, Self.script, "serve", directory] + apiPorts.map(String.init)
        process = try ChildProcess(words, output: directory + "/switch.log", errors: directory + "/switch.log")
        while true {
            let text = try? String(contentsOfFile: directory + "/switch.namespaces", encoding: .utf8)
            if let text {
                namespaces = text.split(separator: "\n").map(String.init)
                return
            }
            guard process.isRunning else {
                process.wait()
                let log = (try? String(contentsOfFile: directory + "/switch.log", encoding: .utf8)) ?? ""
                throw TestFailure("the switch does not start: \(log)")
            }
            usleep(5000)
        }
    }

    /// The words before a command that run it in a validator's namespace.
    func entrance(of index: Int) -> [String] { [Self.nsenter, "--net=" + namespaces[index], "--"] }

    func tell(_ order: Order) throws {
        guard try Self.run(["tell", directory] + order.words) == 0 else {
            throw TestFailure("the switch refuses \(order)")
        }
    }

    func end() {
        process.signal(SIGKILL)
        process.wait()
    }

    private static func run(_ words: [String]) throws -> Int32 {
        let child = try ChildProcess([OtherLibrary.python, script] + words, output: "/dev/null", errors: "/dev/null")
        return child.wait()
    }
}
