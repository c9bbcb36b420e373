import ContractKit
import Ledger
import NodeRuntime
import Primitives
import Testing

@Suite struct PeerMessageTests {
    private let limits = PeerLimits(.standard)

    private var samples: [[UInt8]] {
        let digest = Digest([UInt8](repeating: 7, count: 32)) ?? .zero
        return [
            FetchMessage.request(proposal: digest, sequence: 5, references: [digest, .zero]).encoded,
            FetchMessage.answer(proposal: digest, bodies: [[1, 2, 3], []]).encoded,
            SyncMessage.request(from: Height(9)).encoded,
            SyncMessage.answer(from: Height(9), blocks: []).encoded,
            SyncMessage.changesRequest(Height(9)).encoded,
            SyncMessage.changes(changes).encoded,
            GossipMessage.encode([[1], [2, 3]]),
        ]
    }

    private var changes: BlockChanges {
        let header = Header(
            chain: .zero,
            epoch: 0,
            height: Height(9),
            parent: .zero,
            originView: 0,
            proposer: nil,
            time: 1,
            transactionsRoot: .zero,
            receiptsRoot: .zero,
            stateRoot: .zero,
            validatorsDigest: .zero,
            nextValidatorsDigest: .zero
        )
        return BlockChanges(
            header: header,
            rows: [StateWrite(key: [1, 1], value: [7]), StateWrite(key: [1, 2], value: nil)]
        )
    }

    private func decodes(_ bytes: [UInt8]) -> Int {
        var count = 0
        if (try? FetchMessage(decoding: bytes, limits: limits)) != nil { count += 1 }
        if (try? SyncMessage(decoding: bytes, limits: limits)) != nil { count += 1 }
        if (try? GossipMessage.decode(bytes, limits: limits)) != nil { count += 1 }
        return count
    }

    @Test("what is encoded decodes, and with a byte more or less it does not")
    func roundTrip() {
        for sample in samples {
            #expect(decodes(sample) >= 1)
            #expect(decodes(sample + [0]) == 0)
            #expect(decodes(Array(sample.dropLast())) == 0)
        }
    }

    @Test("lengths that nothing stands behind are refused, whatever they claim (failures 15, 25)")
    func claims() {
        let hugeArray: [UInt8] = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
        let hugeString: [UInt8] = [0x81, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
        #expect(decodes(hugeArray) == 0)
        #expect(decodes(hugeString) == 0)
    }

    @Test("bytes changed at random never trap")
    func mutations() {
        var generator = SystemRandomNumberGenerator()
        for sample in samples {
            for _ in 0..<2000 {
                var bytes = sample
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                _ = decodes(bytes)
            }
        }
    }
}
