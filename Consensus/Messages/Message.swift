package import Primitives

/// What replicas send each other. Votes carry no sender: it is the peer of the channel they came through
/// (failures.md 34); what may be passed on is signed by somebody whom the content itself determines.
package enum Message: Hashable, Sendable {
    /// A fresh proposal, signed by its proposer. Anyone may pass it on.
    case prePrepare(Proposal, Signature)
    case prepare(Vote, Signature)
    /// Authenticated by the channel alone and never passed on (rule 11).
    case commit(Vote)
    case attest(Attestation, Signature)
    case viewChange(SignedViewChange)
    case newView(SignedNewView)
    case status(Status)
    case request(Request)
    /// The answer to a request for a proposal; its digest proves it.
    case proposal(Proposal)
    /// The answer to a STATUS with a lower certified height: the sender's highest certificate, which proves itself.
    case certificate(Certificate)
    /// The answer to a question about the asker's own statements (rule 20).
    case testimony(Testimony)

    package enum Kind: UInt64, Hashable, Sendable, CaseIterable {
        case prePrepare = 1
        case prepare = 2
        case commit = 3
        case attest = 4
        case viewChange = 5
        case newView = 6
        case status = 7
        case request = 8
        case proposal = 9
        case certificate = 10
        case testimony = 11
    }

    package var kind: Kind {
        switch self {
        case .prePrepare: .prePrepare
        case .prepare: .prepare
        case .commit: .commit
        case .attest: .attest
        case .viewChange: .viewChange
        case .newView: .newView
        case .status: .status
        case .request: .request
        case .proposal: .proposal
        case .certificate: .certificate
        case .testimony: .testimony
        }
    }
}

extension Message {
    /// Every signature that the host verifies before it steps the replica with this message.
    ///
    /// - Parameter peer: whom the channel belongs to.
    /// - Parameter replicas: the size of the epoch's validator set, at least 1.
    package func checks(from peer: ReplicaID, chain: Digest, replicas: Int) -> [SignatureCheck] {
        switch self {
        case .prePrepare(let proposal, let signature):
            let statement = proposal.vote.statement(.prePrepare, chain: chain)
            return [SignatureCheck(signer: proposal.proposer, statement: statement, signature: signature)]
        case .prepare(let vote, let signature):
            let statement = vote.statement(.prepare, chain: chain)
            return [SignatureCheck(signer: peer, statement: statement, signature: signature)]
        case .attest(let attestation, let signature):
            let statement = attestation.statement(chain: chain)
            return [SignatureCheck(signer: peer, statement: statement, signature: signature)]
        case .viewChange(let viewChange):
            return viewChange.checks(chain: chain)
        case .newView(let newView):
            let leader = newView.content.view.leader(of: replicas)
            let statement = newView.content.statement(chain: chain)
            return [SignatureCheck(signer: leader, statement: statement, signature: newView.signature)]
        case .certificate(let certificate):
            return certificate.checks(chain: chain)
        case .testimony(let testimony):
            return testimony.checks(chain: chain)
        case .commit, .status, .request, .proposal:
            return []
        }
    }
}

extension Message {
    /// The epoch that it belongs to. The host verifies a message under the keys of that epoch's validators and no others:
    /// of another epoch than its replica's only a STATUS, which has no signature, is of use.
    package var epoch: Epoch {
        switch self {
        case .prePrepare(let proposal, _): proposal.epoch
        case .prepare(let vote, _): vote.epoch
        case .commit(let vote): vote.epoch
        case .attest(let attestation, _): attestation.epoch
        case .viewChange(let viewChange): viewChange.content.epoch
        case .newView(let newView): newView.content.epoch
        case .status(let status): status.epoch
        case .request(.viewChanges(let epoch, _, _)): epoch
        case .request(.proposal(let epoch, _, _)): epoch
        case .request(.testimony(let epoch, _)): epoch
        case .proposal(let proposal): proposal.epoch
        case .certificate(let certificate): certificate.epoch
        case .testimony(let testimony): testimony.epoch
        }
    }
}

extension Proposal {
    /// The position that a PRE-PREPARE of this proposal opens: a fresh proposal's view is its origin view.
    package var vote: Vote { Vote(epoch: epoch, view: originView, sequence: sequence, digest: digest) }
}

extension View {
    /// The only validator that may send the view's NEW-VIEW: `v mod n` of the full set (rule 9).
    package func leader(of replicas: Int) -> ReplicaID { ReplicaID(Int(number % UInt64(replicas))) }
}

extension Message {
    /// The array `[kind, content…]`, as it stands in a frame between peers.
    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 256)
        encode(into: &encoder)
        return encoder.bytes
    }

    package func encode(into encoder: inout CBOREncoder) {
        switch self {
        case .prePrepare, .prepare, .attest: encoder.array(3)
        case .commit, .viewChange, .newView, .status, .request, .proposal, .certificate, .testimony:
            encoder.array(2)
        }
        encoder.unsigned(kind.rawValue)
        switch self {
        case .prePrepare(let proposal, let signature):
            proposal.encode(into: &encoder)
            encoder.signature(signature)
        case .prepare(let vote, let signature):
            vote.encode(into: &encoder)
            encoder.signature(signature)
        case .commit(let vote): vote.encode(into: &encoder)
        case .attest(let attestation, let signature):
            attestation.encode(into: &encoder)
            encoder.signature(signature)
        case .viewChange(let viewChange): viewChange.encode(into: &encoder)
        case .newView(let newView): newView.encode(into: &encoder)
        case .status(let status): status.encode(into: &encoder)
        case .request(let request): request.encode(into: &encoder)
        case .proposal(let proposal): proposal.encode(into: &encoder)
        case .certificate(let certificate): certificate.encode(into: &encoder)
        case .testimony(let testimony): testimony.encode(into: &encoder)
        }
    }

    /// Decodes a frame; digests are computed here, from what was received.
    package init(decoding bytes: [UInt8], limits: MessageLimits, hashing: Hashing) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        let count = try decoder.array(atMost: 3)
        guard let kind = Kind(rawValue: try decoder.unsigned()) else { throw .unexpectedValue }
        let isSigned = kind == .prePrepare || kind == .prepare || kind == .attest
        guard count == (isSigned ? 3 : 2) else { throw .unexpectedValue }
        switch kind {
        case .prePrepare:
            let proposal = try Proposal(from: &decoder, limits: limits, hashing: hashing)
            self = .prePrepare(proposal, try decoder.signature())
        case .prepare:
            let vote = try Vote(from: &decoder)
            self = .prepare(vote, try decoder.signature())
        case .commit: self = .commit(try Vote(from: &decoder))
        case .attest:
            let attestation = try Attestation(from: &decoder)
            self = .attest(attestation, try decoder.signature())
        case .viewChange:
            self = .viewChange(try SignedViewChange(from: &decoder, limits: limits, hashing: hashing))
        case .newView: self = .newView(try SignedNewView(from: &decoder, limits: limits, hashing: hashing))
        case .status: self = .status(try Status(from: &decoder))
        case .request: self = .request(try Request(from: &decoder, limits: limits))
        case .proposal: self = .proposal(try Proposal(from: &decoder, limits: limits, hashing: hashing))
        case .certificate: self = .certificate(try Certificate(from: &decoder, limits: limits))
        case .testimony: self = .testimony(try Testimony(from: &decoder, limits: limits))
        }
        try decoder.finish()
    }
}
