internal import ContractKit
internal import Contracts
internal import Ledger
internal import Primitives

/// Questions to contracts, with proofs on demand.
extension Node {
    package func query(_ question: QueryQuestion) async throws(BackendError) -> QueryAnswer {
        guard let contract = Identifier(question.contract), let name = Identifier(question.name) else {
            throw BackendError(.invalid, code: "SCHEMA", message: "contract and query are identifiers")
        }
        let result = try await answering { () throws(LedgerFault) -> Result<QueryAnswer, ContractError> in
            let view = try self.parts.store.view(at: question.height)
            let answer = try view.ask { context throws(ContractError) in
                try ContractRegistry.query(
                    contract: contract,
                    name: name,
                    arguments: question.arguments,
                    &context
                )
            }
            return answer.map { QueryAnswer(height: view.height, answer: $0) }
        }
        switch result {
        case .success(let answer): return answer
        case .failure(let error):
            let kind: BackendError.Kind =
                error.code == .schema ? .invalid : error.code == .reference ? .notFound : .refused
            throw BackendError(kind, code: error.code.text, message: error.message)
        }
    }
}
