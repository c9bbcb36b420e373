internal import Ledger
package import Primitives

/// What readers take away to show to others.
extension Node {
    package func proof(of question: ProofQuestion) async throws(BackendError) -> [UInt8]? {
        if case .state(let key, let height) = question { _ = try certified(height, key) }
        let file = try await answering { () throws(LedgerFault) -> [UInt8]? in
            let store = self.parts.store
            let certified = self.parts.hub.certified
            let file =
                switch question {
                case .transaction(let id): try store.proof(of: id)
                case .receipt(let id): try store.proof(of: id, isReceiptOnly: true)
                case .event(let place): try store.proof(ofEvent: Int(place.index), at: place.height)
                case .state(let key, let height): try store.proof(ofStates: [key], at: height ?? certified)
                }
            guard let file, file.header.height <= certified else { return nil }
            return file.encoded
        }
        if let file { return file }
        switch question {
        case .transaction, .receipt: return try unknownTransaction()
        case .event, .state: return nil
        }
    }

    /// Where there is no transaction with an id: nil, or that it may be pruned.
    private func unknownTransaction() throws(BackendError) -> [UInt8]? {
        guard let note = pruningNote else { return nil }
        throw BackendError(
            .notFound,
            code: "NOT_FOUND",
            message: "there is no final transaction with this id; \(note)"
        )
    }

    /// Where an id is not found because its block may be pruned: from where on it would be.
    var pruningNote: String? {
        let lowest = parts.store.lowest
        return lowest > .genesis ? "blocks below height \(lowest.number) are pruned here" : nil
    }

    /// Signed with the consensus key, under which the chain knows this validator. Who is none, or must not vote, signs
    /// nothing.
    package func coseReceipt(of id: Digest) async throws(BackendError) -> [UInt8]? {
        guard ownIndex != nil, await engine.standing.votes else {
            throw BackendError(
                .unavailable(retryAfterSeconds: 60),
                code: "NOT_VOTING",
                message: "this node is no validator, or its key may sign nothing now"
            )
        }
        let key = engine.key
        let receipt = try await answering { () throws(LedgerFault) -> [UInt8]? in
            guard let entry = try self.parts.store.treeEntry(of: id),
                entry.header.height <= self.parts.hub.certified
            else { return nil }
            return CoseReceipt(entry, signedWith: key).encoded
        }
        if let receipt { return receipt }
        return try unknownTransaction()
    }
}
