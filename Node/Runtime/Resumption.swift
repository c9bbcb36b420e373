package import Consensus
package import Ledger
internal import LedgerCrypto
internal import Primitives

/// Where the log left the chain: the highest certificate, and the epoch above it.
package struct Resumption {
    private let store: ChainStore
    package let epoch: EpochRecord
    private let certificate: Consensus.Certificate?

    package init(_ store: ChainStore) throws {
        self.store = store
        // Certificates may skip heights; the highest one that is not above what was executed counts.
        var height = min(store.lastCertified, store.lastExecuted)
        var certificate: Consensus.Certificate?
        while height.number > 0 {
            certificate = try store.certificate(at: height)?.forConsensus(height: height)
            guard certificate == nil else { break }
            height = height.reduced(by: 1)
        }
        self.certificate = certificate
        epoch = try store.epoch(above: height)
    }

    /// The replica as its log left it: executed blocks, the highest certificate, and every promise in the journal.
    ///
    /// - Parameters:
    ///   - awaitsAnswers: false where it follows on one that voted in the same process (rule 20).
    ///   - adjust: what the simulator has otherwise: hashes, and numbers that are drawn here.
    package func replica(
        _ own: ReplicaID,
        mayVote: Bool,
        awaitsAnswers: Bool,
        adjust: (inout Consensus.Configuration) -> Void = { _ in }
    ) throws -> Replica {
        var settings = settings(own, mayVote: mayVote)
        settings.awaitsAnswers = awaitsAnswers
        settings.question = UInt64.random(in: .min ... .max)
        adjust(&settings)
        var recovery = Recovery()
        recovery.certificate = certificate
        let certified = certificate?.height ?? .genesis
        let boundary = try store.boundary()
        let first = max(1, certified.reduced(by: UInt64(settings.summaries)).number)
        let last = store.lastExecuted
        for number in first..<(last.number + 1) {
            guard let header = try store.header(at: Height(number)) else {
                throw ConfigurationError("the store lacks the header of block \(number)")
            }
            let known = header.endsEpoch ? header.height : nil
            recovery.blocks.append(header.summary(boundary: header.height == last ? boundary : known))
        }
        recovery.records = try store.journalRecords(
            window: settings.window,
            batchLimit: settings.batchLimit,
            hashing: settings.hashing
        )
        return Replica(settings, recovery: recovery)
    }

    /// The evidence that the chain does not have yet.
    func reports(_ own: ReplicaID) throws -> EquivocationReports {
        var reports = EquivocationReports(
            own: own.index,
            validators: epoch.validators,
            parameters: store.chain.genesis.parameters
        )
        for proof in try store.equivocationProofs() { reports.add(proof, at: store.lastExecuted) }
        return reports
    }

    private func settings(_ own: ReplicaID, mayVote: Bool) -> Consensus.Configuration {
        let parameters = store.chain.genesis.parameters
        var settings = Consensus.Configuration(
            id: own,
            replicas: epoch.validators.count,
            chain: store.chain.id,
            hashing: { SHA256Function.digest(of: $0) }
        )
        settings.epoch = Epoch(epoch.number)
        settings.start = epoch.start
        settings.mayVote = mayVote
        settings.window = Int(clamping: parameters.window)
        settings.turn = parameters.turn
        settings.exclusion = parameters.exclusion
        settings.batchLimit = Int(clamping: parameters.batchCount)
        settings.drift = parameters.clockDriftMilliseconds
        settings.heartbeat = parameters.heartbeatMilliseconds
        settings.viewTimeout = parameters.viewTimeoutMilliseconds
        settings.viewTimeoutCap = parameters.viewTimeoutCapMilliseconds
        settings.repetition = max(50, min(parameters.heartbeatMilliseconds, parameters.viewTimeoutMilliseconds / 4))
        settings.jitterSeed = UInt64.random(in: .min ... .max)
        return settings
    }
}
