import Foundation
import NodeRuntime
import Testing

@Suite struct ConfigurationTests {
    private static let good = """
        # A comment.
        validator:
          index: 2
        peers:
          listen: 127.0.0.1:7202  # another
          addresses: "127.0.0.1:7200, 127.0.0.1:7201"
        api:
          listen: 127.0.0.1:7102
        log:
          level: debug
        """

    private func home(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try text.write(toFile: path + "/" + NodeConfiguration.fileName, atomically: true, encoding: .utf8)
        return path
    }

    private func failure(
        _ text: String,
        flags: [String: String] = [:],
        environment: [String: String] = [:]
    ) async throws -> String {
        let home = try home(text)
        defer { try? FileManager.default.removeItem(atPath: home) }
        do {
            _ = try await NodeConfiguration.load(home: home, flags: flags, environment: environment)
            return "accepted"
        } catch let error as ConfigurationError {
            return error.description.replacing(home, with: "HOME")
        }
    }

    @Test("a file is read, what it leaves out has its default, and flags override it")
    func reads() async throws {
        let home = try home(Self.good)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let configuration = try await NodeConfiguration.load(home: home, flags: ["api.listen": "[::1]:9"])
        #expect(configuration.validatorIndex == 2)
        #expect(configuration.peerListen == NetworkAddress(host: "127.0.0.1", port: 7202))
        #expect(configuration.peerAddresses.map(\.port) == [7200, 7201])
        #expect(configuration.apiListen == NetworkAddress(host: "::1", port: 9))
        #expect(configuration.logLevel == "debug")
        #expect(configuration.dataPath == home + "/data")
    }

    @Test("an unknown key is refused with its line")
    func unknownKey() async throws {
        let text = Self.good + "\n  colour: red"
        #expect(try await failure(text).hasPrefix("HOME/akashi.yaml:11: unknown key 'log.colour'"))
    }

    @Test(
        "a value that cannot be meant is refused with its line",
        arguments: [
            ("index: 2", "index: two", "HOME/akashi.yaml:3: validator.index: 'two' is not a number from 0 to 30"),
            ("index: 2", "index: 31", "HOME/akashi.yaml:3: validator.index: '31' is not a number from 0 to 30"),
            (":7202  #", "  #", "HOME/akashi.yaml:5: peers.listen: '127.0.0.1' is not host:port"),
            (":7202  #", ":99999  #", "HOME/akashi.yaml:5: peers.listen: '127.0.0.1:99999' is not host:port"),
            ("level: debug", "level: loud", "HOME/akashi.yaml:10: log.level: 'loud' is none of"),
            (
                "listen: 127.0.0.1:7102", "listen: 0.0.0.0:7102",
                "HOME/akashi.yaml:8: api.listen: the API serves loopback"
            ),
        ]
    )
    func wrongValue(old: String, new: String, message: String) async throws {
        #expect(try await failure(Self.good.replacing(old, with: new)).hasPrefix(message))
    }

    @Test("a bad value is blamed on where it comes from, and a misspelt variable is refused")
    func origins() async throws {
        let variable = try await failure(Self.good, environment: ["AKASHI_API_LISTEN": "here"])
        #expect(variable == "$AKASHI_API_LISTEN: api.listen: 'here' is not host:port")
        let flag = try await failure(Self.good, flags: ["log.level": "loud"], environment: ["AKASHI_LOG_LEVEL": "info"])
        #expect(flag.hasPrefix("command line: log.level: 'loud' is none of"))
        let misspelt = try await failure(Self.good, environment: ["AKASHI_API_LISTN": "127.0.0.1:1"])
        #expect(misspelt.hasPrefix("$AKASHI_API_LISTN: is no setting; known are $AKASHI_API_LISTEN,"))
        let others = ["AKASHI_KEYS": "/k", "AKASHI_NODE": "http://n", "PATH": "/bin", "AKASHI_LOG_LEVEL": "error"]
        #expect(try await failure(Self.good, environment: others) == "accepted")
    }

    @Test("a clock is right unless it is said to be wrong, by a day at most")
    func clock() async throws {
        let home = try home(Self.good)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let key = "clock.offset_milliseconds"
        #expect(try await NodeConfiguration.load(home: home).clockOffsetMilliseconds == 0)
        #expect(try await NodeConfiguration.load(home: home, flags: [key: "-5000"]).clockOffsetMilliseconds == -5000)
        let environment = ["AKASHI_CLOCK_OFFSET_MILLISECONDS": "60000"]
        #expect(try await NodeConfiguration.load(home: home, environment: environment).clockOffsetMilliseconds == 60000)
        let tooFar = try await failure(Self.good + "\nclock:\n  offset_milliseconds: 86400001")
        #expect(tooFar.hasPrefix("HOME/akashi.yaml:12: \(key): '86400001' is not a number from -86400000"))
    }

    @Test("a key without a default has to be there")
    func missingKey() async throws {
        let text = Self.good.replacing("  listen: 127.0.0.1:7202  # another\n", with: "")
        #expect(try await failure(text).contains("'peers.listen' is missing"))
    }

    @Test("an observer has no index, and may name others to follow")
    func observer() async throws {
        let text = Self.good.replacing("  index: 2\n", with: "  key: keys/consensus.key\n")
            .replacing("peers:\n", with: "peers:\n  follow: \"ours.example:7200, [::1]:7201\"\n")
        let home = try home(text)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let configuration = try await NodeConfiguration.load(home: home)
        #expect(configuration.validatorIndex == nil)
        #expect(configuration.followAddresses.map(\.description) == ["ours.example:7200", "[::1]:7201"])
    }

    @Test("a home without a file says how to make one")
    func noFile() async throws {
        await #expect(throws: ConfigurationError.self) { try await NodeConfiguration.load(home: "/nonexistent") }
    }
}
