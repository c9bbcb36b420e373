internal import DequeModule
internal import Ledger
internal import Primitives
internal import Synchronization

/// The last refusals and expiries by id, so that a client that asks again later gets the reason and not `unknown`.
///
/// Only refusals of what was signed are kept: a copy with a spoilt signature says nothing about the id.
final class RefusalMemory: Sendable {
    private struct State {
        var statuses: [Digest: TransactionStatus] = [:]
        var order: Deque<Digest> = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int = 16_384) { self.capacity = capacity }

    func refused(_ id: Digest, _ refusal: Refusal) {
        guard refusal.code.isFinalForID else { return }
        keep(id, TransactionStatus(.refused, code: refusal.code.text, message: refusal.message))
    }

    func expired(_ ids: [Digest]) {
        for id in ids { keep(id, TransactionStatus(.expired, code: RefusalCode.expired.text)) }
    }

    subscript(id: Digest) -> TransactionStatus? { state.withLock { $0.statuses[id] } }

    private func keep(_ id: Digest, _ status: TransactionStatus) {
        state.withLock { state in
            if state.statuses.updateValue(status, forKey: id) == nil { state.order.append(id) }
            if state.order.count > capacity, let oldest = state.order.popFirst() { state.statuses[oldest] = nil }
        }
    }
}
