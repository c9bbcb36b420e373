internal import ContractKit
internal import Contracts
internal import FoundationEssentials
package import Ledger
package import Primitives

/// What is known of a block that came out otherwise here than what a quorum certified (rule 27).
package struct DivergenceReport: Sendable {
    private let own: BlockChanges
    private let expected: Digest
    private let certified: BlockChanges?

    /// - Parameter certified: what the certified block did, proven; nil where no peer showed it in time.
    package init(own: BlockChanges, expected: Digest, certified: BlockChanges?) {
        self.own = own
        self.expected = expected
        self.certified = certified
    }

    /// One line, for the log and for whoever runs the node.
    package var summary: String {
        let start =
            "diverged at height \(own.header.height.number): own header \(own.header.digest.hex), certified \(expected.hex)"
        guard let certified else { return start + "; no peer showed in time what its block did" }
        return start + "; they differ in \(fields(certified.header).joined(separator: ", "))" + keyLine(certified)
    }

    private func keyLine(_ certified: BlockChanges) -> String {
        guard let difference = own.firstDifference(from: certified) else {
            return own.header.stateRoot == certified.header.stateRoot
                ? "" : "; no key differs, so the state tree of this node is damaged"
        }
        return "; the first key that differs is \(ContractRegistry.place(of: difference.key)): "
            + "own \(Self.text(difference.own)), certified \(Self.text(difference.other))"
    }

    /// Everything, one thing to a line.
    package var text: String {
        var lines = [summary, ""]
        lines += ["own header        \(Hex.encode(own.header.encoded))"]
        if let certified { lines += ["certified header  \(Hex.encode(certified.header.encoded))"] }
        lines += ["", "rows of this node's block (\(own.rows.count)):"] + own.rows.map(Self.line)
        if let certified {
            lines += ["", "rows of the certified block (\(certified.rows.count)):"] + certified.rows.map(Self.line)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ row: StateWrite) -> String { "\(ContractRegistry.place(of: row.key)) \(text(row))" }

    private func fields(_ other: Header) -> [String] {
        let own = own.header
        var names: [String] = []
        func compare<Value: Equatable>(_ name: String, _ path: (Header) -> Value) {
            if path(own) != path(other) { names.append(name) }
        }
        compare("epoch") { $0.epoch }
        compare("parent") { $0.parent }
        compare("origin view") { $0.originView }
        compare("proposer") { $0.proposer }
        compare("time") { $0.time }
        compare("transactions root") { $0.transactionsRoot }
        compare("receipts root") { $0.receiptsRoot }
        compare("state root") { $0.stateRoot }
        compare("validators") { $0.validatorsDigest }
        compare("next validators") { $0.nextValidatorsDigest }
        return names
    }

    private static func text(_ row: StateWrite?) -> String {
        guard let row else { return "unchanged" }
        guard let value = row.value else { return "deleted" }
        return Hex.encode(value)
    }
}
