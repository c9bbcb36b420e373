import AkashiClient
import Foundation
import Ledger
import Primitives
import Testing

/// Whole processes, real sockets, real disks: what one, several or all of them failing does to the network.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FaultTests {
    /// Every acknowledged transaction is final, at one height, on each of these validators.
    private func checkNothingLost(_ load: TestLoad, _ network: TestNetwork, on indexes: [Int]) async throws {
        let acknowledged = load.acknowledged
        #expect(acknowledged.count > 20, "too little load to say anything")
        try await network.waitCertified(acknowledged.values.max() ?? 0, on: indexes)
        for index in indexes {
            for (id, height) in acknowledged {
                let answer = try await network.validators[index].client.transaction(id)
                #expect(answer.status == "final" && answer.height == height, "lost on validator \(index): \(id.hex)")
            }
        }
    }

    private func checkSameRoots(_ network: TestNetwork, on indexes: [Int]) async throws {
        try await network.eventually("equal heights with equal roots") {
            var reports: [NodeReport] = []
            for index in indexes { if let report = await network.status(index) { reports.append(report) } }
            let tip = reports.map(\.height).max()
            return reports.count == indexes.count && Set(reports.map(\.height)) == [tip]
                && Set(reports.map(\.stateRoot)).count == 1
        }
    }

    @Test("with one validator of four killed under load, nothing final is lost and the network goes on")
    func oneKilled() async throws {
        try await TestNetwork.run { network in
            let load = try await TestLoad.during(network) { load in
                try await network.eventually("some transactions are final") { load.acknowledged.count > 50 }
                let victim = Int(try #require(await network.status(0)).primary + 1) % 4
                let others = (0..<4).filter { $0 != victim }
                network.validators[victim].kill()
                let height = await network.certified(on: others)
                try await network.waitCertified(height + 10, on: others)
                let before = load.acknowledged.count
                try await network.eventually("transactions go on becoming final") {
                    load.acknowledged.count > before + 20
                }
                try network.validators[victim].start()
                try await network.waitReady([victim])
            }
            try await checkNothingLost(load, network, on: [0, 1, 2, 3])
            try await checkSameRoots(network, on: [0, 1, 2, 3])
        }
    }

    @Test("when the primary is killed, the others take a new view and go on")
    func primaryKilled() async throws {
        try await TestNetwork.run { network in
            let load = try await TestLoad.during(network) { load in
                try await network.eventually("some transactions are final") { load.acknowledged.count > 50 }
                let report = try #require(await network.status(0))
                let primary = Int(report.primary)
                let others = (0..<4).filter { $0 != primary }
                network.validators[primary].kill()
                for index in others {
                    try await network.eventually("validator \(index) is in a later view") {
                        (await network.status(index)?.view ?? 0) > report.view
                    }
                }
                let height = await network.certified(on: others)
                try await network.waitCertified(height + 10, on: others)
                try network.validators[primary].start()
                try await network.waitReady([primary])
            }
            try await checkNothingLost(load, network, on: [0, 1, 2, 3])
            try await checkSameRoots(network, on: [0, 1, 2, 3])
        }
    }

    @Test("when all validators are killed at once, they come back with the same roots and go on", arguments: [0, 1, 2])
    func allKilled(round: Int) async throws {
        try await TestNetwork.run { network in
            let load = try await TestLoad.during(network) { load in
                try await network.eventually("some transactions are final") {
                    load.acknowledged.count > 30 + 40 * round
                }
                for validator in network.validators { validator.kill() }
                for validator in network.validators { try validator.start() }
                try await network.waitReady([0, 1, 2, 3])
                let height = await network.certified(on: [0, 1, 2, 3])
                try await network.waitCertified(height + 5, on: [0, 1, 2, 3])
            }
            try await checkNothingLost(load, network, on: [0, 1, 2, 3])
            try await checkSameRoots(network, on: [0, 1, 2, 3])
        }
    }

    @Test("a validator that was away for hundreds of blocks catches up with certified blocks")
    func catchesUp() async throws {
        try await TestNetwork.run(adjust: { $0.heartbeatMilliseconds = 20 }) { network in
            network.validators[3].kill()
            let load = try await TestLoad.during(network, clients: 3) { _ in
                let height = await network.certified(on: [0, 1, 2])
                try await network.waitCertified(height + 300, on: [0, 1, 2])
            }
            try network.validators[3].start()
            try await network.waitReady([3])
            let height = await network.certified(on: [0, 1, 2])
            try await network.waitCertified(height, on: [3])
            try await checkNothingLost(load, network, on: [3])
            network.validators[0].kill()
            try await network.waitCertified(await network.certified(on: [1, 2]) + 20, on: [1, 2, 3])
        }
    }

    /// Makes validators 1 to 3 the only quorum, so that each certificate from here on is signed by validator 3.
    private func certifyWithThree(_ network: TestNetwork) async throws {
        network.validators[0].kill()
        let height = await network.certified(on: [1, 2, 3])
        try await network.waitCertified(height + 5, on: [1, 2, 3])
    }

    private func checkOnlyFollows(_ network: TestNetwork) async throws {
        try network.validators[3].start()
        try network.validators[0].start()
        try await network.eventually("validator 3 knows that it may not vote") {
            await network.status(3)?.votes == false
        }
        let height = await network.certified(on: [0, 1, 2])
        try await network.waitCertified(height + 5, on: [0, 1, 2, 3])
        // Without its votes, three of four are all that is left.
        network.validators[0].kill()
        let last = await network.certified(on: [1, 2])
        try network.validators[0].start()
        try await network.waitCertified(last + 3, on: [0, 1, 2, 3])
        #expect(await network.status(3)?.votes == false)
    }

    @Test("a validator whose data was wiped votes no more and follows (rule 20)")
    func wiped() async throws {
        try await TestNetwork.run { network in
            try await certifyWithThree(network)
            network.validators[3].kill()
            try FileManager.default.removeItem(atPath: network.validators[3].home + "/data")
            try await checkOnlyFollows(network)
        }
    }

    @Test(
        "a validator that lost its journal comes back with a new key at the next epoch, without a vote (rules 20, 26)"
    )
    func rekeyed() async throws {
        try await TestNetwork.run { network in
            try await certifyWithThree(network)
            network.validators[3].kill()
            try FileManager.default.removeItem(atPath: network.validators[3].home + "/data")
            try await checkOnlyFollows(network)
            let load = try await TestLoad.during(network, clients: 3) { load in
                try await network.eventually("some transactions are final") { load.acknowledged.count > 30 }
                try network.rekey(3)
                try await network.eventually("validator 3 votes again") { await network.status(3)?.votes == true }
                let before = load.acknowledged.count
                try await network.eventually("transactions go on becoming final") {
                    load.acknowledged.count > before + 20
                }
            }
            try await checkNothingLost(load, network, on: [0, 1, 2, 3])
            try await checkSameRoots(network, on: [0, 1, 2, 3])
            // Without validator 0 its votes are needed.
            network.validators[0].kill()
            let height = await network.certified(on: [1, 2, 3])
            try await network.waitCertified(height + 5, on: [1, 2, 3])
            // What was final in the second epoch is proven from the genesis on.
            let last = try #require(load.acknowledged.max { $0.value < $1.value }?.key)
            let proof = try await network.validators[1].client.proof(of: last)
            let verified = try ProofVerifier(chain: network.chain).verify(proof)
            #expect(verified.header.epoch == 1)
            // A restart finds the epoch again.
            network.validators[3].kill()
            try network.validators[0].start()
            try network.validators[3].start()
            let later = await network.certified(on: [1, 2])
            try await network.waitCertified(later + 5, on: [0, 1, 2, 3])
            #expect(await network.status(3)?.votes == true)
        }
    }

    @Test("a validator whose data was put back to an older copy votes no more and follows (rule 20)")
    func restored() async throws {
        try await TestNetwork.run { network in
            let data = network.validators[3].home + "/data"
            try await network.waitCertified(3, on: [3])
            network.validators[3].terminate()
            try FileManager.default.copyItem(atPath: data, toPath: data + "-copy")
            try network.validators[3].start()
            try await certifyWithThree(network)
            network.validators[3].kill()
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: data + "-copy", toPath: data)
            try await checkOnlyFollows(network)
            // It stays so: a restart finds a store that has caught up, and no promise of what it has forgotten.
            network.validators[3].terminate()
            try network.validators[3].start()
            try await network.waitReady([3])
            #expect(await network.status(3)?.votes == false)
        }
    }

    @Test("a validator that is paused and goes on rejoins")
    func paused() async throws {
        try await TestNetwork.run { network in
            network.validators[2].pause()
            let height = await network.certified(on: [0, 1, 3])
            try await network.waitCertified(height + 20, on: [0, 1, 3])
            network.validators[2].resume()
            try await network.waitCertified(height + 25, on: [2])
        }
    }

    @Test("SIGTERM stops a validator cleanly, and it starts again where it was")
    func stopsCleanly() async throws {
        try await TestNetwork.run { network in
            try await network.waitCertified(3, on: [1])
            network.validators[1].terminate()
            #expect(network.validators[1].lastLines.contains("stopped"))
            try network.validators[1].start()
            try await network.waitReady([1])
            let height = await network.certified(on: [0, 2, 3])
            try await network.waitCertified(height + 3, on: [1])
        }
    }
}
