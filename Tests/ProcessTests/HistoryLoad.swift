import AkashiClient
import Foundation
import Histories
import Ledger
import Primitives
import SeededRandom
import Synchronization

/// Clients that work on shared objects through all validators, at once and without end, and record what they were told.
final class HistoryLoad: Sendable {
    let session: ChainSession
    let clock = HistoryClock()
    let registers: RecordedHistory<RecordRegister>
    let grants: RecordedHistory<ConsentGrant>
    let purses: RecordedHistory<PursePair>
    private let seed: UInt64
    private let observations = Mutex<[Observation]>([])
    private let isStopping = Mutex(false)

    /// What a validator said of a register when it was asked for no proof and no height.
    struct Observation: Sendable {
        let validator: Int
        let register: Int
        let height: UInt64
        let value: CountedRegister.Answer
        let invoked: UInt64
        let returned: UInt64
    }

    /// New objects come into use as time passes, so that no history gets longer with the test.
    private static let slotSeconds: UInt64 = 10
    private static let registersTogether = 3
    private static let grantsTogether = 4

    init(_ network: TestNetwork, seed: UInt64, minutes: Double) throws {
        session = ChainSession(network)
        self.seed = seed
        let players = network.players
        // The slots of the longest that a test with its waits may take; the last one serves for all time after it.
        let slots = Int(minutes * 60 / Double(Self.slotSeconds)) * 3 + 6
        let until = UInt64(Date().timeIntervalSince1970 * 1000) + 86_400_000
        registers = RecordedHistory(
            (0..<slots * Self.registersTogether).map { number in
                RecordRegister(key: players[number % players.count], id: Digest(words: (7, 0, 0, UInt64(number))))
            }
        )
        grants = RecordedHistory(
            (0..<slots * Self.grantsTogether).map { number in
                let id = Digest(words: (8, 0, 0, UInt64(number)))
                return ConsentGrant(key: players[number % players.count], id: id, until: until)
            }
        )
        purses = RecordedHistory(
            stride(from: 0, to: players.count, by: 2).map { PursePair(keys: [players[$0], players[$0 + 1]]) }
        )
    }

    var observed: [Observation] { observations.withLock { $0 } }
    var count: Int { registers.count + grants.count + purses.count }
    var lostCount: Int { registers.lostCount + grants.lostCount + purses.lostCount }

    /// Gives the purses what their histories begin with.
    func prepare() async throws {
        for pair in purses.targets {
            for endowment in try pair.endow(by: pair.keys[0]) {
                let (_, bytes) = session.sign(endowment.call, endowment.key)
                guard case .final("OK", _) = await session.submit(bytes, startingAt: 0, attempts: 10) else {
                    throw TestFailure("the purses cannot be filled")
                }
            }
        }
    }

    /// Runs the clients beside the body and stops them after it; then each object is read once more.
    func run(clients: Int = 8, beside body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<clients { group.addTask { try await self.play(number) } }
            group.addTask { try await self.observe() }
            do { try await body() } catch {
                isStopping.withLock { $0 = true }
                throw error
            }
            isStopping.withLock { $0 = true }
            try await group.waitForAll()
        }
        let last = HistoryClient(number: clients, session: session, clock: clock, validator: 0, attempts: 1)
        for place in registers.targets.indices where !registers.calls(of: place).isEmpty {
            try await registers.run(.read, on: place, by: last)
        }
        for place in grants.targets.indices where !grants.calls(of: place).isEmpty {
            try await grants.run(.read, on: place, by: last)
        }
        for place in purses.targets.indices {
            for account in 0..<2 { try await purses.run(.balance(of: account), on: place, by: last) }
        }
    }

    private var slot: Int {
        let slots = registers.targets.count / Self.registersTogether
        return min(Int(clock.now / 1_000_000_000 / Self.slotSeconds), slots - 1)
    }

    private func play(_ number: Int) async throws {
        var random = SplitMix64(seed: seed ^ UInt64(number + 1) << 32)
        var value = 0
        while !isStopping.withLock({ $0 }) {
            value += 1
            let client = HistoryClient(
                number: number,
                session: session,
                clock: clock,
                validator: Int.random(in: 0..<session.network.validators.count, using: &random),
                // Some clients have no patience, and never learn what became of it.
                attempts: Int.random(in: 0..<4, using: &random) == 0 ? 1 : 6
            )
            switch Int.random(in: 0..<9, using: &random) {
            case 0..<3:
                let place = slot * Self.registersTogether + Int.random(in: 0..<Self.registersTogether, using: &random)
                let isWrite = Bool.random(using: &random)
                try await registers.run(isWrite ? .write(number << 32 | value) : .read, on: place, by: client)
            case 3..<6:
                let place = slot * Self.grantsTogether + Int.random(in: 0..<Self.grantsTogether, using: &random)
                let terms = number << 32 | value
                let actions: [Grant.Action] = [
                    .grant(terms), .grant(terms), .amend(terms), .amend(terms), .read, .read,
                ]
                let isLast = Int.random(in: 0..<20, using: &random) == 0
                let action = isLast ? .withdraw : actions.randomElement(using: &random) ?? .read
                try await grants.run(action, on: place, by: client)
            default:
                let place = Int.random(in: purses.targets.indices, using: &random)
                let account = Int.random(in: 0..<2, using: &random)
                let amount = Int.random(in: 1...80, using: &random)
                let isPayment = Int.random(in: 0..<3, using: &random) > 0
                let action: Purses.Action =
                    isPayment ? .transfer(from: account, amount: amount) : .balance(of: account)
                try await purses.run(action, on: place, by: client)
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<60, using: &random)))
        }
    }

    /// Asks single validators, whatever they may have missed.
    private func observe() async throws {
        var random = SplitMix64(seed: seed ^ 0xFEED)
        while !isStopping.withLock({ $0 }) {
            let register = slot * Self.registersTogether + Int.random(in: 0..<Self.registersTogether, using: &random)
            let validator = Int.random(in: 0..<session.network.validators.count, using: &random)
            let question = try registers.targets[register].question(.read)
            let invoked = clock.now
            let result = try? await session.network.validators[validator].client
                .query(question.contract, question.name, question.arguments)
            if let result {
                let observation = Observation(
                    validator: validator,
                    register: register,
                    height: result.height.number,
                    value: try registers.targets[register].answer(toRead: result.answer, .read),
                    invoked: invoked,
                    returned: clock.now
                )
                session.saw(observation.height)
                observations.withLock { $0.append(observation) }
            }
            try await Task.sleep(for: .milliseconds(15))
        }
    }
}

/// A client in the middle of its work.
struct HistoryClient: Sendable {
    let number: Int
    let session: ChainSession
    let clock: HistoryClock
    /// Which validator it asks first.
    let validator: Int
    /// How many it asks before it gives up.
    let attempts: Int
}
