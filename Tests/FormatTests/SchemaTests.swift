import ContractKit
import Foundation
import Ledger
import LedgerCrypto
import Primitives
import Testing

/// Bytes that the code wrote, and what docs/akashi.cddl calls them.
struct Structure: Encodable {
    let type: String
    let bytes: String

    init(_ type: String, _ bytes: [UInt8]) {
        self.type = type
        self.bytes = Hex.encode(bytes)
    }

    /// Why each does not follow the schema; nil where it does.
    static func reasons(_ structures: [Structure]) throws -> [String?] {
        let schema = PythonClient.root.appending(path: "docs/akashi.cddl").path
        return try PythonClient.run("cddl_check.py", schema, structures, as: String?.self)
    }

    /// Each follows the schema, and none does with an entry more in its outermost map or array.
    static func check(_ good: [(type: String, bytes: [UInt8])]) throws {
        let bad = try good.map { Structure($0.type, try widened($0.bytes)) }
        let all = good.map { Structure($0.type, $0.bytes) } + bad
        let reasons = try reasons(all)
        for (structure, reason) in zip(all, reasons).prefix(good.count) {
            #expect(reason == nil, "\(structure.type) \(structure.bytes)")
        }
        for (structure, reason) in zip(all, reasons).dropFirst(good.count) {
            #expect(reason != nil, "\(structure.type) \(structure.bytes)")
        }
    }

    private static func widened(_ bytes: [UInt8]) throws -> [UInt8] {
        switch try CBORValue(decoding: bytes) {
        case .map(let pairs): CBORValue.map(pairs + [.init(.unsigned(99), .null)]).encoded
        case .array(let elements): CBORValue.array(elements + [.null]).encoded
        case .tagged(let tag, .array(let elements)): CBORValue.tagged(tag, .array(elements + [.null])).encoded
        default: []
        }
    }
}

/// docs/akashi.cddl against what this code writes, judged by PyPI's `zcbor`.
@Suite(.enabled(if: PythonClient.hasSchemaChecker, PythonClient.checkerAbsence), .timeLimit(.minutes(2)))
struct SchemaTests {
    let fixture: Fixture

    init() throws { fixture = try Fixture() }

    @Test("what is written follows the published schema, and a structure with a field more does not")
    func schema() throws {
        try Structure.check(structures())
    }

    private func structures() throws -> [(type: String, bytes: [UInt8])] {
        let header = fixture.header()
        var null = header
        null.proposer = nil
        let event = Event(
            contract: try #require(Identifier("marketplace")),
            name: try #require(Identifier("published")),
            version: 2,
            fields: CBORValue.map([.init(.unsigned(1), .array([.boolean(true), .null, .text("a")]))]).encoded
        )
        let receipts = [Receipt.Status.ok, .failed(.personalData, message: "looks like an e-mail address")].map {
            Receipt(
                transaction: header.digest,
                height: Height(9),
                index: 3,
                status: $0,
                events: $0 == .ok ? [event] : [],
                used: 77
            )
        }
        let statements = Statement.Kind.allCases.map {
            Statement(kind: $0, chain: .zero, epoch: 1, view: 2, position: 3, digest: header.digest)
        }
        let handover = ProofFile.Handover(
            header: header,
            certificate: try fixture.certificate(header, signers: [0, 1, 2]),
            nextValidators: fixture.chain.validators
        )
        let inclusion = try fixture.proofs(count: 5)[3]
        let findings: [StateProof.Finding] = [
            .value([1]), .nothing, .otherKey(position: .zero, value: header.digest),
        ]
        let states = findings.map { finding in
            ProofFile(
                handovers: [handover],
                header: header,
                certificate: handover.certificate,
                subject: .states([
                    StateProof(key: [1, 2], finding: finding, siblings: [header.digest, StateHash.empty])
                ])
            )
        }
        let receipt = ProofFile.ReceiptInclusion(
            receipt: receipts[0].encoded,
            path: try #require(InclusionPath(to: 0, in: receipts.map(\.leaf)))
        )
        let parts = [ProofFile.Subject.receipt(receipt), .event(digest: event.digest, receipt)].map {
            ProofFile(header: header, certificate: handover.certificate, subject: $0)
        }
        let entry = TreeEntry(
            header: header,
            transaction: try fixture.transaction().bytes,
            index: 2,
            size: 3,
            path: [header.digest]
        )
        let cose = CoseReceipt(entry, signedWith: fixture.validatorKeys[0])
        return [
            ("cose-receipt", cose.encoded),
            ("transparent-statement", try CoseReceipt.statement(entry.transaction, with: [cose, cose])),
            ("transaction", try fixture.transaction().bytes), ("genesis", fixture.chain.bytes),
            ("header", header.encoded), ("header", null.encoded), ("certificate", handover.certificate.encoded),
            ("proof-file", inclusion.encoded),
        ] + receipts.map { ("receipt", $0.encoded) } + statements.map { ("statement", $0.encoded) }
            + (states + parts).map { ("proof-file", $0.encoded) }
            + stateParts.map { ("state-part", $0) }
    }

    /// A row, and a node with each kind of place below it.
    private var stateParts: [[UInt8]] {
        let row = StateEntry(key: [1, 2], value: [3])
        var children = [StatePart.Child](repeating: .none, count: StatePart.childCount)
        children[1] = .leaf(row)
        children[7] = .hash(StateHash.value([1]))
        children[15] = .rows([row, row])
        return [StatePart.leaf(row), .inner(children)].map { part in
            var encoder = CBOREncoder()
            part.encode(into: &encoder)
            return encoder.bytes
        }
    }
}
