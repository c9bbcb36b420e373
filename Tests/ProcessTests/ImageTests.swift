import AkashiClient
import Foundation
import Testing

/// Machines that are put back to what they once were, with everything on them: nothing that such a machine holds can tell
/// it so, only the others can (rule 20).
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ImageTests {
    private static let found = "a signature of this validator exists that its journal does not know"
    private static let votes = "it votes"

    /// Started on what it was given, the validator learns of its votes before it votes, follows, and stays silent.
    private func checkFoundOut(_ network: TestNetwork) async throws {
        let validator = network.validators[3]
        try? FileManager.default.removeItem(atPath: validator.home + "/log")
        try validator.start()
        try await network.eventually("validator 3 knows that it may not vote") {
            let report = await network.status(3)
            return report?.votes == false && report?.awaitsAnswers == false
        }
        #expect(validator.log.contains(Self.found))
        #expect(!validator.log.contains(Self.votes), "it must know before its first vote")
        try await network.waitCertified(await network.certified(on: [0, 1, 2]) + 5, on: [0, 1, 2, 3])
        validator.kill()
        try validator.start()
        try await network.waitReady([3])
        try await network.waitCertified(await network.certified(on: [0, 1, 2]) + 5, on: [3])
        let report = await network.status(3)
        #expect(report?.votes == false && report?.awaitsAnswers == false)
        #expect(!validator.log.contains(Self.votes))
    }

    /// Validators 1 to 3 alone make the next blocks: each has the vote of validator 3.
    private func certifyWithThree(_ network: TestNetwork) async throws {
        network.validators[0].kill()
        let height = await network.certified(on: [1, 2, 3])
        try await network.waitCertified(height + 5, on: [1, 2, 3])
        try network.validators[0].start()
        try await network.waitReady([0])
    }

    @Test(
        "an image of a whole validator, taken under load and put back later, is found out before any vote; a new key brings the validator back (rules 20, 26)"
    )
    func wholeMachine() async throws {
        try await TestNetwork.run { network in
            let validator = network.validators[3]
            let image = validator.home + "-image"
            _ = try await TestLoad.during(network, clients: 3) { load in
                try await network.eventually("some transactions are final") { load.acknowledged.count > 30 }
                validator.pause()
                try FileManager.default.copyItem(atPath: validator.home, toPath: image)
                validator.resume()
                try await certifyWithThree(network)
                validator.kill()
                try FileManager.default.removeItem(atPath: validator.home)
                try FileManager.default.moveItem(atPath: image, toPath: validator.home)
                try await checkFoundOut(network)
                try network.rekey(3)
                try await network.eventually("validator 3 votes again") { await network.status(3)?.votes == true }
            }
            // Without validator 0 its votes are needed.
            network.validators[0].kill()
            let height = await network.certified(on: [1, 2, 3])
            try await network.waitCertified(height + 5, on: [1, 2, 3])
        }
    }

    @Test(
        "an image of the primary, put back after all others were killed too, proposes nothing again: a block of its own tells (rule 20)"
    )
    func allRestarted() async throws {
        try await TestNetwork.run { network in
            try await network.waitCertified(3, on: [0, 1, 2, 3])
            let primary = Int(try #require(await network.status(1)?.primary))
            let validator = network.validators[primary]
            let image = validator.home + "-image"
            validator.pause()
            try FileManager.default.copyItem(atPath: validator.home, toPath: image)
            validator.resume()
            // Its turn lasts for more blocks than these, all of which are its own.
            try await network.waitCertified(await network.certified(on: [primary]) + 3, on: [0, 1, 2, 3])
            for validator in network.validators { validator.kill() }
            try FileManager.default.removeItem(atPath: validator.home)
            try FileManager.default.moveItem(atPath: image, toPath: validator.home)
            try? FileManager.default.removeItem(atPath: validator.home + "/log")
            for validator in network.validators { try validator.start() }
            try await network.eventually("it knows that it may not vote") {
                let report = await network.status(primary)
                return report?.votes == false && report?.awaitsAnswers == false
            }
            #expect(validator.log.contains(Self.found) && !validator.log.contains(Self.votes))
            let others = (0..<4).filter { $0 != primary }
            try await network.waitCertified(await network.certified(on: others) + 5, on: [0, 1, 2, 3])
            let report = await network.status(primary)
            #expect(report?.votes == false && report?.awaitsAnswers == false)
        }
    }

    @Test("the keys of a validator alone, put on an empty machine, do not vote (rule 20)")
    func keysAlone() async throws {
        try await TestNetwork.run { network in
            try await certifyWithThree(network)
            let home = network.validators[3].home
            network.validators[3].kill()
            try FileManager.default.removeItem(atPath: home + "/data")
            let names = try FileManager.default.contentsOfDirectory(atPath: home + "/keys")
            let marks = names.filter { $0.contains(".journal-") }
            #expect(!marks.isEmpty)
            for mark in marks { try FileManager.default.removeItem(atPath: "\(home)/keys/\(mark)") }
            try await checkFoundOut(network)
        }
    }

    @Test(
        "with one validator down a restarted one says that it waits, and then votes; with two down it goes on waiting"
    )
    func waitsForAnswers() async throws {
        try await TestNetwork.run { network in
            try await network.waitCertified(3, on: [0, 1, 2, 3])
            for index in [0, 2, 3] { network.validators[index].kill() }
            try network.validators[3].start()
            try await network.eventually("validator 3 waits for answers") {
                await network.status(3)?.awaitsAnswers == true
            }
            #expect(await network.status(3)?.votes == false)
            try network.validators[2].start()
            for index in [2, 3] {
                try await network.eventually("validator \(index) votes") { await network.status(index)?.votes == true }
            }
            let height = await network.certified(on: [1, 2, 3])
            try await network.waitCertified(height + 5, on: [1, 2, 3])
        }
    }
}

extension TestNetwork {
    /// `akashi admin validator rekey` for one of the validators, by the registrar.
    func rekey(_ index: Int) throws {
        let rekey = try commandLine().run([
            "admin", "validator", "rekey", "--home", validators[index].home, "--as", "custodian",
        ])
        try #require(rekey.status == 0, "\(rekey.errors)")
    }
}
