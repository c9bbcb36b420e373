internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

extension NodeClient {
    /// Which events to follow.
    package struct EventSelection: Hashable, Sendable {
        package var contract: String?
        package var event: String?
        package var account: String?
        /// The id after which to resume.
        package var after: String?

        package init(contract: String? = nil, event: String? = nil, account: String? = nil, after: String? = nil) {
            self.contract = contract
            self.event = event
            self.account = account
            self.after = after
        }

        var query: String {
            let pairs = [("contract", contract), ("event", event), ("account", account), ("after", after)]
            return pairs.compactMap { name, value in value.map { "\(name)=\($0)" } }.joined(separator: "&")
        }
    }

    /// Follows events until the handler says stop (false), the task is cancelled, or the node ends the feed.
    package func follow(
        _ selection: EventSelection,
        _ handler: (ServerEvent) throws -> Bool
    ) async throws {
        let request = HTTPClientRequest(url: "\(urls[0])/v1/events?\(selection.query)")
        let response = try await HTTPClient.shared.execute(request, deadline: .distantFuture)
        guard response.status.code == 200 else {
            let body = try? await response.body.collect(upTo: 64 << 10)
            let problem = body.flatMap {
                try? JSONDecoder().decode(ProblemDocument.self, from: Data($0.readableBytesView))
            }
            throw problem.map { ClientError($0.code, $0.detail) }
                ?? ClientError("HTTP", "the node answered with status \(response.status.code)")
        }
        var parser = ServerEventParser()
        for try await buffer in response.body {
            for event in try parser.feed(buffer.readableBytesView) where try !handler(event) { return }
        }
    }
}
