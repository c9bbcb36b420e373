import Ledger
import LedgerCrypto
import LedgerTesting
import NodeRuntime
import Primitives
import Testing

/// What an answer of certified blocks must be made of to be believed.
@Suite struct SyncBlockTests {
    private let world: ChainWorld

    init() throws { world = try ChainWorld() }

    private func header(_ height: UInt64, after parent: Digest) -> Header {
        let validators = world.chain.validators.digest
        return Header(
            chain: world.chain.id,
            epoch: 0,
            height: Height(height),
            parent: parent,
            originView: 0,
            proposer: nil,
            time: 1_700_000_000_000 + height,
            transactionsRoot: .zero,
            receiptsRoot: .zero,
            stateRoot: .zero,
            validatorsDigest: validators,
            nextValidatorsDigest: validators
        )
    }

    /// Blocks 5 to 9, of which only the heights given have certificates.
    private func blocks(certified: Set<UInt64>) throws -> [SyncBlock] {
        var parent = world.chain.id
        return try (5...9 as ClosedRange<UInt64>).map { height in
            let header = header(height, after: parent)
            parent = header.digest
            let certificate = certified.contains(height) ? try world.certificate(header) : nil
            return SyncBlock(header: header, certificate: certificate, bodies: [])
        }
    }

    private func proven(_ blocks: [SyncBlock], from: UInt64 = 5) -> Height? {
        SyncBlock.proven(blocks, from: Height(from), chain: world.chain.id, by: world.chain.validators)
    }

    @Test("the last certificate proves all blocks before it")
    func good() throws {
        #expect(try proven(blocks(certified: [9])) == Height(9))
        #expect(try proven(blocks(certified: [5, 6, 7, 8, 9])) == Height(9))
        #expect(try proven(Array(blocks(certified: [7]).prefix(3))) == Height(7))
    }

    @Test("empty answers, gaps, another beginning and an end without a certificate prove nothing")
    func shapes() throws {
        #expect(proven([]) == nil)
        #expect(try proven(blocks(certified: [9]), from: 4) == nil)
        #expect(try proven(blocks(certified: [9]), from: 6) == nil)
        #expect(try proven(blocks(certified: [8])) == nil)
        var gap = try blocks(certified: [9])
        gap.remove(at: 2)
        #expect(proven(gap) == nil)
        #expect(try proven(blocks(certified: [9]).reversed(), from: 9) == nil)
    }

    @Test("one certificate that does not verify spoils the answer, wherever it stands")
    func certificates() throws {
        for height in 5...9 as ClosedRange<UInt64> {
            var answer = try blocks(certified: [5, 6, 7, 8, 9])
            let place = Int(height) - 5
            let other = try world.certificate(header(height, after: .zero))
            answer[place] = SyncBlock(header: answer[place].header, certificate: other, bodies: [])
            #expect(proven(answer) == nil, "\(height)")
        }
    }

    @Test("another chain's blocks prove nothing, though their certificates verify there")
    func otherChain() throws {
        let other = try ChainWorld(name: "other-chain")
        #expect(
            try SyncBlock.proven(
                blocks(certified: [9]),
                from: Height(5),
                chain: other.chain.id,
                by: other.chain.validators
            ) == nil
        )
    }
}
