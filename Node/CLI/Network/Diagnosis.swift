package import AkashiClient
internal import ContractKit
package import Governance
internal import Primitives

/// What one node says of itself and of the others.
package struct Checkup: Sendable {
    package var report: NodeReport?
    package var validators: [ValidatorAnswer] = []
    package var equivocations: [EquivocationRow] = []
    /// What it did not answer, or said of itself.
    package var findings: [String] = []

    package init() {}

    var name: String { report?.name ?? "a node" }
}

/// What reports of several validators say about the network as a whole.
package enum Diagnosis {
    /// A validator this many blocks behind is catching up, or stuck.
    private static let lagLimit: UInt64 = 16

    package static func findings(_ reports: [NodeReport], _ validators: [ValidatorAnswer]) -> [String] {
        var findings: [String] = []
        for contested in validators where contested.contested == true {
            findings.append(
                """
                validator \(contested.index) (\(contested.organisation), \(contested.address)) connects again and again: two \
                processes run its key; its organisation stops one of them
                """
            )
        }
        for missing in validators where !missing.connected {
            findings.append("validator \(missing.index) (\(missing.organisation), \(missing.address)) is not connected")
        }
        if !validators.isEmpty {
            let faults = (validators.count - 1) / 3
            let quorum = (validators.count + faults) / 2 + 1
            let present = validators.count { $0.connected }
            if present < quorum {
                findings.append(
                    "no block can form: \(present) of \(validators.count) validators are connected, \(quorum) are needed"
                )
            }
        }
        guard let highest = reports.map(\.certifiedHeight).max() else { return findings }
        for report in reports where highest - report.certifiedHeight > lagLimit {
            let remedy = report.joining.map { "it takes the snapshot at height \($0)" } ?? "it catches up by itself"
            findings.append("\(report.name) is \(highest - report.certifiedHeight) blocks behind: \(remedy)")
        }
        for report in reports where report.height > report.certifiedHeight + lagLimit {
            findings.append(
                "\(report.name) executed \(report.height - report.certifiedHeight) blocks without certificate"
            )
        }
        for report in reports where report.awaitsAnswers == true {
            findings.append(
                "\(report.name) has started and votes once enough others have said what they have seen of its votes"
            )
        }
        for report in reports where !report.votes && report.awaitsAnswers != true && report.index != nil {
            findings.append(
                "\(report.name) only follows: its key voted with a journal that is lost; it needs a new key"
            )
        }
        findings += contradictions(reports)
        return findings
    }

    /// Who the validators are, as the node says that has certified most; connected is who has a link to any that answered,
    /// or answered itself.
    package static func merged(_ checkups: [Checkup]) -> [ValidatorAnswer] {
        let lists = checkups.map(\.validators)
        let order = checkups.filter { !$0.validators.isEmpty }.sorted {
            ($0.report?.certifiedHeight ?? 0) > ($1.report?.certifiedHeight ?? 0)
        }
        guard let newest = order.first?.validators else { return [] }
        return newest.map { validator in
            let same = lists.flatMap { $0 }.filter { $0.key == validator.key }
            return validator.with(
                connected: same.contains(where: \.connected),
                contested: same.contains { $0.contested == true }
            )
        }
    }

    /// Links that one validator lacks although others have theirs to the same one.
    package static func missingLinks(_ checkups: [Checkup], _ validators: [ValidatorAnswer]) -> [String] {
        checkups.flatMap { checkup in
            checkup.validators.filter { missing in
                !missing.connected && validators.contains { $0.key == missing.key && $0.connected }
            }
            .map { "\(checkup.name) has no link to validator \($0.index) (\($0.organisation), \($0.address))" }
        }
    }

    /// Validators in force of whose key the chain holds two statements for one position. A key that was given up since
    /// signs nothing any more, and is no finding.
    package static func contradictions(
        _ equivocations: [EquivocationRow],
        _ validators: [ValidatorAnswer]
    ) -> [String] {
        var seen: Set<EquivocationRow> = []
        var findings: [String] = []
        for row in equivocations where seen.insert(row).inserted {
            guard let validator = validators.first(where: { $0.key == Hex.encode(row.key.bytes) }) else { continue }
            let position = row.kind == .attest ? "height \(row.position)" : "view \(row.view), sequence \(row.position)"
            findings.append(
                """
                validator \(validator.index) (\(validator.organisation)) contradicted itself: two of \(row.kind.name) at \
                epoch \(row.epoch), \(position), proven in block \(row.height.number): two machines run its key, or it is \
                hostile; its organisation gives it a new key, or the others vote it out
                """
            )
        }
        return findings
    }

    /// Two state roots at one height cannot happen unless more than f validators are faulty, or a contract is not
    /// deterministic: the one thing that nobody may overlook.
    private static func contradictions(_ reports: [NodeReport]) -> [String] {
        var findings: [String] = []
        for (position, one) in reports.enumerated() {
            for other in reports.dropFirst(position + 1)
            where one.height == other.height && one.stateRoot != other.stateRoot {
                findings.append(
                    "\(one.name) and \(other.name) differ at height \(one.height): stop, and keep both homes"
                )
            }
        }
        return findings
    }
}
