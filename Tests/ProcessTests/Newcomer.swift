import AkashiClient
import Foundation
import Testing

/// A machine that is not in the genesis: its home is made by the commands that a member uses.
struct Newcomer {
    let validator: TestValidator
    let key: String
    let pin: String

    /// Makes the home and lets it follow.
    ///
    /// - Parameter registrar: the name of the key that admits it.
    init(_ number: Int, in network: TestNetwork, _ client: CommandLineClient, registrar: String) throws {
        let ports = try FreePorts.take(2)
        let home = "\(network.directory)/newcomer-\(number)"
        let made = try client.document([
            "init", "--home", home, "--chain", network.validators[0].home + "/genesis", "--observer",
            "--peers", "127.0.0.1:\(ports[0])", "--api", "127.0.0.1:\(ports[1])", "--json",
        ])
        key = try #require(made["consensus_key"] as? String)
        pin = try #require(made["tls_pin"] as? String)
        validator = try TestValidator(index: 100 + number, home: home, peerPort: ports[0], apiPort: ports[1])
        _ = try client.document(["admin", "validator", "observe", "--home", home, "--as", registrar, "--json"])
    }

    /// Reports it as a candidate, which waits until it has caught up.
    func report(_ client: CommandLineClient, registrar: String) throws {
        let address = "127.0.0.1:\(validator.peerPort)"
        _ = try client.document([
            "admin", "validator", "candidate", "--home", validator.home, "--address", address, "--as", registrar,
            "--json",
        ])
    }
}

extension CommandLineClient {
    /// Runs a command that must succeed; the document that it prints.
    @discardableResult
    func document(_ arguments: [String]) throws -> [String: Any] {
        let result = try run(arguments)
        try #require(result.status == 0, "\(arguments.joined(separator: " ")): \(result.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    /// Proposes, votes with the second organisation, carries out and waits for the boundary; returns the epoch that began.
    func change(_ arguments: [String]) throws -> Int {
        let proposed = try document(["admin", "validator"] + arguments + ["--as", "custodian", "--json"])
        let id = try #require(proposed["proposal"] as? String)
        let early = try run(["admin", "validator", "execute", id, "--as", "custodian"])
        #expect(early.status == 1 && early.errors.contains("QUORUM"), "\(early.errors)")
        try document(["admin", "validator", "vote", id, "--as", "registrar-1", "--json"])
        let executed = try document(["admin", "validator", "execute", id, "--as", "custodian", "--json"])
        return try #require(executed["epoch"] as? Int)
    }
}

extension TestNetwork {
    func status(of validator: TestValidator) async -> NodeReport? { try? await validator.client.status() }

    /// Waits until a node has certified some blocks more than the given validators have now.
    func waitMoves(_ validator: TestValidator, beyond indexes: [Int]) async throws {
        let height = await certified(on: indexes) + 5
        try await eventually("\(validator.home) certifies \(height)") {
            (await self.status(of: validator)?.certifiedHeight ?? 0) >= height
        }
    }
}
