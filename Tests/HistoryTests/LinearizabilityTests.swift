import Histories
import SeededRandom
import Testing

@Suite("The search for an order tells good histories from bad ones")
struct LinearizabilityTests {
    typealias Cell = Operation<CountedRegister>

    func verdict<Object: SequentialObject>(_ history: [Operation<Object>]) -> Verdict {
        LinearizabilitySearch(history).verdict()
    }

    func isLinearizable<Object: SequentialObject>(_ history: [Operation<Object>]) -> Bool {
        if case .linearizable = verdict(history) { return true }
        return false
    }

    func write(_ value: Int, _ invoked: UInt64, _ returned: UInt64, client: Int = 0) -> Cell {
        Cell(client: client, .write(value), invoked: invoked, .done, returned: returned)
    }

    func read(_ value: Int?, _ revision: Int, _ invoked: UInt64, _ returned: UInt64, client: Int = 1) -> Cell {
        Cell(client: client, .read, invoked: invoked, .read(value: value, revision: revision), returned: returned)
    }

    @Test("One call after the other, and nothing at all, are explained by the order in which they happened")
    func sequential() {
        #expect(verdict([Cell]()) == .linearizable([]))
        #expect(
            verdict([write(7, 0, 1), read(7, 1, 2, 3), write(8, 4, 5), read(8, 2, 6, 7)])
                == .linearizable([0, 1, 2, 3])
        )
    }

    @Test("What overlaps may have happened either way round")
    func overlapping() {
        #expect(verdict([write(1, 0, 10), read(nil, 0, 1, 5)]) == .linearizable([1, 0]))
        #expect(isLinearizable([write(1, 0, 10), read(1, 1, 1, 5)]))
        #expect(isLinearizable([write(1, 0, 10), write(2, 0, 10), read(1, 2, 11, 12)]))
        #expect(isLinearizable([write(1, 0, 10), write(2, 0, 10), read(2, 2, 11, 12)]))
    }

    @Test("A stale read is found, and named")
    func staleRead() {
        let history = [write(1, 0, 1), write(2, 2, 3), read(1, 1, 4, 5)]
        #expect(verdict(history) == .violated(explained: [0, 1], stuck: [2]))
        #expect(!isLinearizable([write(1, 0, 1), read(nil, 0, 2, 3)]))
    }

    @Test("Two reads that see two overlapping writes in different orders are found")
    func disagreement() {
        let writes = [write(1, 0, 100), write(2, 0, 100)]
        #expect(isLinearizable(writes + [read(1, 1, 10, 11), read(2, 2, 12, 13)]))
        #expect(!isLinearizable(writes + [read(1, 1, 10, 11), read(2, 2, 12, 13), read(1, 2, 14, 15)]))
    }

    @Test("A lost update is found: two acknowledged writes and a count of one")
    func lostUpdate() {
        #expect(!isLinearizable([write(1, 0, 10), write(2, 0, 10), read(2, 1, 11, 12)]))
    }

    @Test("A duplicated effect is found: one write and a count of two, and so is one whose answer was lost")
    func duplicatedEffect() {
        #expect(!isLinearizable([write(1, 0, 1), read(1, 2, 2, 3)]))
        let lost = Cell(client: 0, .write(1), invoked: 0)
        #expect(isLinearizable([lost, read(1, 1, 2, 3)]))
        #expect(!isLinearizable([lost, read(1, 2, 2, 3)]))
    }

    @Test("A call without an answer happened at any time after it began, or never, but not before")
    func lostAnswers() {
        let lost = Cell(client: 0, .write(5), invoked: 10)
        #expect(verdict([lost, read(nil, 0, 11, 12)]) == .linearizable([1]))
        #expect(isLinearizable([lost, read(nil, 0, 11, 12), read(5, 1, 50, 51)]))
        #expect(!isLinearizable([lost, read(5, 1, 11, 12), read(nil, 0, 13, 14)]))
        #expect(!isLinearizable([read(5, 1, 1, 2), lost]))
    }

    @Test("Of two who grant one thing at once, one succeeds")
    func twoWinners() {
        typealias Call = Operation<Grant>
        func grant(_ terms: Int, _ answer: Grant.Answer) -> Call {
            Call(client: terms, .grant(terms), invoked: 0, answer, returned: 10)
        }
        let read = Call(client: 3, .read, invoked: 11, .read(.live(terms: 1, revision: 1)), returned: 12)
        #expect(isLinearizable([grant(1, .done), grant(2, .refused("DUPLICATE")), read]))
        #expect(!isLinearizable([grant(1, .done), grant(2, .done)]))
        #expect(!isLinearizable([grant(2, .done), grant(1, .refused("DUPLICATE")), read]))
        // Nobody was first.
        #expect(!isLinearizable([grant(1, .refused("DUPLICATE")), grant(2, .refused("DUPLICATE"))]))
        // What was withdrawn stays so.
        let withdrawn = Call(client: 1, .withdraw, invoked: 20, .done, returned: 21)
        let amended = Call(client: 1, .amend(9), invoked: 22, .done, returned: 23)
        #expect(!isLinearizable([grant(1, .done), withdrawn, amended]))
    }

    @Test("Value is neither made nor spent twice")
    func doubleSpend() {
        typealias Call = Operation<Purses>
        func pay(_ amount: Int, _ answer: Purses.Answer, from: Int = 0, at: UInt64 = 0) -> Call {
            Call(client: 0, .transfer(from: from, amount: amount), invoked: at, answer, returned: at + 10)
        }
        #expect(isLinearizable([pay(80, .done), pay(80, .refused("FUNDS"))]))
        #expect(!isLinearizable([pay(80, .done), pay(80, .done)]))
        #expect(isLinearizable([pay(80, .done), pay(80, .done), pay(60, .done, from: 1)]))
        let balance = Call(client: 2, .balance(of: 1), invoked: 20, .balance(181), returned: 21)
        #expect(!isLinearizable([pay(80, .done), balance]))
    }

    /// A history of a correct object: each call takes effect at a moment inside its interval, in the order of moments.
    func history(of count: Int, clients: Int, seed: UInt64) -> [Cell] {
        var random = SplitMix64(seed: seed)
        var state = CountedRegister.initial
        var free = [UInt64](repeating: 0, count: clients)
        var calls: [(moment: UInt64, client: Int, action: CountedRegister.Action, invoked: UInt64, returned: UInt64)] =
            []
        for number in 0..<count {
            let client = Int(random.next() % UInt64(clients))
            let invoked = free[client] + random.next() % 20
            let moment = invoked + random.next() % 50
            let returned = moment + random.next() % 50
            free[client] = returned + 1
            calls.append((moment, client, random.next() % 2 == 0 ? .write(number) : .read, invoked, returned))
        }
        calls.sort { $0.moment < $1.moment }
        return calls.map { call in
            let answer = CountedRegister.apply(call.action, to: &state)
            let isLost = call.action != .read && random.next() % 40 == 0
            return isLost
                ? Cell(client: call.client, call.action, invoked: call.invoked)
                : Cell(client: call.client, call.action, invoked: call.invoked, answer, returned: call.returned)
        }
    }

    @Test("Long histories of a correct object are explained", arguments: 1...20)
    func correctObject(seed: UInt64) {
        #expect(isLinearizable(history(of: 400, clients: 8, seed: seed)))
    }

    @Test("One answer changed in a long history is found", arguments: 1...20)
    func oneChange(seed: UInt64) throws {
        var calls = history(of: 200, clients: 6, seed: seed)
        let place = try #require(calls.indices.last { calls[$0].action == .read })
        let call = calls[place]
        guard case .read(let value, let revision) = call.answer else { throw Unreadable() }
        let changes: [CountedRegister.Answer] = [
            .read(value: -1, revision: revision), .read(value: value, revision: revision + 1),
            .read(value: nil, revision: 0),
        ]
        for change in changes {
            calls[place] = Cell(
                client: call.client,
                call.action,
                invoked: call.invoked,
                change,
                returned: call.returned
            )
            let verdict = verdict(calls)
            guard case .violated = verdict else {
                // Another revision of the same value can be right while writes overlap; the first and the last cannot.
                #expect(change == changes[1], "\(change)")
                continue
            }
        }
    }

    @Test("A search that would take too long is given up and says so")
    func limit() {
        let writes = (0..<30).map { Cell(client: $0, .write($0), invoked: 0) }
        let impossible = read(99, 31, 1000, 1001)
        #expect(LinearizabilitySearch(writes + [impossible], limit: 5000).verdict() == .undecided)
    }

    private struct Unreadable: Error {}
}
