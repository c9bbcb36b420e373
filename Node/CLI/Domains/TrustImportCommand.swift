internal import AkashiClient
internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

struct TrustImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Record a document as evidence, with the edges that it tells of.",
        discussion: """
            Knows CycloneDX bills of materials and EPCIS 2.0 events in JSON. What goes on the chain are digests: of the
            raw bytes, and of the names of the things. Importing a document twice is refused as DUPLICATE.
            Example: akashi trust import bom.cdx.json --process sensor-supply --as kaze-scheme
            """
    )

    @Argument(help: "The document.")
    var file: String

    @Option(help: ArgumentHelp("The value creation process, as an identifier.", valueName: "name"))
    var process: String

    @Option(
        help: ArgumentHelp("What a bill of materials is about; by default the product it names.", valueName: "name")
    )
    var subject: String?

    @Option(name: .customLong("parent"), help: ArgumentHelp("Evidence that it rests on too.", valueName: "id"))
    var parents: [String] = []

    @OptionGroup var signing: SigningOptions

    func run() async throws {
        let bytes = try readFile(file, atMost: 64 << 20)
        let session = try await signing.session()
        let key = try signing.key()
        var drafts = try await drafts(of: bytes, session)
        let parents = try parents.map { try digest($0, "an evidence's id") }
        // What nothing in the document rests on is where the document as a whole hangs.
        let used = Set(drafts.flatMap(\.parents))
        for index in drafts.indices where !used.contains(drafts[index].key) { drafts[index].recorded += parents }
        let plan = try EvidencePlan(drafts, process: process, author: key.account, session: session)
        try await send(plan, as: key, session)
        let tops = drafts.filter { !used.contains($0.key) }
        show(
            [
                "document": .hex(SHA256Function.digest(of: bytes)), "evidence": .unsigned(UInt64(plan.items.count)),
                "edges": .unsigned(UInt64(drafts.reduce(0) { $0 + $1.parents.count + $1.recorded.count })),
                "top": .array(
                    tops.map { ["subject": .hex($0.subject), "id": plan.id(of: $0.key).map { .hex($0) } ?? .null] }
                ),
            ],
            signing.output
        )
    }

    private func drafts(of bytes: [UInt8], _ session: Session) async throws -> [EvidenceDraft] {
        let decoder = JSONDecoder()
        if let document = try? decoder.decode(CycloneDX.self, from: Data(bytes)), document.bomFormat == "CycloneDX" {
            return try document.drafts(of: bytes, subject: subject, now: wallClock())
        }
        if let document = try? decoder.decode(EPCISDocument.self, from: Data(bytes)), document.epcisBody != nil {
            return try await document.drafts(of: bytes, now: wallClock()) { thing in
                try await newestEvidence(of: thing, session)
            }
        }
        throw ClientError("FORMAT", "\(file) is neither a CycloneDX bill of materials nor an EPCIS document in JSON")
    }

    /// Level after level, because a parent must be recorded before its children.
    private func send(_ plan: EvidencePlan, as key: ClientKey, _ session: Session) async throws {
        let size = Int(session.chain.genesis.parameters.transactionCallCount)
        let levels = Set(plan.items.map(\.level)).sorted()
        for level in levels {
            let calls = plan.items.filter { $0.level == level }.map(\.call)
            for start in stride(from: 0, to: calls.count, by: size) {
                try await session.send(Array(calls[start..<min(start + size, calls.count)]), as: key, signing.wait)
            }
        }
    }
}

/// The newest evidence that the chain has of a thing, by the order of recording.
func newestEvidence(of subject: Digest, _ session: Session) async throws -> Digest? {
    var newest: Digest?
    var after: JSONValue = .null
    repeat {
        let page = try await session.ask(
            "trust-store",
            "subject",
            ["subject": .hex(subject), "after": after, "limit": 100]
        )
        newest = page["evidence"]?.elements.last?.digest ?? newest
        after = page["next"] ?? .null
    } while after != .null
    return newest
}
