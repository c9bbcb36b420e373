import Consensus
import Primitives
import Simulator
import Testing

@Suite struct DeterminismTests {
    @Test("one seed is one run: steps, blocks and every random choice", arguments: [3, 17, 300] as [UInt64])
    func sameSeedSameRun(seed: UInt64) {
        var first = Schedule(seed: seed)
        var second = Schedule(seed: seed)
        let (one, two) = (first.run(), second.run())
        #expect(one.fingerprint == two.fingerprint && one.steps == two.steps && one.heights == two.heights)
        var other = Schedule(seed: seed + 1)
        #expect(other.run().fingerprint != one.fingerprint)
    }
}
