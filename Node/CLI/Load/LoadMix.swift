/// A kind of life cycle that the load generator plays through.
package enum LoadKind: String, CaseIterable, Sendable {
    /// One point from one account to another: two balances change.
    case transfer
    /// A signed window of a device: one piece of evidence with a reading.
    case evidence
    /// A custodian's commitment to a record of an account.
    case commit
    /// A sale: ordered and its price locked, delivered, confirmed, opened, accepted and settled.
    case order
    /// A consent: a record committed to, consented to, asked for, allowed, served; the consent withdrawn.
    case consent
    /// Evidence, evidence that rests on it, and a verdict on both.
    case verdict
    /// A trustworthy field: founded, joined, applied to, disclosed, attested, assented, voted on, revealed, admitted.
    case vote
    /// An account: enrolled, suspended, reinstated, revoked.
    case account

    /// How many transactions a life cycle has.
    package var stepCount: Int {
        switch self {
        case .transfer, .evidence, .commit: 1
        case .order: 5
        case .consent: 6
        case .verdict: 3
        case .vote: 10
        case .account: 4
        }
    }

    /// Whether it takes accounts of three organisations.
    package var needsThreeOrganisations: Bool {
        switch self {
        case .order, .consent, .verdict, .vote: true
        case .transfer, .evidence, .commit, .account: false
        }
    }
}

/// Kinds and how often each comes, for instance `transfer=3,evidence=1`; `all` is a mix from all contracts.
package struct LoadMix: Sendable {
    package let text: String
    /// Each kind as often as its weight; a life cycle is of the next one in turn.
    private let turn: [LoadKind]

    /// All contracts, with more of what is frequent in cities: windows of sensors, payments, records.
    private static let all = "transfer=10,evidence=5,commit=5,order=2,consent=1,verdict=2,vote=1,account=1"

    package init?(_ text: String) {
        var turn: [LoadKind] = []
        for part in (text == "all" ? LoadMix.all : text).split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard let name = pair.first, let kind = LoadKind(rawValue: String(name)) else { return nil }
            guard let weight = pair.count == 2 ? Int(pair[1]) : 1, (1...100).contains(weight) else { return nil }
            turn += Array(repeating: kind, count: weight)
        }
        guard !turn.isEmpty else { return nil }
        self.text = text
        self.turn = turn
    }

    package subscript(position: Int) -> LoadKind { turn[position % turn.count] }
    package var kinds: Set<LoadKind> { Set(turn) }

    /// Transactions of a life cycle, on average.
    package var meanStepCount: Double { Double(turn.reduce(0) { $0 + $1.stepCount }) / Double(turn.count) }
}
