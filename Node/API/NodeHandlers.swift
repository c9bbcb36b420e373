internal import Hummingbird
internal import HummingbirdCore
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// `GET /v1/status`
    @Sendable func status(_ request: Request, _ context: APIContext) async throws -> Response {
        let status = await backend.nodeStatus()
        var text = JSONText()
        text.object { text in
            text.member("index", status.index)
            // A node that answers is alive; `testnet/status` says false for one that does not.
            text.member("alive", true)
            text.member("height", status.height.number)
            text.member("view", status.view)
            text.member("primary", status.primary)
            text.member("state_root", status.stateRoot)
            text.member("certified_height", status.certifiedHeight.number)
            text.member("complete_from", status.completeFrom.number)
            text.member("peers", UInt64(clamping: status.peers))
            text.member("votes", status.votes)
            text.member("awaits_answers", status.awaitsAnswers)
            text.member("joining", status.joining?.number)
        }
        return .json(text)
    }

    /// `GET /healthz`
    @Sendable func health(_ request: Request, _ context: APIContext) async throws -> Response {
        .bytes(Array("ok\n".utf8), "text/plain")
    }

    /// `GET /readyz`
    @Sendable func readiness(_ request: Request, _ context: APIContext) async throws -> Response {
        guard await backend.isReady else {
            throw Problem(
                .serviceUnavailable,
                "NOT_READY",
                "the node does not follow the chain yet",
                retryAfterSeconds: 2
            )
        }
        return .bytes(Array("ready\n".utf8), "text/plain")
    }

    /// `GET /metrics`
    @Sendable func metrics(_ request: Request, _ context: APIContext) async throws -> Response {
        var families = await backend.metrics()
        families += figures.families
        families.append(
            MetricFamily("akashi_http_feeds", help: "Open event feeds.", kind: .gauge, number: Double(feeds.count))
        )
        families.append(
            MetricFamily(
                "akashi_http_waiting",
                help: "Requests that wait for finality.",
                kind: .gauge,
                number: Double(waiting.count)
            )
        )
        return .bytes(PrometheusText.encode(families), "text/plain; version=0.0.4; charset=utf-8")
    }
}
