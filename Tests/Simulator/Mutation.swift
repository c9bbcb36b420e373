package import Consensus

/// A rule broken on purpose, by the name under which docs/protocol.md lists it.
package struct Mutation: Sendable {
    package let name: String
    package let rules: SafetyRules
    package let host: HostMutations

    private init(_ broken: SafetyRules.Mutation) {
        name = broken.rawValue
        rules = SafetyRules(broken: broken)
        host = []
    }

    private init(_ broken: HostMutation) {
        name = broken.rawValue
        rules = SafetyRules()
        host = [broken]
    }

    /// Every rule that has a name: there is no list that could forget one.
    package static let all =
        SafetyRules.Mutation.allCases.map { Mutation($0) } + HostMutation.allCases.map { Mutation($0) }

    package static func named(_ name: String) -> Mutation? { all.first { $0.name == name } }
}
