internal import AkashiClient
internal import ArgumentParser
internal import ContractKit
internal import Governance
internal import NodeAPI
internal import Primitives

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "What is wrong: who is missing, who lags, who contradicted itself, and what to do.",
        discussion: """
            Asks every node given with --node, all at once. Exits 1 when something is wrong.
            Example: akashi doctor --node http://127.0.0.1:7100,http://127.0.0.1:7101
            """
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let checkups = try await checkups()
        let reports = checkups.compactMap(\.report)
        let validators = Diagnosis.merged(checkups)
        var findings = checkups.flatMap(\.findings)
        findings += Diagnosis.findings(reports, validators)
        findings += Diagnosis.missingLinks(checkups, validators)
        findings += Diagnosis.contradictions(checkups.flatMap(\.equivocations), validators)
        let summary: JSONValue = [
            "healthy": .boolean(findings.isEmpty), "findings": .texts(findings),
            "validators": .array(reports.map(\.json)),
        ]
        show(summary, output, findings.isEmpty ? ["nothing is wrong"] : findings.map { "- \($0)" })
        if !findings.isEmpty { throw ExitCode(1) }
    }

    /// In the order of the addresses. All at once: heights that are told seconds apart would look like lag.
    private func checkups() async throws -> [Checkup] {
        let clients = try node.urls.map { ($0, try NodeClient([$0])) }
        return await withTaskGroup { group in
            for (place, (url, client)) in clients.enumerated() {
                group.addTask { (place, await Checkup(of: client, at: "\(url)")) }
            }
            var checkups: [(Int, Checkup)] = []
            for await checkup in group { checkups.append(checkup) }
            return checkups.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

extension Checkup {
    /// Asks a node for all that the doctor wants to know. What it does not answer is a finding, and the rest counts.
    fileprivate init(of client: NodeClient, at url: String) async {
        self.init()
        do {
            report = try await client.status()
        } catch {
            findings.append("\(url) does not answer: start it, or read its log")
            return
        }
        let isReady = await answer(url, "whether it follows the chain") { try await client.isReady() }
        if isReady == false {
            findings.append("\(name) runs but does not follow the chain yet: wait, or read its log")
        }
        // An observer has no links, and that is as it should be.
        if report?.index != nil {
            validators = await answer(url, "who its validators are") { try await client.validators() } ?? []
        }
        // A faulty node may hide one, so each is asked.
        equivocations =
            await answer(url, "who contradicted itself") { try await Checkup.equivocations(client) } ?? []
    }

    private mutating func answer<Answer>(
        _ url: String,
        _ what: String,
        _ question: () async throws -> Answer
    ) async -> Answer? {
        do { return try await question() } catch {
            findings.append("\(url) answers, but not \(what): \(error)")
            return nil
        }
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
