internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import NodeRuntime

/// What went wrong, as an RFC 9457 document with a stable code beside the HTTP status.
struct Problem: Error, Equatable {
    var status: HTTPResponse.Status
    /// A word in capitals that programs go by: a contract's error code, or one of the edge's own.
    var code: String
    /// One sentence for people.
    var detail: String
    var retryAfterSeconds: Int?
    /// The methods that the path does have.
    var allowed: [HTTPRequest.Method]?
    /// A further member of the document: its name, and its value as JSON.
    var addition: (name: String, value: [UInt8])?

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfterSeconds = retryAfterSeconds
    }

    init(_ error: BackendError) {
        let status: HTTPResponse.Status
        var seconds: Int?
        switch error.kind {
        case .invalid: status = .badRequest
        case .notFound: status = .notFound
        case .gone: status = .gone
        case .refused: status = .unprocessableContent
        case .unavailable(let retryAfterSeconds):
            status = .serviceUnavailable
            seconds = retryAfterSeconds
        case .fault: status = .internalServerError
        }
        self.init(status, error.code, error.message, retryAfterSeconds: seconds)
    }

    static func == (left: Problem, right: Problem) -> Bool {
        left.status == right.status && left.code == right.code && left.detail == right.detail
            && left.retryAfterSeconds == right.retryAfterSeconds && left.allowed == right.allowed
            && left.addition?.name == right.addition?.name && left.addition?.value == right.addition?.value
    }

    var response: Response {
        var text = JSONText()
        text.object { text in
            text.member("type", "urn:akashi:problem:\(code.lowercased())")
            text.member("title", status.reasonPhrase)
            text.member("status", UInt64(status.code))
            text.member("code", code)
            text.member("detail", detail)
            if let addition {
                text.name(addition.name)
                text.raw(addition.value)
            }
        }
        var headers: HTTPFields = [.contentType: "application/problem+json"]
        if let retryAfterSeconds { headers[.retryAfter] = String(retryAfterSeconds) }
        if let allowed { headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ") }
        // The rest of a body that is too large is not worth reading.
        if status == .contentTooLarge { headers[.connection] = "close" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: text.bytes)))
    }

    static func notFound(_ what: String) -> Problem { Problem(.notFound, "NOT_FOUND", what) }

    /// For a path and method that no endpoint has.
    static func nothing(at path: String) -> Problem {
        let allowed = Endpoint.methods(at: path)
        guard !allowed.isEmpty else {
            return notFound("there is nothing at this path; /openapi.json lists what there is")
        }
        let names = allowed.map(\.rawValue).joined(separator: " or ")
        var problem = Problem(.methodNotAllowed, "METHOD", "this path is for \(names)")
        problem.allowed = allowed
        return problem
    }

    static func malformed(_ why: String) -> Problem { Problem(.badRequest, "MALFORMED", why) }
    static func tooLarge(_ why: String) -> Problem { Problem(.contentTooLarge, "TOO_LARGE", why) }
}

/// Turns whatever a handler throws into a problem document. Faults of our own tell the client nothing.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response
        } catch let error as BackendError {
            return Problem(error).response
        } catch let error as HTTPError where error.status == .notFound {
            return Problem.nothing(at: request.uri.path).response
        } catch let error as HTTPError {
            return Problem(error.status, "REQUEST", error.status.reasonPhrase).response
        } catch is CancellationError {
            return Problem(.serviceUnavailable, "STOPPING", "the node is stopping", retryAfterSeconds: 5).response
        }
    }
}
