package import AkashiClient
internal import ArgumentParser
internal import ContractKit
package import Governance
internal import NodeAPI
internal import Primitives

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What is wrong: who is missing, who lags, who contradicted itself, and what to do.",
        discussion: """
            Asks every node given with --node. Exits 1 when something is wrong.
            Example: akashi doctor --node http://127.0.0.1:7100,http://127.0.0.1:7101
            """
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var reports: [NodeReport] = []
        var findings: [String] = []
        var validators: [ValidatorAnswer] = []
        var equivocations: [EquivocationRow] = []
        for url in node.urls {
            let client = try NodeClient([url])
            do {
                let report = try await client.status()
                reports.append(report)
                if try await !client.isReady() {
                    findings.append(
                        "\(report.name) runs but does not follow the chain yet: wait, or read its log"
                    )
                }
                // An observer has no links, and that is as it should be.
                if report.index != nil { validators = try await client.validators() }
                // A faulty node may hide one, so each is asked.
                equivocations += try await DoctorCommand.equivocations(client)
            } catch {
                findings.append("\(url) does not answer: start it, or read its log")
            }
        }
        findings += Diagnosis.findings(reports, validators)
        findings += Diagnosis.contradictions(equivocations, validators)
        let summary: JSONValue = [
            "healthy": .boolean(findings.isEmpty), "findings": .texts(findings),
            "validators": .array(reports.map(\.json)),
        ]
        show(summary, output, findings.isEmpty ? ["nothing is wrong"] : findings.map { "- \($0)" })
        if !findings.isEmpty { throw ExitCode(1) }
    }

    private static func equivocations(_ client: NodeClient) async throws -> [EquivocationRow] {
        var rows: [EquivocationRow] = []
        var question = EquivocationsQuery()
        // A bound, should a node always name another page.
        for _ in 0..<100 {
            let result = try await client.query(
                Governance.name,
                EquivocationsQuery.name,
                try question.encoded()
            )
            let answer = try EquivocationsQuery.Answer(decoding: result.answer)
            rows += answer.equivocations
            guard let next = answer.next else { break }
            question.page.after = next
        }
        return rows
    }
}

/// What reports of several validators say about the network as a whole.
package enum Diagnosis {
    /// A validator this many blocks behind is catching up, or stuck.
    private static let lagLimit: UInt64 = 16

    package static func findings(_ reports: [NodeReport], _ validators: [ValidatorAnswer]) -> [String] {
        var findings: [String] = []
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
