/// A cell that anybody overwrites and that counts how often.
package enum CountedRegister: SequentialObject {
    package struct State: Hashable, Sendable {
        package var value: Int?
        package var revision = 0
    }

    package enum Action: Equatable, Sendable {
        case write(Int)
        case read
    }

    package enum Answer: Equatable, Sendable {
        case done
        case read(value: Int?, revision: Int)
    }

    package static var initial: State { State() }

    package static func apply(_ action: Action, to state: inout State) -> Answer {
        switch action {
        case .write(let value):
            state.value = value
            state.revision += 1
            return .done
        case .read: return .read(value: state.value, revision: state.revision)
        }
    }
}

/// Something that is granted at most once, changed while it lives, and withdrawn for good: of several who try at once one
/// succeeds, as with compare-and-set.
package enum Grant: SequentialObject {
    package enum State: Hashable, Sendable {
        case absent
        case live(terms: Int, revision: Int)
        case withdrawn(terms: Int, revision: Int)
    }

    package enum Action: Equatable, Sendable {
        case grant(Int)
        case amend(Int)
        case withdraw
        case read
    }

    package enum Answer: Equatable, Sendable {
        case done
        case refused(String)
        case read(State)
    }

    package static var initial: State { .absent }

    package static func apply(_ action: Action, to state: inout State) -> Answer {
        switch (action, state) {
        case (.read, _): return .read(state)
        case (.grant(let terms), .absent): state = .live(terms: terms, revision: 1)
        case (.grant, _): return .refused("DUPLICATE")
        case (_, .absent): return .refused("REFERENCE")
        case (_, .withdrawn): return .refused("STATE")
        case (.amend(let terms), .live(_, let revision)): state = .live(terms: terms, revision: revision + 1)
        case (.withdraw, .live(let terms, let revision)): state = .withdrawn(terms: terms, revision: revision)
        }
        return .done
    }
}

/// Two accounts between which value moves, and neither of which can give what it does not have.
package enum Purses: SequentialObject {
    package struct State: Hashable, Sendable {
        package var held: [Int]
    }

    package enum Action: Equatable, Sendable {
        case transfer(from: Int, amount: Int)
        case balance(of: Int)
    }

    package enum Answer: Equatable, Sendable {
        case done
        case refused(String)
        case balance(Int)
    }

    /// What each of the two has at first.
    package static let endowment = 100
    package static var initial: State { State(held: [endowment, endowment]) }

    package static func apply(_ action: Action, to state: inout State) -> Answer {
        switch action {
        case .balance(let account): return .balance(state.held[account])
        case .transfer(let from, let amount):
            guard state.held[from] >= amount else { return .refused("FUNDS") }
            state.held[from] -= amount
            state.held[1 - from] += amount
            return .done
        }
    }
}
