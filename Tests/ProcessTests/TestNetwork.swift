import AkashiClient
import Foundation
import Ledger
import LedgerCrypto
import NodeRuntime
import PeerNetwork
import Primitives
import Testing

/// A network of real `akashi run` processes on loopback, with homes of its own in a temporary directory.
final class TestNetwork: Sendable {
    let directory: String
    let chain: Chain
    /// The first registrar, and custodian.
    let custodian: ClientKey
    /// One of each organisation; validators belong to the organisations in turn.
    let registrars: [ClientKey]
    /// Accounts that may do what histories are made of.
    let players: [ClientKey]
    let validators: [TestValidator]
    /// What carries the validators' packets; nil where they share the machine's loopback.
    let links: NetworkSwitch?

    /// - Parameters:
    ///   - organisations: to which the validators belong in turn, each with a registrar.
    ///   - separated: whether each validator gets a network namespace of its own, so that links can fail.
    ///   - adjust: changes the chain's parameters, for instance for more blocks per second.
    init(
        validators count: Int = 4,
        organisations: Int = 1,
        separated: Bool = false,
        adjust: (inout Parameters) -> Void = { _ in }
    ) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path
        var parameters = Parameters.standard
        parameters.heartbeatMilliseconds = 300
        parameters.viewTimeoutMilliseconds = 1500
        parameters.viewTimeoutCapMilliseconds = 10_000
        adjust(&parameters)
        let ports = try FreePorts.take(2 * count)
        let keys = (0..<count).map { _ in PrivateKey.generate() }
        let materials = try (0..<count).map { try TLSMaterial.generate(validator: $0) }
        let members = try ["tester", "second", "third"].prefix(organisations).map { try #require(Identifier($0)) }
        let numbers = ["7000012050002", "7990001999901", "6990001999902"]
        let roles = [["custodian", "registrar"], ["registrar"], ["registrar"]]
        let signers = try members.indices.map { index in
            ClientKey(
                name: try #require(Identifier(index == 0 ? "custodian" : "registrar-\(index)")),
                signing: .generate()
            )
        }
        registrars = signers
        custodian = signers[0]
        let addresses = (0..<count).map { index in
            separated ? NetworkSwitch.address(of: index) : "127.0.0.1:\(ports[index])"
        }
        players = try (0..<8).map { index in
            ClientKey(name: try #require(Identifier("player-\(index)")), signing: .generate())
        }
        let people =
            members.indices.map { (signers[$0], members[$0], roles[$0]) }
            + players.map { ($0, members[0], ["buyer", "custodian", "subject", "value-issuer"]) }
        let genesis = Genesis(
            chainName: try #require(Identifier("process-test")),
            time: UInt64(Date().timeIntervalSince1970 * 1000),
            validators: (0..<count).map { index in
                Validator(
                    consensusKey: keys[index].publicKey,
                    tlsPins: [materials[index].pin],
                    address: addresses[index],
                    organisation: members[index % organisations]
                )
            },
            parameters: parameters,
            organisations: try members.indices.map { index in
                .init(
                    id: members[index],
                    register: .corporateNumber,
                    number: numbers[index],
                    jurisdiction: try #require(Identifier("jp"))
                )
            }.sorted { $0.id < $1.id },
            accounts: try people.map { key, organisation, roles in
                .init(
                    id: key.account,
                    key: key.signing.publicKey,
                    organisation: organisation,
                    roles: try roles.map { try #require(Identifier($0)) }
                )
            }.sorted { $0.id < $1.id }
        )
        chain = try Chain(genesis)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        links = separated ? try NetworkSwitch(directory: directory, apiPorts: Array(ports[count...])) : nil
        var made: [TestValidator] = []
        for index in 0..<count {
            let home = "\(directory)/validator-\(index)"
            for folder in ["keys", "tls"] {
                try FileManager.default.createDirectory(atPath: "\(home)/\(folder)", withIntermediateDirectories: true)
            }
            try KeyFile.create(keys[index], at: "\(home)/keys/consensus.key")
            try materials[index].write(
                certificatePath: "\(home)/tls/certificate.pem",
                keyPath: "\(home)/tls/key.pem"
            )
            try Data(chain.bytes).write(to: URL(filePath: "\(home)/genesis"))
            let configuration = """
                validator:
                  index: \(index)
                peers:
                  listen: \(addresses[index])
                api:
                  listen: 127.0.0.1:\(ports[count + index])
                """
            try configuration.write(toFile: "\(home)/akashi.yaml", atomically: true, encoding: .utf8)
            made.append(
                try TestValidator(
                    index: index,
                    home: home,
                    peerPort: ports[index],
                    apiPort: ports[count + index],
                    entrance: links?.entrance(of: index) ?? []
                )
            )
        }
        validators = made
    }

    /// Runs a network for the length of a body; ends every process of it, however the body ends.
    static func run(
        validators count: Int = 4,
        organisations: Int = 1,
        separated: Bool = false,
        adjust: (inout Parameters) -> Void = { _ in },
        _ body: (TestNetwork) async throws -> Void
    ) async throws {
        let network = try TestNetwork(
            validators: count,
            organisations: organisations,
            separated: separated,
            adjust: adjust
        )
        do {
            for validator in network.validators { try validator.start() }
            try await network.waitReady(Array(0..<count))
            try await body(network)
        } catch {
            for validator in network.validators { Issue.record("\(validator.lastLines)") }
            network.end()
            throw error
        }
        network.end()
    }

    private func end() {
        for validator in validators { validator.kill() }
        links?.end()
        try? FileManager.default.removeItem(atPath: directory)
    }

    // MARK: - Asking

    func status(_ index: Int) async -> NodeReport? { try? await validators[index].client.status() }

    func waitReady(_ indexes: [Int]) async throws {
        for index in indexes {
            try await eventually("validator \(index) is ready") {
                (try? await self.validators[index].client.isReady()) == true
            }
        }
    }

    /// Waits until each of these validators has certified at least this height.
    func waitCertified(_ height: UInt64, on indexes: [Int]) async throws {
        for index in indexes {
            try await eventually("validator \(index) certifies \(height)") {
                (await self.status(index)?.certifiedHeight ?? 0) >= height
            }
        }
    }

    /// The highest certified height that one of these validators reports.
    func certified(on indexes: [Int]) async -> UInt64 {
        var highest: UInt64 = 0
        for index in indexes { highest = max(highest, await status(index)?.certifiedHeight ?? 0) }
        return highest
    }

    /// Waits for a condition, with a bound that is far above what it takes.
    func eventually(
        _ what: String,
        within limit: Duration = .seconds(90),
        _ condition: () async -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if await condition() { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw TestFailure("not within \(limit): \(what)")
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Ports that were free a moment ago, each different.
enum FreePorts {
    static func take(_ count: Int) throws -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw TestFailure("no socket") }
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    unsafe bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
                }
            }
            guard bound else { throw TestFailure("no free port") }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
