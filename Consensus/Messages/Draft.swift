package import Primitives

/// An own message before it is signed. The replica holds no key: the host signs when the message leaves, which is
/// after everything persisted before it is durable.
package enum Draft: Hashable, Sendable {
    case prePrepare(Proposal)
    case prepare(Vote)
    case commit(Vote)
    case attest(Attestation)
    case viewChange(ViewChange)
    case newView(NewView)

    /// What to sign; nil for COMMIT, which the channel authenticates.
    package func statement(chain: Digest) -> Statement? {
        switch self {
        case .prePrepare(let proposal): proposal.vote.statement(.prePrepare, chain: chain)
        case .prepare(let vote): vote.statement(.prepare, chain: chain)
        case .commit: nil
        case .attest(let attestation): attestation.statement(chain: chain)
        case .viewChange(let viewChange): viewChange.statement(chain: chain)
        case .newView(let newView): newView.statement(chain: chain)
        }
    }

    /// The message that leaves, and that is looped back: `sign` is asked for exactly `statement`, if there is one.
    package func signed(chain: Digest, by sign: (Statement) -> Signature) -> Message {
        switch self {
        case .prePrepare(let proposal):
            .prePrepare(proposal, sign(proposal.vote.statement(.prePrepare, chain: chain)))
        case .prepare(let vote):
            .prepare(vote, sign(vote.statement(.prepare, chain: chain)))
        case .commit(let vote):
            .commit(vote)
        case .attest(let attestation):
            .attest(attestation, sign(attestation.statement(chain: chain)))
        case .viewChange(let content):
            .viewChange(SignedViewChange(content: content, signature: sign(content.statement(chain: chain))))
        case .newView(let content):
            .newView(SignedNewView(content: content, signature: sign(content.statement(chain: chain))))
        }
    }
}
