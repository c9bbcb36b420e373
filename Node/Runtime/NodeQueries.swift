internal import ContractKit
internal import Contracts
internal import Ledger
internal import Primitives

/// Questions to contracts, with a proof of what the answer rests on: the rows that the question read by their keys, each
/// present or absent under the certified state root of the view's height. Whoever asks can answer it from them again.
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
            guard !view.leavesRead.isEmpty else {
                return .failure(ContractError(.reference, "there is nothing to prove: no row was read by its key"))
            }
            guard let proof = try self.parts.store.proof(ofStates: view.leavesRead, at: view.height) else {
                throw .noSuchHeight(view.height)
            }
            return .success(QueryAnswer(height: view.height, answer: bytes, proof: proof.encoded))
        }
        switch result {
        case .success(let answer): return answer
        case .failure(let error): throw BackendError(error)
        }
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
