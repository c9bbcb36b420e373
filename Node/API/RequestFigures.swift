internal import Hummingbird
internal import HummingbirdCore
internal import NodeRuntime
internal import Synchronization

/// Counts and times of requests by route and class of status. A route is a pattern, so the labels are bounded.
final class RequestFigures: Sendable {
    private struct Key: Hashable, Comparable {
        let route: String
        let status: String

        static func < (left: Key, right: Key) -> Bool {
            left.route == right.route ? left.status < right.status : left.route < right.route
        }
    }

    private struct Figure {
        var count: UInt64 = 0
        var seconds = 0.0
    }

    private let figures = Mutex<[Key: Figure]>([:])

    func record(route: String, status: Int, took duration: Duration) {
        let parts = duration.components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        let key = Key(route: route, status: "\(status / 100)xx")
        figures.withLock { figures in
            figures[key, default: Figure()].count += 1
            figures[key, default: Figure()].seconds += seconds
        }
    }

    var families: [MetricFamily] {
        let sorted = figures.withLock { $0 }.sorted { $0.key < $1.key }
        func samples(_ value: (Figure) -> Double) -> [MetricFamily.Sample] {
            sorted.map { key, figure in
                let labels = [MetricFamily.Label("route", key.route), MetricFamily.Label("status", key.status)]
                return MetricFamily.Sample(labels: labels, .number(value(figure)))
            }
        }
        return [
            MetricFamily(
                "akashi_http_requests_total",
                help: "Requests answered, by route and class of status.",
                kind: .counter,
                samples: samples { Double($0.count) }
            ),
            MetricFamily(
                "akashi_http_request_seconds_total",
                help: "Time until the head of the answer, by route and class of status.",
                kind: .counter,
                samples: samples(\.seconds)
            ),
        ]
    }
}

/// Takes the figures of every request, whatever became of it.
struct FiguresMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let figures: RequestFigures

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        figures.record(
            route: context.endpointPath ?? "none",
            status: response.status.code,
            took: ContinuousClock.now - start
        )
        return response
    }
}
