import AkashiClient
import Histories
import Primitives
import Synchronization

/// All calls to the objects of one kind, by object, and what became of those whose answer was lost.
final class RecordedHistory<Target: ChainObject>: Sendable {
    typealias Call = Operation<Target.Object>

    /// A transaction without an answer.
    struct Lost: Sendable {
        let id: Digest
        let client: Int
        let action: Target.Object.Action
        let invoked: UInt64
    }

    /// A transaction that is final.
    struct Effect: Sendable {
        let id: Digest
        let action: Target.Object.Action
        let code: String
        let height: UInt64
    }

    private struct State {
        var calls: [[Call]]
        var lost: [[Lost]]
        var effects: [[Effect]]
    }

    let targets: [Target]
    private let state: Mutex<State>

    init(_ targets: [Target]) {
        self.targets = targets
        state = Mutex(
            State(calls: targets.map { _ in [] }, lost: targets.map { _ in [] }, effects: targets.map { _ in [] })
        )
    }

    func calls(of target: Int) -> [Call] { state.withLock { $0.calls[target] } }
    func lost(of target: Int) -> [Lost] { state.withLock { $0.lost[target] } }
    /// What answers said is final, by object.
    func effects(of target: Int) -> [Effect] { state.withLock { $0.effects[target] } }

    var count: Int { state.withLock { $0.calls.reduce(0) { $0 + $1.count } } }
    var lostCount: Int { state.withLock { $0.lost.reduce(0) { $0 + $1.count } } }

    /// One call of a client, recorded with its times. Reads without an answer say nothing and are left out.
    func run(_ action: Target.Object.Action, on target: Int, by client: HistoryClient) async throws {
        let object = targets[target]
        guard let write = try object.call(action) else { return try await read(action, target, client) }
        let (id, bytes) = client.session.sign(write.call, write.key)
        let invoked = client.clock.now
        let outcome = await client.session.submit(bytes, startingAt: client.validator, attempts: client.attempts)
        let returned = client.clock.now
        switch outcome {
        case .final(let code, let height):
            client.clock.reached(height, at: returned)
            state.withLock {
                $0.effects[target].append(Effect(id: id, action: action, code: code, height: height))
            }
            guard let answer = object.answer(toWrite: code) else {
                throw TestFailure("\(action) was final with \(code)")
            }
            keep(Call(client: client.number, action, invoked: invoked, answer, returned: returned), target)
        case .unknown:
            state.withLock {
                $0.lost[target].append(Lost(id: id, client: client.number, action: action, invoked: invoked))
            }
        case .notTaken: break
        }
    }

    private func read(_ action: Target.Object.Action, _ target: Int, _ client: HistoryClient) async throws {
        let question = try targets[target].question(action)
        let invoked = client.clock.now
        guard let least = await client.session.freshHeight(),
            let proven = await client.session.read(question, least: least, startingAt: client.validator)
        else { return }
        let returned = client.clock.now
        if proven.row != nil { client.clock.reached(proven.height, at: returned) }
        let answer = try targets[target].answer(toRead: proven.row, action)
        keep(Call(client: client.number, action, invoked: invoked, answer, returned: returned), target)
    }

    private func keep(_ call: Call, _ target: Int) { state.withLock { $0.calls[target].append(call) } }
}

/// Time for histories, and when which height was first known to exist.
final class HistoryClock: Sendable {
    private let start = ContinuousClock.now
    private let heights = Mutex<[(height: UInt64, time: UInt64)]>([])

    /// Nanoseconds since the history began.
    var now: UInt64 {
        let passed = (ContinuousClock.now - start).components
        return UInt64(passed.seconds) * 1_000_000_000 + UInt64(passed.attoseconds / 1_000_000_000)
    }

    /// An answer that came at this time rests on the block of this height.
    func reached(_ height: UInt64, at time: UInt64) { heights.withLock { $0.append((height, time)) } }

    /// The earliest time by which a block of this height or above was there; nil if no answer showed one.
    func existed(_ height: UInt64) -> UInt64? {
        heights.withLock { known in known.filter { $0.height >= height }.map(\.time).min() }
    }
}
