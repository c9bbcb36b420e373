internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// `POST /v1/transactions`
    @Sendable func submit(_ request: Request, _ context: APIContext) async throws -> Response {
        let type = request.mediaType
        guard type == "application/cose" || type == "application/cbor-seq" else {
            throw Problem(
                .unsupportedMediaType,
                "MEDIA_TYPE",
                "send application/cose for one transaction or application/cbor-seq for many"
            )
        }
        let wait = try waitSeconds(request)
        guard await backend.isReady else {
            throw Problem(
                .serviceUnavailable,
                "NOT_READY",
                "the node does not follow the chain yet",
                retryAfterSeconds: 2
            )
        }
        let isSingle = type == "application/cose"
        let limit = isSingle ? configuration.transactionByteCount : configuration.bodyByteCount
        let body = try await request.collectedBody(upTo: limit)
        if isSingle { return try await submitOne(CBORSequence.lowSForm(of: body[...]), wait: wait) }
        let items = try CBORSequence.items(
            in: body,
            atMost: configuration.sequenceCount,
            eachAtMost: configuration.transactionByteCount
        )
        let prefersMinimal = (request.headers[HTTPField.Name.prefer] ?? "").contains("return=minimal")
        return try await submitMany(items, wait: wait, isMinimal: prefersMinimal)
    }

    private func submitOne(_ transaction: [UInt8], wait: Int?) async throws -> Response {
        guard var answer = await backend.submit([transaction]).first else {
            throw Problem(.internalServerError, "FAULT", "the node gave no answer")
        }
        if let wait, let id = answer.id, answer.status.state == .pending {
            answer.status = try await finalStatuses(of: [id], seconds: wait).first ?? answer.status
        }
        if answer.status.state == .refused || answer.status.state == .expired { throw Problem(refused: answer) }
        var text = JSONText()
        text.answer(answer, index: nil)
        return .json(text, status: answer.status.state == .final ? .ok : .accepted)
    }

    private func submitMany(_ items: [[UInt8]], wait: Int?, isMinimal: Bool) async throws -> Response {
        var answers = await backend.submit(items)
        guard answers.count == items.count else {
            throw Problem(.internalServerError, "FAULT", "the node gave too few answers")
        }
        let isOverloaded = answers.contains { $0.isOverload }
        if isOverloaded, answers.allSatisfy({ $0.isOverload }) {
            throw Problem(
                .serviceUnavailable,
                "BUSY",
                "the node has no room for transactions now",
                retryAfterSeconds: 1
            )
        }
        if let wait { try await settle(&answers, seconds: wait) }
        var text = JSONText(capacity: isMinimal ? 256 : 64 + answers.count * 220)
        text.object { text in
            text.member("count", UInt64(answers.count))
            text.member("pending", UInt64(answers.count { $0.status.state == .pending }))
            text.name("results")
            text.array { text in
                for (index, answer) in answers.enumerated() where !isMinimal || answer.status.state != .pending {
                    text.answer(answer, index: index)
                }
            }
        }
        var response = Response.json(text)
        if isOverloaded { response.headers[.retryAfter] = "1" }
        return response
    }

    /// Replaces the statuses of what is pending by what has become of it.
    private func settle(_ answers: inout [SubmissionAnswer], seconds: Int) async throws {
        let pending = answers.indices.filter { answers[$0].status.state == .pending && answers[$0].id != nil }
        guard !pending.isEmpty else { return }
        let statuses = try await finalStatuses(of: pending.compactMap { answers[$0].id }, seconds: seconds)
        for (index, status) in zip(pending, statuses) { answers[index].status = status }
    }

    private func finalStatuses(of ids: [Digest], seconds: Int) async throws -> [TransactionStatus] {
        guard waiting.enter() else {
            throw Problem(
                .serviceUnavailable,
                "WAITING",
                "submitted, but too many requests wait already: ask for the status later",
                retryAfterSeconds: 1
            )
        }
        defer { waiting.leave() }
        return await backend.waitFinal(ids, until: .now + .seconds(seconds))
    }

    /// How long the request wants to wait for finality; nil for not at all.
    private func waitSeconds(_ request: Request) throws -> Int? {
        guard let wait = request.queryValue("wait") else { return nil }
        guard wait == "final" else { throw Problem.malformed("'wait' can only be 'final'") }
        guard let timeout = request.queryValue("timeout") else { return configuration.waitSeconds }
        guard let seconds = Int(timeout), (1...configuration.waitLimitSeconds).contains(seconds) else {
            throw Problem.malformed("'timeout' is 1 to \(configuration.waitLimitSeconds) seconds")
        }
        return seconds
    }

    /// `GET /v1/transactions/{id}`
    @Sendable func transaction(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameters.digest("id")
        var status = await backend.statuses(of: [id]).first ?? TransactionStatus(.unknown)
        if let wait = try waitSeconds(request), status.state == .pending {
            status = try await finalStatuses(of: [id], seconds: wait).first ?? status
        }
        guard status.state != .unknown else {
            let note = status.message.map { "; \($0)" } ?? ""
            var problem = Problem.notFound("this node does not know the transaction\(note)")
            var text = JSONText()
            text.answer(SubmissionAnswer(id: id, reference: nil, status: status), index: nil)
            problem.addition = ("transaction", text.bytes)
            throw problem
        }
        var text = JSONText()
        text.answer(SubmissionAnswer(id: id, reference: nil, status: status), index: nil)
        return .json(text)
    }
}

extension JSONText {
    /// One transaction's fields, the same wherever it is answered.
    mutating func answer(_ answer: SubmissionAnswer, index: Int?) {
        object { text in
            if let index { text.member("index", UInt64(index)) }
            text.member("id", answer.id)
            if let reference = answer.reference { text.member("reference", reference) }
            text.member("status", answer.status.state.rawValue)
            text.member("height", answer.status.height?.number)
            text.member("code", answer.status.code)
            if let message = answer.status.message { text.member("message", message) }
        }
    }
}

extension Problem {
    /// A single refused transaction as a problem: the code stands in it, and the answer beside it.
    init(refused answer: SubmissionAnswer) {
        let code = answer.status.code ?? answer.status.state.rawValue.uppercased()
        let status: HTTPResponse.Status
        switch code {
        case "MALFORMED": status = .badRequest
        case "TOO_LARGE": status = .contentTooLarge
        case "REPLAY", "DUPLICATE": status = .conflict
        case "QUOTA": status = .tooManyRequests
        case _ where answer.isOverload: status = .serviceUnavailable
        default: status = .unprocessableContent
        }
        self.init(
            status,
            code,
            answer.status.message ?? "the transaction is refused",
            retryAfterSeconds: answer.isOverload ? 1 : nil
        )
        var text = JSONText()
        text.answer(answer, index: nil)
        addition = ("transaction", text.bytes)
    }
}

extension HTTPField.Name {
    /// RFC 7240.
    static let prefer = HTTPField.Name("Prefer") ?? .accept
    static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .accept
}
