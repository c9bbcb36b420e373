package import Consensus

/// A rule broken on purpose, by the name under which docs/protocol.md lists it.
package struct Mutation: Sendable {
    package let name: String
    package let rules: SafetyRules
    package let host: HostMutations

    private init(_ name: String, _ broken: SafetyRules.Mutations = [], host: HostMutations = []) {
        self.name = name
        self.rules = SafetyRules(broken: broken)
        self.host = host
    }

    package static let all: [Mutation] = [
        Mutation("quorum-of-2f", .quorumOf2f),
        Mutation("unsynced-votes", .unsyncedVotes),
        Mutation("prepare-without-body", .prepareWithoutBody),
        Mutation("commits-across-views", .commitsAcrossViews),
        Mutation("new-view-ignores-prepared", .newViewIgnoresPrepared),
        Mutation("choice-by-origin-view", .choiceByOriginView),
        Mutation("vote-after-view-change", .voteAfterViewChange),
        Mutation("unsynced-view", .unsyncedView),
        Mutation("unwritten-new-view", .unwrittenNewView),
        Mutation("unsynced-certificate", .unsyncedCertificate),
        Mutation("lead-again-after-restart", .leadAgainAfterRestart),
        Mutation("timer-without-quorum", .timerWithoutQuorum),
        Mutation("certified-is-not-accepted", .certifiedIsNotAccepted),
        Mutation("no-execution-from-certificate", .noExecutionFromCertificate),
        Mutation("watermark-executed", .watermarkExecuted),
        Mutation("certificates-unchecked", .certificatesUnchecked),
        Mutation("join-any-view", .joinAnyView),
        Mutation("order-above-boundary", .orderAboveBoundary),
        Mutation("view-in-header", host: .viewInHeader),
        Mutation("no-deduplication", host: .noDeduplication),
        Mutation("null-with-view", host: .nullWithView),
        Mutation("separate-logs", host: .separateLogs),
        Mutation("send-before-sync", host: .sendBeforeSync),
    ]

    package static func named(_ name: String) -> Mutation? { all.first { $0.name == name } }
}
