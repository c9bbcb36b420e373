package import Ledger
internal import Primitives
internal import Storage

/// A chain of some epochs with short intervals, whose snapshots are taken in tests.
package struct SnapshotWorld: Sendable {
    package let world: ChainWorld
    /// Whether every fifth block has no certificate, as where messages were lost.
    private let skipsCertificates: Bool

    package init(skipsCertificates: Bool = false) throws {
        self.skipsCertificates = skipsCertificates
        world = try ChainWorld(window: 4, validity: 16, name: "snapshot-chain") { parameters in
            parameters.snapshotInterval = 16
            parameters.exclusion = 8
        }
    }

    package var chain: Chain { world.chain }

    /// Executes and certifies blocks up to a height: ordinary ones, with a validator's key changed in every twenty-fifth.
    package func grow(_ store: ChainStore, to height: UInt64, size: Int = 4) throws {
        let executor = try Executor(store)
        for number in (store.lastExecuted.number + 1)..<(height + 1) { try grow(store, executor, number, size) }
    }

    private func grow(_ store: ChainStore, _ executor: Executor, _ number: UInt64, _ size: Int) throws {
        let block = try executor.execute(try batch(number, size: size))
        let isSnapshot = number.isMultiple(of: chain.genesis.parameters.snapshotInterval)
        guard !skipsCertificates || isSnapshot || block.header.endsEpoch || !number.isMultiple(of: 5) else { return }
        let epoch = block.header.epoch
        let names = (0..<4).map { $0 < Int(epoch) ? "new \($0)" : "validator \($0)" }
        try store.certify(try world.certificate(block.header, by: names), at: Height(number))
    }

    package func batch(_ number: UInt64, size: Int = 4) throws -> OrderedBatch {
        guard number % 25 == 0, number <= 100 else { return try world.ordinaryBatch(number, size: size) }
        let validator = number / 25 - 1
        let call = try world.rekey("validator \(validator)", to: "new \(validator)", height: number - 1)
        return world.batch(number, [try world.registrars(number + 5_000_000, call)])
    }
}
