internal import ContractKit
internal import Contracts
internal import Governance
internal import Ledger
internal import NIOCore
internal import NIOPosix
internal import PeerNetwork
package import Primitives

/// Everything that readers ask. Reads run on threads that may wait for disk.
extension Node {
    /// Where an id stands by the store alone: final, or executed and waiting for its certificate.
    func finalStatus(of id: Digest) -> TransactionStatus? {
        guard let location = try? parts.store.location(of: id) else { return nil }
        guard location.height <= parts.hub.certified else { return TransactionStatus(.pending) }
        let receipt = try? parts.store.receipt(of: id)
        var message: String?
        if case .failed(_, let text)? = receipt?.status { message = text }
        return TransactionStatus(
            .final,
            height: location.height,
            index: UInt32(clamping: location.index),
            code: receipt?.status.text,
            message: message
        )
    }

    package func statuses(of ids: [Digest]) async -> [TransactionStatus] {
        let waiting = await engine.waiting(ids)
        let stored = await reading { ids.map { id in self.finalStatus(of: id) } } ?? []
        return ids.indices.map { index in
            if stored.indices.contains(index), let status = stored[index] { return status }
            if waiting[index] { return TransactionStatus(.pending) }
            return parts.refusals[ids[index]] ?? TransactionStatus(.unknown, message: pruningNote)
        }
    }

    package func waitFinal(_ ids: [Digest], until deadline: ContinuousClock.Instant) async -> [TransactionStatus] {
        await parts.hub.wait(for: ids, until: deadline) { ids in
            zip(ids, await self.statuses(of: ids)).filter { $1.state == .pending }.map(\.0)
        }
        return await statuses(of: ids)
    }

    package func block(at height: Height) async throws(BackendError) -> BlockView? {
        guard height.number > 0, height <= parts.hub.certified else { return nil }
        return try await answering { () throws(LedgerFault) in
            guard let block = try self.parts.store.block(at: height) else { return nil }
            let receipts = try self.parts.store.receipts(at: height)
            return BlockView(
                block,
                receipts: receipts,
                certificate: try self.parts.store.certificate(at: height)?.encoded ?? []
            )
        }
    }

    package func account(_ id: AccountID) async throws(BackendError) -> AccountView? {
        try await answering { () throws(LedgerFault) -> AccountView? in
            let view = try self.parts.store.view()
            guard let bytes = try? view.read(Governance.stateKey(ofAccount: id)),
                let row = try? AccountRow(decoding: bytes)
            else { return nil }
            return AccountView(
                id: id,
                organisation: row.organisation.text,
                roles: Role.allCases.filter(row.roles.contains).map(\.name),
                status: row.status.name,
                keys: row.keys.map { AccountView.Key(from: $0.from, key: $0.key) },
                height: view.height
            )
        }
    }

    package func events(after cursor: EventCursor?, filter: EventFilter) async throws(BackendError) -> EventFeed {
        let start = cursor ?? EventCursor(height: parts.hub.certified, index: .max)
        guard start.height <= parts.hub.certified else {
            throw BackendError(.invalid, code: "CURSOR", message: "the cursor is ahead of the chain")
        }
        let next = FeedPosition(start).next.height
        let lowest = parts.store.lowest
        guard next >= lowest || next > parts.hub.certified else { throw BackendError(.pruned(next, lowest: lowest)) }
        let position = FeedPosition(start)
        return EventFeed {
            try await self.nextBatch(position, filter)
        }
    }

    /// The next block that has something for the reader; waits at the tip.
    private func nextBatch(_ position: FeedPosition, _ filter: EventFilter) async throws -> EventBatch? {
        while !Task.isCancelled {
            guard !parts.hub.isStopping else { throw FeedEnd.nodeStopping }
            let (height, skipped) = position.next
            guard height <= parts.hub.certified else {
                await parts.hub.wait(above: height.reduced(by: 1))
                continue
            }
            let recent = parts.hub.recentBlock(at: height)
            let stored = recent == nil ? await reading { try? self.parts.store.published(at: height) } ?? nil : recent
            guard let block = stored else {
                throw parts.hub.isStopping ? FeedEnd.nodeStopping : FeedEnd.blockMissing(height)
            }
            position.advance(past: height)
            if let batch = block.batch(for: filter, after: skipped) { return batch }
        }
        return nil
    }

