internal import Hummingbird
internal import HummingbirdCore
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// `GET /v1/transactions/{id}/proof`
    @Sendable func transactionProof(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameters.digest("id")
        let question: ProofQuestion
        switch request.queryValue("part") {
        case nil: question = .transaction(id)
        case "receipt": question = .receipt(id)
        default: throw Problem.malformed("'part' can only be 'receipt'")
        }
        return try await answer(question, orElse: "there is no final transaction with this id")
    }

    /// `GET /v1/events/{id}/proof`
    @Sendable func eventProof(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let text = context.parameters["id"], let place = EventCursor(String(text)) else {
            throw Problem.malformed("an event's id is 'height-index'")
        }
        return try await answer(.event(place), orElse: "there is no event with this id in a certified block")
    }

    /// `GET /v1/state/{key}/proof`
    @Sendable func stateProof(_ request: Request, _ context: APIContext) async throws -> Response {
        let question = ProofQuestion.state(key: try context.stateKey(), at: try request.height("at"))
        return try await answer(question, orElse: "there is no certified block at this height")
    }

    /// `GET /v1/transactions/{id}/cose-receipt`
    @Sendable func coseReceipt(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let receipt = try await backend.coseReceipt(of: try context.parameters.digest("id")) else {
            throw Problem.notFound("there is no final transaction with this id")
        }
        return .bytes(receipt, "application/scitt-receipt+cose")
    }

    private func answer(_ question: ProofQuestion, orElse absence: String) async throws -> Response {
        guard let proof = try await backend.proof(of: question) else { throw Problem.notFound(absence) }
        return .bytes(proof, "application/cbor")
    }
}
