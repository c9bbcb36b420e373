import Consensus
import NodeRuntime
import Primitives
import Testing

/// Journal before send: what leaves, and when.
@Suite struct OutboxTests {
    private func entry(_ view: UInt64) -> Outbox.Entry {
        .broadcast(
            .status(
                Status(
                    epoch: .first,
                    view: View(view),
                    isActive: true,
                    certified: .genesis,
                    accepted: Sequence(0),
                    isStalled: false
                )
            )
        )
    }

    private func released(_ outbox: inout Outbox) -> [UInt64] {
        var views: [UInt64] = []
        while let next = outbox.next() {
            if case .broadcast(.status(let status)) = next { views.append(status.view.number) }
        }
        return views
    }

    @Test("nothing leaves before the write that was asked for ahead of it is durable")
    func waits() {
        var outbox = Outbox()
        outbox.add(entry(1))
        #expect(released(&outbox) == [1])
        let first = outbox.issueTicket()
        outbox.add(entry(2))
        let second = outbox.issueTicket()
        outbox.add(entry(3))
        #expect(released(&outbox) == [])
        outbox.reach(first)
        #expect(released(&outbox) == [2])
        outbox.reach(second)
        #expect(released(&outbox) == [3])
        outbox.add(entry(4))
        #expect(released(&outbox) == [4])
    }

    @Test("a later ticket covers the earlier ones, and an earlier one that comes late takes nothing back")
    func covers() {
        var outbox = Outbox()
        let first = outbox.issueTicket()
        outbox.add(entry(1))
        let second = outbox.issueTicket()
        outbox.add(entry(2))
        outbox.reach(second)
        outbox.reach(first)
        #expect(released(&outbox) == [1, 2])
        #expect(outbox.durable == second)
    }
}