    package func nodeStatus() async -> NodeStatus {
        let consensus = await engine.standing
        let header = parts.store.lastHeader
        return NodeStatus(
            index: ownIndex.map { UInt64($0) },
            height: header.height,
            view: consensus.view,
            primary: consensus.primary,
            stateRoot: header.stateRoot,
            certifiedHeight: parts.hub.certified,
            completeFrom: parts.store.stateFloor,
            peers: network.statistics.connectedCount,
            votes: consensus.votes,
            awaitsAnswers: consensus.awaitsAnswers,
            joining: follower.join.figures.height
        )
    }

    package func validators() async -> [ValidatorView] {
        let peers = network.statistics.peers
        let connected = Set(peers.filter(\.isConnected).map(\.index))
        let contested = Set(peers.filter(\.isContested).map(\.index))
        return validators.validators.enumerated().map { index, validator in
            ValidatorView(
                index: UInt64(index),
                organisation: validator.organisation.text,
                address: validator.address,
                key: validator.consensusKey,
                pin: validator.tlsPins.first ?? .zero,
                isConnected: index == ownIndex || connected.contains(index),
                isContested: contested.contains(index)
            )
        }
    }

    /// It runs and is not far behind what others say is certified. A view change is no reason not to admit transactions.
    package var isReady: Bool {
        get async { !parts.gauge.isClosed && !parts.catchUp.isFarBehind && follower.isNear }
    }

    package var genesis: [UInt8] { chain.bytes }

    // MARK: - Threads

    /// Runs a read where waiting for disk is allowed; nil where the node is stopping.
    func reading<Answer: Sendable>(_ body: @escaping @Sendable () -> Answer) async -> Answer? {
        try? await threads.reading.runIfActive { body() }
    }

    func answering<Answer: Sendable>(
        _ body: @escaping @Sendable () throws(LedgerFault) -> Answer
    ) async throws(BackendError) -> Answer {
        let result = await reading { () -> Result<Answer, LedgerFault> in
            do throws(LedgerFault) { return .success(try body()) } catch { return .failure(error) }
        }
        switch result {
        case .success(let answer)?: return answer
        case .failure(let fault)?: throw BackendError(fault)
        case nil:
            throw BackendError(.unavailable(retryAfterSeconds: 5), code: "STOPPING", message: "the node is stopping")
        }
    }
}

extension BackendError {
    init(_ fault: LedgerFault) {
        switch fault {
        case .noSuchHeight: self.init(.notFound, code: "HEIGHT", message: "\(fault)")
        case .pruned: self.init(.gone, code: "PRUNED", message: "\(fault); a node that keeps all has it")
        case .tooFarBack: self.init(.notFound, code: "LOOK_BACK", message: "\(fault)")
        case .storage, .genesis, .outOfOrder, .divergent: self.init(.fault, code: "STORAGE", message: "\(fault)")
        }
    }
}

extension BlockView {
    init(_ block: Block, receipts: [Receipt], certificate: [UInt8]) {
        let header = block.header
        self.init(
            height: header.height,
            epoch: header.epoch,
            originView: header.originView,
            proposer: header.proposer ?? 0,
            time: header.time,
            headerDigest: header.digest,
            parent: header.parent,
            transactionsRoot: header.transactionsRoot,
            receiptsRoot: header.receiptsRoot,
            stateRoot: header.stateRoot,
            transactions: zip(block.transactions, receipts).map { bytes, receipt in
                Item(id: receipt.transaction, reference: BlockTree.leaf(bytes), code: receipt.status.text)
            },
            header: header.encoded,
            certificate: certificate
        )
    }
}
