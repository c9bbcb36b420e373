internal import Primitives
internal import Synchronization

/// How far the reader of a feed has come.
final class FeedPosition: Sendable {
    private let state: Mutex<(height: Height, skipped: UInt32?)>

    /// Everything up to and including the cursor has been seen.
    init(_ cursor: EventCursor) {
        state = Mutex(
            cursor.index == .max
                ? (cursor.height.advanced(by: 1), nil) : (cursor.height, cursor.index)
        )
    }

    /// The block to look at, and the last event of it that has been seen.
    var next: (height: Height, skipped: UInt32?) { state.withLock { $0 } }

    func advance(past height: Height) { state.withLock { $0 = (height.advanced(by: 1), nil) } }
}

extension PublishedBlock {
    /// What a filter lets through; nil where there is nothing for the reader.
    func batch(for filter: EventFilter, after skipped: UInt32?) -> EventBatch? {
        let wanted =
            filter.includesEvents
            ? events.filter { event in
                (skipped.map { event.index > $0 } ?? true) && (filter.contract.map { $0 == event.contract } ?? true)
                    && (filter.name.map { $0 == event.name } ?? true)
                    && (filter.account.map { $0 == event.account } ?? true)
            } : []
        let count = UInt32(clamping: events.count)
        // The block's own notice stands behind its events.
        let wantsBlock = filter.includesBlocks && (skipped.map { $0 < count } ?? true)
        guard !wanted.isEmpty || wantsBlock else { return nil }
        return EventBatch(
            height: height,
            time: time,
            eventCount: count,
            events: wanted,
            transactions: wantsBlock ? transactions : nil
        )
    }
}
