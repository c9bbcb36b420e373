/// What is wrong with a scenario, and in which line: a word that is not understood, or an expectation that fails.
package struct ScenarioError: Error, Hashable, CustomStringConvertible {
    package let line: Int
    package let reason: String

    package var description: String { "line \(line): \(reason)" }
}
