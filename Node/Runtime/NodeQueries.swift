internal import ContractKit
internal import Contracts
internal import Ledger
internal import Primitives

/// Questions to contracts, with a proof of what the answer rests on.
extension Node {
    package func query(_ question: QueryQuestion) async throws(BackendError) -> QueryAnswer {
        guard let contract = Identifier(question.contract), let name = Identifier(question.name) else {
            throw BackendError(.invalid, code: "SCHEMA", message: "contract and query are identifiers")
        }
        let result = try await answering { () throws(LedgerFault) -> Result<QueryAnswer, ContractError> in
            let view = try self.parts.store.view(at: question.height)
            let answer = try view.ask { context throws(ContractError) in
                try ContractRegistry.query(contract: contract, name: name, arguments: question.arguments, &context)
            }
            guard case .success(let bytes) = answer, question.wantsProof else {
                return answer.map { QueryAnswer(height: view.height, answer: $0) }
            }
            guard let proof = try self.proof(of: view) else {
                return .failure(ContractError(.reference, "there is nothing to prove: no row was read by its key"))
            }
            return .success(QueryAnswer(height: view.height, answer: bytes, proof: proof))
        }
        switch result {
        case .success(let answer): return answer
        case .failure(let error): throw BackendError(error)
        }
    }

    /// A proof file of the row that the question read first, which is the one that it asks about: present or absent under
    /// the certified state root of the view's height.
    private func proof(of view: StateView) throws(LedgerFault) -> [UInt8]? {
        guard let key = view.leavesRead.first else { return nil }
        let store = parts.store
        guard let header = try store.header(at: view.height), let certificate = try store.certificate(at: view.height)
        else {
            throw .noSuchHeight(view.height)
        }
        let proof = try store.stateProof(of: key, at: view.height)
        return ProofFile(header: header, certificate: certificate, subject: .state(proof)).encoded
    }
}

extension BackendError {
    fileprivate init(_ error: ContractError) {
        let kind: Kind
        switch error.code {
        case .schema: kind = .invalid
        case .reference: kind = .notFound
        default: kind = .refused
        }
        self.init(kind, code: error.code.text, message: error.message)
    }
}
