internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import NIOCore
internal import NodeRuntime
internal import Primitives

extension APIEdge {
    /// `GET /v1/events`
    @Sendable func events(_ request: Request, _ context: APIContext) async throws -> Response {
        let filter = try eventFilter(request)
        let cursor = try eventCursor(request)
        guard feeds.enter() else {
            throw Problem(.serviceUnavailable, "FEEDS", "too many feeds are open", retryAfterSeconds: 5)
        }
        let place = FeedPlace(feeds)
        let feed = try await backend.events(after: cursor, filter: filter)
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(place) {} }
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await write(feed, filter: filter, to: &writer)
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            // The connection is used up once the feed ends: what watches for the client's end reads all of it.
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close"],
            body: body
        )
    }

    private func eventFilter(_ request: Request) throws(Problem) -> EventFilter {
        var filter = EventFilter(contract: request.queryValue("contract"), name: request.queryValue("event"))
        if let text = request.queryValue("account") {
            guard let digest = Digest(hex: text) else {
                throw Problem.malformed("'account' is 64 lower-case hexadecimal digits")
            }
            filter.account = AccountID(digest)
        }
        switch request.queryValue("type") ?? "event" {
        case "event": break
        case "block":
            filter.includesEvents = false
            filter.includesBlocks = true
        case "all": filter.includesBlocks = true
        default: throw Problem.malformed("'type' is event, block or all")
        }
        return filter
    }

    private func eventCursor(_ request: Request) throws(Problem) -> EventCursor? {
        guard let text = request.headers[.lastEventID] ?? request.queryValue("after") else { return nil }
        guard let cursor = EventCursor(text) else { throw Problem.malformed("Last-Event-ID is 'height-index'") }
        return cursor
    }

    /// Writes batch after batch until the feed ends or the client goes away, with a comment now and then in silence.
    ///
    /// A client that does not read stops the writes here and with them the pulling of the feed; if it stays so,
    /// `StalledWriteHandler` closes its connection. It resumes by the last id that it saw.
    @concurrent
    private func write(_ feed: EventFeed, filter: EventFilter, to writer: inout any ResponseBodyWriter) async throws {
        // The head leaves with the first bytes; a client that waits for it need not wait for an event.
        try await writer.write(ByteBuffer(string: ": akashi\n\n"))
        let (signals, source) = AsyncStream.makeStream(of: FeedSignal.self, bufferingPolicy: .bufferingOldest(16))
        let interval = Duration.seconds(configuration.heartbeatSeconds)
        let pump = Task { await Self.pump(feed, into: source) }
        let heartbeat = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: interval)
                source.yield(.heartbeat)
            }
        }
        defer {
            pump.cancel()
            heartbeat.cancel()
        }
        for await signal in signals {
            switch signal {
            case .heartbeat:
                try await writer.write(ByteBuffer(string: ": alive\n\n"))
            case .batch(let batch, let taken):
                let bytes = eventText(batch, filter: filter)
                if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
                taken.finish()
            case .end(let comment):
                try await writer.write(ByteBuffer(string: ": \(comment)\n\n"))
                return
            }
        }
    }

    /// Hands over one batch at a time, so that nothing is pulled before what came earlier is written.
    private static func pump(_ feed: EventFeed, into source: AsyncStream<FeedSignal>.Continuation) async {
        defer { source.finish() }
        do {
            for try await batch in feed {
                let (taken, isTaken) = AsyncStream.makeStream(of: Never.self)
                // Full means that heartbeats have piled up behind a write that does not end.
                guard case .enqueued = source.yield(.batch(batch, taken: isTaken)) else { return }
                for await _ in taken {}
                if Task.isCancelled { return }
            }
            source.yield(.end("the feed has ended"))
        } catch FeedEnd.slowConsumer {
            source.yield(.end("too slow: resume by Last-Event-ID"))
        } catch FeedEnd.blockMissing(let height) {
            source.yield(.end("block \(height.number) is not kept here: ask another validator, or a later cursor"))
        } catch {
            source.yield(.end("the node is stopping: resume by Last-Event-ID"))
        }
    }
}

/// What the writer of a feed reacts to.
private enum FeedSignal: Sendable {
    /// `taken` is finished once the batch is written.
    case batch(EventBatch, taken: AsyncStream<Never>.Continuation)
    case heartbeat
    case end(String)
}

/// A place among the open feeds, given back with the answer, even one whose body is never written.
private final class FeedPlace: Sendable {
    private let feeds: Places

    init(_ feeds: Places) { self.feeds = feeds }

    deinit { feeds.leave() }
}
