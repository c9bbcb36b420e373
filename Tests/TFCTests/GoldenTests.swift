import ContractKit
import ContractTesting
import LedgerCrypto
import Primitives
import TFC
import Testing

/// One history, and the digest of all rows that it leaves. Another digest is another state: on a running chain that is
/// a change that all validators have to make at one height, marked STATE-BREAKING in the changelog.
@Suite struct GoldenTests {
    @Test("the rows that a fixed history leaves are the same on every machine and in every release")
    func rows() throws {
        var world = try FieldBed()
        try world.openBallot()
        let votes = [(Who.city, VoteChoice.yes), (Who.school, .yes), (Who.clinic, .no)]
        try world.commit(votes)
        for (actor, choice) in votes { try world.run(world.reveal(actor, choice), actor) }
        #expect(try world.current.state == .admitted)
        let bed = world.bed
        var bytes: [UInt8] = []
        for entry in bed.state where entry.key.first == ContractID.tfc.number {
            UInt64(entry.key.count).append(to: &bytes)
            UInt64(entry.value.count).append(to: &bytes)
            bytes += entry.key + entry.value
        }
        let golden = "5d73045d623d7fc9f83b699d9430bcbb99152a107400907c9a93856bff6bd31e"
        #expect(SHA256Function.digest(of: bytes).hex == golden)
    }
}
