package import Consensus
import Primitives

/// All runs of so many rounds: every division of the five instances into sides, every last phase that passes, every
/// validator that has the twin. Enumerated, depth first, with what runs have in common run once.
package struct Twins {
    package struct Settings: Sendable {
        package var rounds = 2
        /// Into how many sides the network may fall apart: 2 to 5.
        package var sides = 2
        /// Sequences of a primary's turn.
        package var turn: UInt64 = 1
        package var rules = SafetyRules()
        /// After each run the network heals, and everybody correct must go on.
        package var checksProgress = true

        package init() {}
    }

    package let settings: Settings
    private let choices: [TwinNetwork.Choice]
    package private(set) var scenarios = 0
    package private(set) var steps = 0
    /// The first violation, with the run that led to it.
    package private(set) var violation: String?
    /// False ends the enumeration.
    private var goesOn: () -> Bool = { true }

    package init(_ settings: Settings) {
        self.settings = settings
        choices = Twins.partitions(of: TwinNetwork.instances, atMost: settings.sides).flatMap { sides in
            TwinNetwork.Phase.allCases.map { TwinNetwork.Choice(sides: sides, last: $0) }
        }
    }

    /// How many runs there are.
    package var total: Int {
        (0..<settings.rounds).reduce(TwinNetwork.validators) { count, _ in count * choices.count }
    }

    /// Runs all, or until something is violated, or for as long as it may go on.
    package mutating func run(while goesOn: @escaping () -> Bool = { true }) {
        self.goesOn = goesOn
        for index in 0..<TwinNetwork.validators {
            let network = TwinNetwork(twin: ReplicaID(index), rules: settings.rules, turn: settings.turn)
            descend(network, [])
        }
    }

    private mutating func descend(_ network: TwinNetwork, _ path: [Int]) {
        for (index, choice) in choices.enumerated() {
            guard violation == nil, goesOn() else { return }
            var copy = network
            copy.run(choice, isFirst: path.isEmpty)
            let path = path + [index]
            if copy.violation == nil, path.count < settings.rounds {
                descend(copy, path)
                continue
            }
            finish(&copy, path)
        }
    }

    private mutating func finish(_ network: inout TwinNetwork, _ path: [Int]) {
        if settings.checksProgress, network.violation == nil { network.heal() }
        scenarios += 1
        steps += network.steps
        guard let reason = network.violation else { return }
        let rounds = path.map { "\(Twins.text(choices[$0].sides)) up to \(choices[$0].last)" }
        violation = "twin of \(network.twin.index), \(rounds.joined(separator: "; ")): \(reason)"
    }

    /// `0,1|2,3,0'`
    private static func text(_ sides: [Int]) -> String {
        Set(sides).sorted().map { side in
            sides.indices.filter { sides[$0] == side }
                .map { $0 < TwinNetwork.validators ? "\($0)" : "twin" }.joined(separator: ",")
        }.joined(separator: "|")
    }

    /// Each division once, by restricted growth: an element joins a side that there is, or opens the next.
    package static func partitions(of count: Int, atMost sides: Int) -> [[Int]] {
        var partitions: [[Int]] = [[]]
        for _ in 0..<count {
            partitions = partitions.flatMap { partition in
                (0...min((partition.max() ?? -1) + 1, sides - 1)).map { partition + [$0] }
            }
        }
        return partitions
    }
}
