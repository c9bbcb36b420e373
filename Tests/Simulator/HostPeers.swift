import Consensus
import Primitives

// What a simulated host does with what comes from others.
extension Host {
    func onLoopback(_ message: Message, life: Int) {
        guard life == self.life else { return }
        step(.message(message, from: configuration.id))
    }

    func receive(_ packet: Packet, from peer: ReplicaID) {
        guard isUp else { return }
        switch packet {
        case .consensus(let message): receive(message, from: peer)
        case .gossip(let references): heard(references, from: peer)
        case .fetch(let references):
            let held = references.filter(bodies.contains)
            if !held.isEmpty { world.send(.bodies(held), from: id, to: peer) }
        case .bodies(let references):
            hold(references)
            onAcquisition(life: life)
        case .blockRequest(let height) where disk != nil: serveLedger(from: height, to: peer)
        case .blockRequest(let height): serveBlocks(from: height, to: peer)
        case .chain(let height, let blocks): install(blocks, from: height, peer: peer)
        case .blocks(let blocks): install(blocks, from: peer)
        }
    }

    /// Of another epoch than the replica's only a STATUS is of use; the rest will be asked for again.
    private func receive(_ message: Message, from host: ReplicaID) {
        guard let peer = members.index(of: host), message.epoch == configuration.epoch || message.kind == .status
        else { return }
        let checks = message.checks(from: peer, chain: configuration.chain, replicas: configuration.replicas)
        guard world.signatures.areValid(checks, of: members) else { return }
        if isByzantine, case .request(.testimony(_, let question)) = message, world.random.percent(60) {
            return world.answerFalsely(self, peer, question)
        }
        step(.message(message, from: peer))
    }

    /// Certified blocks of one epoch from a height on, the last with its own certificate.
    private func serveBlocks(from height: Height, to peer: ReplicaID) {
        var blocks: [CertifiedBlock] = []
        var next = height
        while next <= certified, blocks.count < 8 || blocks.last?.certificate == nil, let block = chain.block(at: next),
            blocks.last?.block.summary.endsEpoch != true
        {
            blocks.append(CertifiedBlock(block: block, certificate: certificates[next]))
            next = next.advanced(by: 1)
        }
        if !blocks.isEmpty { world.send(.blocks(blocks), from: id, to: peer) }
    }

    /// Rule 29: believed only as far as a certificate reaches, parent by parent.
    private func install(_ blocks: [CertifiedBlock], from peer: ReplicaID) {
        guard
            let proven = blocks.lastIndex(where: { entry in entry.certificate.map(isProof(of: entry.block)) ?? false })
        else { return }
        let list = blocks.prefix(through: proven)
        for (lower, upper) in zip(list, list.dropFirst()) where upper.block.parent != lower.block.summary.header {
            return
        }
        let before = certified
        for entry in list {
            guard isUp else { return }
            if entry.block.height == chain.height.advanced(by: 1) {
                guard entry.block.parent == chain.blocks.last?.summary.header ?? .zero else { return }
                pool.finish(entry.block)
                chain.append(entry.block)
                if case .proposal(let proposal) = entry.block.batch { hold(proposal.references) }
                store.append(.block(entry.block))
                world.checker.checkExecuted(entry.block, by: self)
                world.installs += 1
            } else if entry.block.height > chain.height {
                return
            }
            let isProven = entry.certificate.map(isProof(of: entry.block)) ?? false
            step(.installed(entry.block.summary, isProven ? entry.certificate : nil))
        }
        // Who had these may have more; whoever proved nothing new is not asked again.
        guard certified > before, isUp else { return }
        world.send(.blockRequest(from: chain.height.advanced(by: 1)), from: id, to: peer)
    }

    /// Asks somebody for blocks, if nothing was certified since it was asked last: so observers follow, and validators
    /// that were removed without noticing. From the certified height on, not the executed one: of the epoch's last block
    /// it may have everything but the proof.
    func onPoll(life: Int) {
        guard life == self.life, isUp else { return }
        let certified = replica?.certified ?? .genesis
        if certified == polledAt, let peer = nextToAsk() {
            world.send(.blockRequest(from: certified.advanced(by: 1)), from: id, to: peer.id)
        }
        polledAt = certified
        world.schedulePoll(of: self, life: life)
    }

    /// Anybody; in turn, where nothing is left to chance.
    private func nextToAsk() -> Host? {
        let others = world.hosts.filter { $0.id != id }
        guard world.options.isCalm else { return world.random.pick(others) }
        polls += 1
        return others.isEmpty ? nil : others[polls % others.count]
    }

    private var certified: Height { replica?.certified ?? .genesis }

    private func isProof(of block: Block) -> (Certificate) -> Bool {
        { certificate in
            let size = self.members.quorum.size
            return certificate.height == block.height && certificate.header == block.summary.header
                && certificate.epoch == self.configuration.epoch
                && Set(certificate.signatures.map(\.signer)).count >= min(size, certificate.signatures.count)
                && self.world.signatures.areValid(certificate.checks(chain: self.configuration.chain), of: self.members)
        }
    }
}
