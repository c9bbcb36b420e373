import Consensus

/// A scenario as a person writes it, one statement a line; docs/scenarios.md describes the language.
package struct TextScenario: Sendable {
    /// What it is about: the steps and rules of docs/protocol.md that it covers.
    package struct Settings: Sendable {
        package var shows = ""
        package var covers: [String] = []
        package var replicas = 4
        /// Hosts that are no validators at first; their numbers follow.
        package var candidates = 0
        package var window = 4
        package var turn: UInt64 = 1000
        package var exclusion: UInt64 = 64
        package var faulty: [Int] = []

        package var hosts: Int { replicas + candidates }
    }

    package struct Statement: Sendable {
        package let line: Int
        package let text: String
        package let action: Action
    }

    package enum Action: Sendable {
        case tick(UInt64)
        case await(Expectation, UInt64)
        case expect(Expectation)
        case submit([String], [Int])
        case partition([[Int]])
        case cut([Int], [Int])
        case heal
        case filter(PacketFilter)
        case release
        case lose(Int)
        case duplicate(Int)
        case latency(UInt64)
        case crash([Int], isLosing: Bool)
        case start([Int])
        case wipe(Int)
        case image(Int)
        case restore(Int)
        case timeout([Int])
        case skew(Int, Int64)
        case disk(Int, UInt64)
        case miscompute(Int)
        case overlook(Int, [String])
        case act(FaultyAct)
        /// A transaction that changes the validators reaches all pools.
        case change(Change.Kind, Int)
    }

    package internal(set) var settings = Settings()
    package internal(set) var statements: [Statement] = []

    var changesValidators: Bool {
        statements.contains { statement in
            if case .change = statement.action { true } else { false }
        }
    }
}

/// What a faulty replica sends; it does nothing else.
package struct FaultyAct: Sendable {
    package enum Kind: Sendable {
        /// PRE-PREPARE alone; `isWithheld` if nobody can get the transactions.
        case propose(Position, isWithheld: Bool, ahead: UInt64)
        case prepare(Position)
        case commit(Position)
        /// ATTEST of a block that nobody made.
        case attest(UInt64)
        /// VIEW-CHANGE, with a prepared certificate of those signatures that there are; perhaps under another's name.
        case demand(UInt64, Position?, sender: Int?)
        /// NEW-VIEW that names the last VIEW-CHANGEs of others and an own one.
        case lead(UInt64, [Int], Position?)
        /// STATUS
        case claim(UInt64)
        /// A certificate with the own signature under each of these names.
        case certify(UInt64, [Int])
        /// STATUS that complains of a turn in a view.
        case complain(turn: UInt64, view: UInt64)
        /// A transaction's bytes, to whoever lacks them.
        case serve([String])
    }

    /// The batch of these transactions, which this replica proposed or would have in some view, voted on in another.
    package struct Position: Sendable {
        package let names: [String]
        package let sequence: UInt64
        package let view: UInt64
        package let proposedIn: UInt64
    }

    package let actor: Int
    package let kind: Kind
    package let targets: [Int]
}
