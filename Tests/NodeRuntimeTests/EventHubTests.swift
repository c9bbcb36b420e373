import NIOPosix
import NodeRuntime
import Primitives
import Testing

@Suite struct EventHubTests {
    private let hub = EventHub(clock: MultiThreadedEventLoopGroup.singleton.next(), certified: .genesis)

    private func id(_ number: UInt8) -> Digest { Digest([UInt8](repeating: number, count: 32)) ?? .zero }

    private func block(_ height: UInt64, _ ids: [Digest]) -> PublishedBlock {
        PublishedBlock(
            height: Height(height),
            time: height,
            transactions: ids.map { BlockView.Item(id: $0, reference: $0, code: "OK") },
            events: []
        )
    }

    private var far: ContinuousClock.Instant { .now + .seconds(120) }

    @Test("who waits for several transactions is told when the last of them is final", .timeLimit(.minutes(1)))
    func waitsForAll() async {
        await confirmation { done in
            await withTaskGroup(of: Void.self) { group in
                let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    await hub.wait(for: [id(1), id(2)], until: far) { ids in
                        continuation.finish()
                        return ids
                    }
                    #expect(hub.certified == Height(2))
                    done()
                }
                for await _ in asked {}
                hub.publish(block(1, [id(1)]))
                hub.publish(block(2, [id(2), id(3)]))
            }
        }
    }

    @Test("a block that comes between the wish and the look at the store is not missed", .timeLimit(.minutes(1)))
    func noGap() async {
        await hub.wait(for: [id(1)], until: far) { ids in
            hub.publish(block(1, ids))
            return ids
        }
    }

    @Test("nobody waits for what is decided already", .timeLimit(.minutes(1)))
    func alreadyFinal() async { await hub.wait(for: [id(1)], until: far) { _ in [] } }

    @Test("the deadline ends the wait", .timeLimit(.minutes(1)))
    func deadline() async { await hub.wait(for: [id(1)], until: .now) { $0 } }

    @Test("cancelling ends the wait, before and after it began", .timeLimit(.minutes(1)))
    func cancellation() async {
        let waiting = Task { await hub.wait(for: [id(1)], until: far) { $0 } }
        let watching = Task { await hub.wait(above: Height(9)) }
        waiting.cancel()
        watching.cancel()
        await waiting.value
        await watching.value
    }

    @Test("a feed at the tip is woken by the next block, and stopping wakes everybody", .timeLimit(.minutes(1)))
    func heights() async {
        let next = Task { await hub.wait(above: .genesis) }
        hub.publish(block(1, []))
        await next.value
        let never = Task { await hub.wait(above: Height(1)) }
        hub.stop()
        await never.value
        #expect(hub.isStopping)
    }

    @Test("only the latest blocks are kept at hand")
    func bounded() {
        for height in 1...200 { hub.publish(block(UInt64(height), [])) }
        #expect(hub.recentBlock(at: Height(200)) != nil)
        #expect(hub.recentBlock(at: Height(100)) == nil)
    }
}
