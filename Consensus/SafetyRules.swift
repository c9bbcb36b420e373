/// The rules that keep replicas from contradicting themselves and each other, all in force by default.
package struct SafetyRules: Hashable, Sendable {
    package init() {}
}
