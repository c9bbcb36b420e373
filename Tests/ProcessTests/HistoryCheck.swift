import AkashiClient
import Foundation
import Histories
import Primitives
import Testing

/// What must be true of everything that the clients of a history were told, once all validators are well again.
struct HistoryCheck {
    let load: HistoryLoad
    private var network: TestNetwork { load.session.network }
    private var everybody: [Int] { network.validators.map(\.index) }

    func run() async throws {
        let top = load.session.lastHeight
        try await network.waitCertified(top, on: everybody)
        try await checkBlocks(upTo: top)
        let registers = try await settle(load.registers, upTo: top)
        let grants = try await settle(load.grants, upTo: top)
        let purses = try await settle(load.purses, upTo: top)
        checkObservations(against: registers)
        explain(load.registers, settled: registers, "register")
        explain(load.grants, settled: grants, "grant")
        explain(load.purses, settled: purses, "purses")
        let effects = [registers.joined().count, grants.joined().count, purses.joined().count]
        #expect(effects.allSatisfy { $0 > 5 }, "too little to say anything: \(effects)")
        print("\(load.count) answers, \(load.lostCount) lost, \(load.observed.count) single reads, \(top) blocks")
    }

    // MARK: The chain

    /// The same header at each height on all validators.
    private func checkBlocks(upTo top: UInt64) async throws {
        struct Block: Decodable {
            let header: String
        }
        for height in 1...max(1, top) {
            var headers: Set<String> = []
            for index in everybody {
                let bytes = try await network.validators[index].client.block(height)
                headers.insert(try JSONDecoder().decode(Block.self, from: Data(bytes)).header)
            }
            #expect(headers.count == 1, "different blocks at height \(height)")
        }
    }

    /// Everything that took place up to a height that all validators have, by object: what was acknowledged is where it
    /// was said to be, on each validator; what was lost is in one place on all of them, or nowhere.
    private func settle<Target>(
        _ history: RecordedHistory<Target>,
        upTo top: UInt64
    ) async throws -> [[RecordedHistory<Target>.Effect]] {
        var settled: [[RecordedHistory<Target>.Effect]] = []
        for place in history.targets.indices {
            let effects = history.effects(of: place)
            for effect in effects {
                for index in everybody {
                    let answer = try await network.validators[index].client.transaction(effect.id)
                    #expect(
                        answer.status == "final" && answer.code == effect.code && answer.height == effect.height,
                        "acknowledged at \(effect.height), on validator \(index): \(answer)"
                    )
                }
            }
            let found = try await history.lost(of: place).asyncCompactMap { lost in
                try await outcome(of: lost.id, upTo: top).map { code, height in
                    RecordedHistory<Target>.Effect(id: lost.id, action: lost.action, code: code, height: height)
                }
            }
            settled.append(effects + found)
        }
        return settled
    }

    private func outcome(of id: Digest, upTo top: UInt64) async throws -> (code: String, height: UInt64)? {
        var outcomes: Set<[String]> = []
        var outcome: (code: String, height: UInt64)?
        for index in everybody {
            let answer = try await network.validators[index].client.transaction(id)
            guard answer.status == "final", let code = answer.code, let height = answer.height, height <= top else {
                outcomes.insert([])
                continue
            }
            outcomes.insert([code, "\(height)"])
            outcome = (code, height)
        }
        #expect(outcomes.count == 1, "validators disagree on \(id.hex): \(outcomes)")
        return outcome
    }

    // MARK: What clients saw

    /// A single validator may be behind, but what it says is true at the height that it names, and it never goes back.
    private func checkObservations(against settled: [[RecordedHistory<RecordRegister>.Effect]]) {
        for observation in load.observed {
            guard case .read(let value, let revision) = observation.value else { continue }
            let writes = settled[observation.register].filter { $0.code == "OK" && $0.height <= observation.height }
            #expect(writes.count == revision, "register \(observation.register) at height \(observation.height)")
            let last = writes.map(\.height).max()
            let candidates = writes.filter { $0.height == last }.map(\.action)
            #expect(value.map { candidates.contains(.write($0)) } ?? candidates.isEmpty)
        }
        for index in everybody {
            let own = load.observed.filter { $0.validator == index }.sorted { $0.invoked < $1.invoked }
            for (earlier, later) in zip(own, own.dropFirst()) where earlier.returned < later.invoked {
                #expect(earlier.height <= later.height, "validator \(index) went back")
            }
        }
    }

    /// An order explains all answers. What was lost has happened if a block up to the highest that any answer rests on
    /// holds it, at the latest when the first answer showed a block as high as its own; else nobody can have noticed it.
    private func explain<Target>(
        _ history: RecordedHistory<Target>,
        settled: [[RecordedHistory<Target>.Effect]],
        _ what: String
    ) {
        for place in history.targets.indices {
            let found = history.lost(of: place).compactMap { lost -> Histories.Operation<Target.Object>? in
                guard let effect = settled[place].first(where: { $0.id == lost.id }),
                    let answer = history.targets[place].answer(toWrite: effect.code)
                else { return nil }
                let latest = load.clock.existed(effect.height) ?? .max
                return Histories.Operation<Target.Object>(
                    client: lost.client,
                    lost.action,
                    invoked: lost.invoked,
                    answer,
                    returned: max(latest, lost.invoked)
                )
            }
            judge(history.calls(of: place) + found, "\(what) \(place)")
        }
    }

    private func judge<Object: SequentialObject>(_ calls: [Histories.Operation<Object>], _ what: String) {
        guard !calls.isEmpty else { return }
        switch LinearizabilitySearch(calls).verdict() {
        case .linearizable: break
        case .undecided: Issue.record("\(what): no order found among \(calls.count) calls, and the search given up")
        case .violated(let explained, let stuck):
            let tail: [String] = explained.suffix(6).map { "\(calls[$0])" }
            let next: [String] = stuck.map { "\(calls[$0])" }
            let lines = ["\(what): \(explained.count) of \(calls.count) calls are explained, the last:"] + tail
            Issue.record(Comment(rawValue: (lines + ["and none of these comes next:"] + next).joined(separator: "\n")))
        }
    }
}

extension Sequence {
    fileprivate func asyncCompactMap<Value>(_ transform: (Element) async throws -> Value?) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { if let value = try await transform(element) { values.append(value) } }
        return values
    }
}
