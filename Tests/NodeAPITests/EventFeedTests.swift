import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NodeAPI
import NodeRuntime
import Primitives
import Synchronization
import Testing

@Suite struct EventFeedTests {
    static let book = Digest(repeating: 0xCD)

    static func batch(_ height: UInt64, events: Int) -> EventBatch {
        let fields = [0xA2, 0x01, 0x58, 0x20] + book.bytes + [0x02, 0x07]
        return EventBatch(
            height: Height(height),
            time: 1000 + height,
            eventCount: UInt32(events),
            events: (0..<events).map { index in
                EventView(
                    index: UInt32(index),
                    contract: "library",
                    name: "lent",
                    account: AccountID(Digest(repeating: 1)),
                    transaction: Digest(repeating: 2),
                    fields: fields
                )
            },
            transactions: [
                BlockView.Item(id: Digest(repeating: 2), reference: Digest(repeating: 3), code: "OK"),
                BlockView.Item(id: Digest(repeating: 4), reference: Digest(repeating: 5), code: "FUNDS"),
            ]
        )
    }

    @Test("events come in order, each with the cursor to resume from, with their fields by name")
    func inOrder() async throws {
        let backend = MockBackend { state in
            state.batches = [Self.batch(3, events: 2), Self.batch(4, events: 1)]
            state.feedEnd = .nodeStopping
        }
        try await LiveAPI.run(backend) { api in
            let answer = try await api.get("/v1/events?contract=library&event=lent")
            #expect(answer.type == "text/event-stream")
            let ids = answer.text.split(separator: "\n").filter { $0.hasPrefix("id: ") }
            #expect(ids == ["id: 3-0", "id: 3-1", "id: 4-0"])
            #expect(answer.text.contains(#""fields":{"book":"\#(Self.book.hex)","days":7}"#))
            #expect(!answer.text.contains("event: block"))
        }
        let request = try #require(backend.state.withLock { $0.feedRequests.first })
        #expect(request.cursor == nil)
        #expect(request.filter == EventFilter(contract: "library", name: "lent"))
    }

    @Test("a reader resumes after the last event that it saw")
    func resumes() async throws {
        let backend = MockBackend { $0.feedEnd = .nodeStopping }
        try await LiveAPI.run(backend) { api in
            _ = try await api.get("/v1/events", headers: [("Last-Event-ID", "41-7")])
            _ = try await api.get("/v1/events?after=42-0")
        }
        let cursors = backend.state.withLock { $0.feedRequests.map(\.cursor) }
        #expect(cursors == [EventCursor(height: Height(41), index: 7), EventCursor(height: Height(42), index: 0)])
    }

    @Test("a follower of blocks gets one notice per block: the ids in order and the codes that are not OK")
    func notices() async throws {
        let backend = MockBackend { state in
            state.batches = [Self.batch(3, events: 0)]
            state.feedEnd = .nodeStopping
        }
        try await LiveAPI.run(backend) { api in
            let answer = try await api.get("/v1/events?type=block")
            let ids = #""\#(Digest(repeating: 2).hex)","\#(Digest(repeating: 4).hex)""#
            let notice =
                #"data: {"height":3,"time":1003,"transactions":[\#(ids)],"failed":[{"index":1,"code":"FUNDS"}]}"#
            #expect(answer.text.contains("id: 3-0\nevent: block\n\(notice)\n\n"))
        }
        let filter = try #require(backend.state.withLock { $0.feedRequests.first?.filter })
        #expect(filter.includesBlocks && !filter.includesEvents)
    }

    @Test("a reader that the node drops is told to resume")
    func slowConsumer() async throws {
        try await LiveAPI.run(MockBackend { $0.feedEnd = .slowConsumer }) { api in
            let answer = try await api.get("/v1/events")
            #expect(answer.text.contains(": too slow: resume by Last-Event-ID\n"))
        }
    }

    @Test("a reader who hangs up ends the feed and gives the place to the next")
    func hangsUp() async throws {
        let backend = MockBackend()
        try await LiveAPI.run(backend, configure: { $0.feedCount = 1 }) { api in
            var ended = backend.endedFeeds.makeAsyncIterator()
            for _ in 0..<3 {
                let client = HTTPClient(eventLoopGroupProvider: .singleton)
                let response = try await client.execute(api.request("/v1/events"), timeout: .seconds(30))
                #expect(response.status == .ok)
                let full = try await api.get("/v1/events")
                #expect(full.status == 503)
                #expect(try full.member("code") == .string("FEEDS"))
                try await client.shutdown()
                #expect(await ended.next() != nil)
                try await api.untilPlaceIsFree()
            }
        }
    }

    @Test("a reader that takes nothing is cut off, and the node stops making events for it")
    func stalledReader() async throws {
        let backend = MockBackend { state in
            state.batches = [Self.batch(3, events: 500)]
            state.repeatsForEver = true
        }
        try await LiveAPI.run(backend, configure: { $0.stallSeconds = 1 }) { api in
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .connect(host: "127.0.0.1", port: api.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: "GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n"))
            var ended = backend.endedFeeds.makeAsyncIterator()
            #expect(await ended.next() != nil)
            try? await channel.close()
        }
    }
}

extension LiveAPI {
    /// The feed has ended; its place follows as soon as the answer's task has unwound.
    func untilPlaceIsFree() async throws {
        while try await !get("/metrics").text.contains("akashi_http_feeds 0\n") { await Task.yield() }
    }
}
