internal import HTTPTypes
internal import Hummingbird

/// One path of the API: how it is served and how `/openapi.json` tells of it, in one place.
struct Endpoint: Sendable {
    typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    let method: HTTPRequest.Method
    /// With parameters in braces, as in OpenAPI.
    let path: String
    let summary: String
    let parameters: [EndpointParameter]
    /// Media types of the body, none for a request without one.
    let takes: [String]
    let gives: String
    let handler: @Sendable (APIEdge) -> Handler

    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ summary: String,
        parameters: [EndpointParameter] = [],
        takes: [String] = [],
        gives: String = "application/json",
        handler: @escaping @Sendable (APIEdge) -> Handler
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.parameters = parameters
        self.takes = takes
        self.gives = gives
        self.handler = handler
    }

    /// Hummingbird knows `{name}` itself.
    var routerPath: RouterPath { RouterPath(path) }
}

/// A parameter in the path, the query or the header.
struct EndpointParameter: Sendable {
    enum Place: String, Sendable { case path, query, header }

    let name: String
    let place: Place
    let summary: String

    init(_ name: String, in place: Place, _ summary: String) {
        self.name = name
        self.place = place
        self.summary = summary
    }
}

extension Endpoint {
    /// Every path there is.
    static let all: [Endpoint] =
        transactions + proofs + chain + contracts + feeds + node

    /// The methods that endpoints have at a path as it stands in a request.
    static func methods(at path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/")
        return all.filter { endpoint in
            let pattern = endpoint.path.split(separator: "/")
            return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        .map(\.method)
    }

    private static let id = EndpointParameter("id", in: .path, "64 lower-case hexadecimal digits")

    private static let transactions = [
        Endpoint(
            .post,
            "/v1/transactions",
            "Submits one signed transaction (COSE), or a CBOR sequence of many, answered one by one in order",
            parameters: [
                EndpointParameter("wait", in: .query, "`final`: answers once all are final, or after the timeout"),
                EndpointParameter("timeout", in: .query, "how many seconds to wait at most"),
                EndpointParameter(
                    "Prefer",
                    in: .header,
                    "`return=minimal`: only those that are not pending are listed"
                ),
            ],
            takes: ["application/cose", "application/cbor-seq"],
            handler: { edge in edge.submit }
        ),
        Endpoint(
            .get,
            "/v1/transactions/{id}",
            "Where a transaction stands: unknown, pending, final, refused or expired",
            parameters: [id, EndpointParameter("wait", in: .query, "`final`: waits until it is no longer pending")],
            handler: { edge in edge.transaction }
        ),
        Endpoint(
            .get,
            "/v1/transactions/{id}/proof",
            "The proof file of a final transaction, for `akashi verify`",
            parameters: [id, EndpointParameter("part", in: .query, "`receipt`: only the receipt is shown and proven")],
            gives: "application/cbor",
            handler: { edge in edge.transactionProof }
        ),
        Endpoint(
            .get,
            "/v1/transactions/{id}/cose-receipt",
            "This validator's COSE receipt (RFC 9942) of a final transaction, for SCITT tools",
            parameters: [id],
            gives: "application/scitt-receipt+cose",
            handler: { edge in edge.coseReceipt }
        ),
    ]

    private static let stateKey = EndpointParameter(
        "key",
        in: .path,
        "the row's key: contract, table and the table's own, in hexadecimal"
    )
    private static let at = EndpointParameter(
        "at",
        in: .query,
        "the block after which; by default the last certified one"
    )

    private static let proofs = [
        Endpoint(
            .get,
            "/v1/events/{id}/proof",
            "The proof file of an event of a certified block",
            parameters: [EndpointParameter("id", in: .path, "`height-index`, as in the feed")],
            gives: "application/cbor",
            handler: { edge in edge.eventProof }
        ),
        Endpoint(
            .get,
            "/v1/state/{key}/proof",
            "The proof file of what the state holds under a key: a value, or nothing",
            parameters: [stateKey, at],
            gives: "application/cbor",
            handler: { edge in edge.stateProof }
        ),
        Endpoint(
            .get,
            "/v1/state/{key}",
            "What the state holds under a key, and since which block",
            parameters: [stateKey, at],
            handler: { edge in edge.stateRow }
        ),
        Endpoint(
            .get,
            "/v1/state/{key}/versions",
            "What the state has held under a key, the newest first, as far back as this node keeps states",
            parameters: [
                stateKey,
                EndpointParameter("through", in: .query, "the block to begin at; the page before says it in `next`"),
                EndpointParameter("limit", in: .query, "how many versions at most, 1 to 100; 20 if not given"),
            ],
            handler: { edge in edge.stateVersions }
        ),
    ]

    private static let chain = [
        Endpoint(
            .get,
            "/v1/blocks/{height}",
            "A certified block; `latest` for the last one",
            parameters: [EndpointParameter("height", in: .path, "the block's number, or `latest`")],
            handler: { edge in edge.block }
        ),
        Endpoint(
            .get,
            "/v1/accounts/{id}",
            "An account: its organisation, roles, status and keys",
            parameters: [id],
            handler: { edge in edge.account }
        ),
        Endpoint(.get, "/v1/validators", "The validators", handler: { edge in edge.validators }),
        Endpoint(
            .get,
            "/v1/genesis",
            "The genesis file",
            gives: "application/cbor",
            handler: { edge in edge.genesis }
        ),
    ]

    private static let contracts = [
        Endpoint(
            .post,
            "/v1/query",
            "Asks a contract, by JSON or by CBOR, as of a height if one is given, with a proof if one is wanted",
            takes: ["application/json", "application/cbor"],
            handler: { edge in edge.query }
        ),
        Endpoint(
            .get,
            "/v1/contracts",
            "The contracts: methods, queries and events with their fields, errors, and the schema digest",
            handler: { edge in edge.contractDescriptions }
        ),
    ]

    private static let feeds = [
        Endpoint(
            .get,
            "/v1/events",
            "Events of certified blocks as server-sent events, resumable",
            parameters: [
                EndpointParameter("contract", in: .query, "only this contract's events"),
                EndpointParameter("event", in: .query, "only events of this name"),
                EndpointParameter("account", in: .query, "only events of this account"),
                EndpointParameter("type", in: .query, "`block` for notices of blocks, `event` (default), or `all`"),
                EndpointParameter("after", in: .query, "as Last-Event-ID, for clients that cannot set it"),
                EndpointParameter("Last-Event-ID", in: .header, "`height-index`: goes on after this event"),
            ],
            gives: "text/event-stream",
            handler: { edge in edge.events }
        )
    ]

    private static let node = [
        Endpoint(.get, "/v1/status", "Height, view, primary and peers of this node", handler: { edge in edge.status }),
        Endpoint(.get, "/healthz", "200 while the process answers at all", handler: { edge in edge.health }),
        Endpoint(
            .get,
            "/readyz",
            "200 once the node follows the chain, 503 before",
            handler: { edge in edge.readiness }
        ),
        Endpoint(
            .get,
            "/metrics",
            "Figures in the Prometheus text format",
            gives: "text/plain",
            handler: { edge in edge.metrics }
        ),
        Endpoint(.get, "/openapi.json", "This description", handler: { edge in edge.openAPI }),
    ]
}
