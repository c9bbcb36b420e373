import AkashiClient
import Foundation
import Ledger
import Logging
import PeerNetwork
import Primitives
import Testing

/// Validators come, go and change under load, through the commands that members use (rules 26 and 29).
@Suite(.serialized, .timeLimit(.minutes(10)))
struct EpochTests {
    /// The last transaction that was answered final has its proof, walked from the genesis by somebody who has no more.
    private func checkProven(_ load: TestLoad, _ network: TestNetwork, epoch: UInt64, by client: NodeClient)
        async throws
    {
        let last = try #require(load.acknowledged.max { $0.value < $1.value })
        try await network.eventually("the node has the last transaction") {
            (try? await client.status())?.certifiedHeight ?? 0 >= last.value
        }
        let verified = try ProofVerifier(chain: network.chain).verify(try await client.proof(of: last.key))
        #expect(verified.header.epoch == epoch)
        for (id, height) in load.acknowledged.shuffled().prefix(20) {
            let proof = try ProofVerifier(chain: network.chain).verify(try await client.proof(of: id))
            #expect(proof.header.height.number == height)
        }
    }

    @Test(
        """
        a fifth validator follows and joins four, of which one is down; one is removed and goes on following; one is \
        replaced: under load, and proven from the genesis on
        """
    )
    func comeAndGo() async throws {
        try await TestNetwork.run(organisations: 2) { network in
            let client = try network.commandLine()
            var newcomers: [Newcomer] = []
            defer { for newcomer in newcomers { newcomer.validator.kill() } }
            let load = try await TestLoad.during(network, clients: 3) { load in
                try await network.eventually("some transactions are final") { load.acknowledged.count > 30 }
                network.validators[3].kill()
                let fifth = try Newcomer(5, in: network, client, registrar: "registrar-1")
                newcomers.append(fifth)
                let unready = try client.run([
                    "admin", "validator", "candidate", "--home", fifth.validator.home, "--address", "127.0.0.1:1",
                    "--timeout", "1", "--as", "registrar-1",
                ])
                #expect(
                    unready.status == 1 && unready.errors.contains("start it with 'akashi run'"),
                    "\(unready.errors)"
                )
                try fifth.validator.start()
                try await network.eventually("the observer has caught up") {
                    (try? await fifth.validator.client.isReady()) == true
                }
                let following = try #require(await network.status(of: fifth.validator))
                #expect(following.index == nil && !following.votes && following.peers == 0)
                try fifth.report(client, registrar: "registrar-1")
                #expect(try client.change(["add", fifth.key]) == 1)
                // Of five validators four are a quorum, so nothing goes on without the fifth.
                try await network.eventually("it is a validator") {
                    let report = await network.status(of: fifth.validator)
                    return report?.index == 4 && report?.votes == true
                }
                try await network.waitMoves(fifth.validator, beyond: [0, 1, 2])
                try network.validators[3].start()
                try await network.waitReady([3])

                #expect(try client.change(["remove", "1"]) == 2)
                try await network.eventually("validator 1 is an observer, the third has moved up") {
                    let (removed, third) = (await network.status(1), await network.status(3))
                    return removed?.index == nil && removed?.votes == false && third?.index == 2
                }
                try await network.waitMoves(network.validators[1], beyond: [0, 2, 3])
                let refused = try await network.validators[1].client.submit(
                    TestTransactions.commit(on: network).bytes,
                    waitSeconds: nil
                )
                #expect(refused.status == "refused" && refused.code == "BUSY")

                let sixth = try Newcomer(6, in: network, client, registrar: "custodian")
                newcomers.append(sixth)
                try sixth.validator.start()
                try sixth.report(client, registrar: "custodian")
                #expect(try client.change(["replace", "1", sixth.key]) == 3)
                try await network.eventually("it has the place of the one that it replaces") {
                    await network.status(of: sixth.validator)?.index == 1
                }
                try await network.eventually("which is an observer") {
                    let report = await network.status(2)
                    return report != nil && report?.index == nil
                }
                let before = load.acknowledged.count
                try await network.eventually("transactions go on becoming final") {
                    load.acknowledged.count > before + 20
                }
                // Three of four are a quorum: it needs both newcomers.
                network.validators[3].kill()
                try await network.waitMoves(network.validators[0], beyond: [0])
                try network.validators[3].start()
                try await network.waitReady([3])
            }
            #expect(load.acknowledged.count > 60)
            for validator in [network.validators[1], network.validators[2], newcomers[1].validator] {
                try await checkProven(load, network, epoch: 3, by: validator.client)
            }
        }
    }

    @Test(
        "three validators get new consensus and TLS keys while the fourth is off: it comes back into the fourth epoch"
    )
    func stale() async throws {
        try await TestNetwork.run { network in
            let client = try network.commandLine()
            try await network.waitCertified(1, on: [0, 1, 2, 3])
            network.validators[2].kill()
            for (epoch, index) in [0, 1, 3].enumerated() {
                let home = network.validators[index].home
                let before = try material(home).pin
                let answer = try client.document([
                    "admin", "validator", "rekey", "--home", home, "--certificate", "--as", "custodian", "--json",
                ])
                #expect(answer["epoch"] as? Int == epoch + 1)
                try await network.eventually("validator \(index) votes under its new key") {
                    let report = await network.status(index)
                    return report?.votes == true && report?.index == UInt64(index)
                }
                #expect(try material(home).pin != before)
                #expect(answer["tls_pin"] as? String == (try material(home).pin.hex))
            }
            // It knows none of the others any more: only the follow channel leads it on.
            try network.validators[2].start()
            try await network.waitMoves(network.validators[2], beyond: [0, 1, 3])
            network.validators[0].kill()
            try await network.waitMoves(network.validators[2], beyond: [1, 3])
            #expect(await network.status(2)?.votes == true)
        }
    }

    private func material(_ home: String) throws -> TLSMaterial {
        try TLSMaterial.load(certificatePath: home + "/tls/certificate.pem", keyPath: home + "/tls/key.pem")
    }

    @Test("a validator that was removed while it was off learns of it, and one that nobody lets in says so")
    func removedWhileOff() async throws {
        try await TestNetwork.run(organisations: 2) { network in
            let client = try network.commandLine()
            try await network.waitCertified(1, on: [0, 1, 2, 3])
            network.validators[1].kill()
            #expect(try client.change(["remove", "1"]) == 1)
            try network.validators[1].start()
            try await network.eventually("it is an observer") {
                let report = await network.status(1)
                return report != nil && report?.index == nil
            }
            try await network.waitMoves(network.validators[1], beyond: [0, 2, 3])
            // Its registrar thinks better of it.
            try client.document([
                "admin", "validator", "observe", "--home", network.validators[1].home, "--dismiss", "--as",
                "registrar-1",
                "--json",
            ])
            try await network.eventually("it says that nobody lets it follow") {
                network.validators[1].lastLines.contains("nobody lets this node follow")
            }
        }
    }

    // MARK: Abuse

    /// Calls a validator's follow channel with a certificate.
    private func withCaller(
        _ material: TLSMaterial,
        _ network: TestNetwork,
        _ body: (PeerNetwork) async throws -> Void
    ) async throws {
        let caller = try PeerNetwork(
            configuration: PeerNetworkConfiguration(
                index: nil,
                chain: network.chain.id,
                material: material,
                peers: [],
                listenHost: "127.0.0.1",
                listenPort: 0,
                softwareVersion: "abuse"
            ),
            events: PeerNetworkEvents(received: { _ in }, linkChanged: { _ in }),
            logger: Logger(label: "abuse")
        )
        do {
            try await body(caller)
            await caller.shutdown()
        } catch {
            await caller.shutdown()
            throw error
        }
    }

    @Test("an outsider gets nothing from the follow channel, and a registered machine that abuses it harms nobody")
    func abuse() async throws {
        try await TestNetwork.run { network in
            let client = try network.commandLine()
            let outsider = try TLSMaterial.generate(validator: 0)
            let insider = try TLSMaterial.generate(validator: 0)
            try client.document([
                "admin", "validator", "observe", "--pin", insider.pin.hex, "--as", "custodian", "--json",
            ])
            try await network.waitCertified(await network.certified(on: [0]) + 2, on: [0, 1, 2, 3])
            let resident = try #require(network.validators[0].residentKiB)
            try await withCaller(outsider, network) { caller in
                for _ in 0..<50 {
                    await #expect(throws: (any Error).self) {
                        try await caller.follow(
                            host: "127.0.0.1",
                            port: network.validators[0].peerPort,
                            material: outsider
                        )
                    }
                }
            }
            let load = try await TestLoad.during(network, clients: 3) { load in
                try await withCaller(insider, network) { caller in
                    try await flood(caller, insider, network)
                }
                let before = load.acknowledged.count
                try await network.eventually("transactions go on becoming final") {
                    load.acknowledged.count > before + 30
                }
            }
            #expect(load.acknowledged.count > 30)
            let grown = try #require(network.validators[0].residentKiB) - resident
            #expect(grown < 256 << 10, "\(grown) KiB more")
        }
    }

    /// Asks as fast as it can for everything and nothing, and sends what is no question.
    private func flood(_ caller: PeerNetwork, _ material: TLSMaterial, _ network: TestNetwork) async throws {
        let questions: [[UInt8]] = [
            [0x82, 0x01, 0x01], [0x82, 0x01, 0x00], [0x82, 0x01, 0x1b] + [UInt8](repeating: 0xff, count: 8),
            [0x82, 0x01, 0x1a, 0xff, 0xff, 0xff, 0xff],
        ]
        let deadline = ContinuousClock.now + .seconds(5)
        var answers = 0
        let port = network.validators[0].peerPort
        while ContinuousClock.now < deadline {
            let call = try await caller.follow(host: "127.0.0.1", port: port, material: material)
            for _ in 0..<5 {
                for question in questions {
                    _ = try await call.ask(question)
                    answers += 1
                }
            }
            await #expect(throws: (any Error).self) { try await call.ask([0xff, 0x00]) }
        }
        // 20 answers a second are all that there is, for however many.
        #expect(answers > 0 && answers <= 20 * 7)
    }
}
