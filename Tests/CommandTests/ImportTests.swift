import AkashiCLI
import AkashiClient
import Foundation
import LedgerCrypto
import Primitives
import Testing

@Suite("Documents become evidence with the edges that they tell of")
struct ImportTests {
    static let now: UInt64 = 1_900_000_000_000

    static func cycloneDX(_ bytes: [UInt8], subject: String? = nil) throws -> [EvidenceDraft] {
        try JSONDecoder().decode(CycloneDX.self, from: Data(bytes)).drafts(of: bytes, subject: subject, now: now)
    }

    static func epcis(_ bytes: [UInt8], last: [Digest: Digest] = [:]) async throws -> [EvidenceDraft] {
        try await JSONDecoder().decode(EPCISDocument.self, from: Data(bytes)).drafts(of: bytes, now: now) { last[$0] }
    }

    @Test("A bill of materials gives one evidence per component and one for itself, over its raw bytes")
    func components() throws {
        let bytes = try Samples.own("firmware.cdx.json")
        let drafts = try Self.cycloneDX(bytes)
        #expect(drafts.count == 8)
        let document = try #require(drafts.last)
        #expect(document.step == "sbom")
        #expect(document.content == SHA256Function.digest(of: bytes))
        #expect(document.subject == subjectDigest("pkg:generic/kaze-a7-firmware@3.1.0"))
        let coap = try #require(drafts.first { $0.key == "pkg:generic/coap-client@1.9.0" })
        #expect(Set(coap.parents) == ["pkg:generic/lwip@2.2.0", "pkg:generic/mbedtls@3.6.1"])
        #expect(coap.content != document.content, "the component's own SHA-256 stands in the document")
    }

    @Test("Every component is reached from the product, also one that no dependency names")
    func complete() throws {
        let text = """
            {"bomFormat": "CycloneDX", "specVersion": "1.6",
             "metadata": {"component": {"name": "product", "bom-ref": "p"}},
             "components": [{"name": "a", "bom-ref": "a"}, {"name": "b", "bom-ref": "b"},
                {"name": "case", "bom-ref": "c", "components": [{"name": "screw", "bom-ref": "s"}]}],
             "dependencies": [{"ref": "p", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["a", "nowhere"]}]}
            """
        let drafts = try Self.cycloneDX(Array(text.utf8))
        var parents: [String: [String]] = [:]
        for draft in drafts { parents[draft.key] = draft.parents }
        let document = try #require(drafts.last)
        #expect(Set(document.parents) == ["a", "b", "c"])
        #expect(parents["c"] == ["s"], "what is inside is what it is made of")
        #expect(parents["a"] == [], "neither itself nor what the document does not hold")
    }

    @Test("An event's outputs rest on its inputs, and later events on earlier ones of the same thing")
    func transformation() async throws {
        let bytes = try Samples.own("sensor.epcis.jsonld")
        let drafts = try await Self.epcis(bytes)
        let sensor = subjectDigest("urn:epc:id:sgtin:952141.1012399.kaze-a7-001")
        let made = try #require(drafts.first { $0.subject == sensor && $0.step == "commissioning" })
        let inspected = try #require(drafts.first { $0.subject == sensor && $0.step == "inspecting" })
        #expect(made.parents.count == 2)
        #expect(drafts.filter { made.parents.contains($0.key) }.allSatisfy { $0.step == "declared" })
        #expect(inspected.parents == [made.key])
        #expect(drafts.allSatisfy { $0.content == SHA256Function.digest(of: bytes) })
    }

    @Test("What the chain knows of an input already is taken as the parent, not declared again")
    func recorded() async throws {
        let board = subjectDigest("urn:epc:id:sgtin:952141.1012345.board-17")
        let evidence = SHA256Function.digest(of: [1])
        let drafts = try await Self.epcis(Samples.own("sensor.epcis.jsonld"), last: [board: evidence])
        let made = try #require(drafts.first { $0.step == "commissioning" })
        #expect(made.recorded == [evidence])
        #expect(made.parents.count == 1)
        #expect(!drafts.contains { $0.subject == board })
    }

    @Test(
        "An event without a readable time or without a subject is refused",
        arguments: [
            #"{"type": "ObjectEvent", "eventTime": "yesterday", "epcList": ["urn:x"]}"#,
            #"{"type": "ObjectEvent", "eventTime": "2026-05-20T03:40:00Z", "epcList": []}"#,
            #"{"type": "TransformationEvent", "eventTime": "2026-05-20T03:40:00Z", "inputEPCList": ["urn:x"]}"#,
        ]
    )
    func badEvents(event: String) async throws {
        let text = #"{"type": "EPCISDocument", "epcisBody": {"eventList": [\#(event)]}}"#
        let error = await #expect(throws: ClientError.self) { try await Self.epcis(Array(text.utf8)) }
        #expect(error?.code == "MALFORMED")
    }

    @Test("Components nested without end are refused instead of exhausting the stack")
    func nesting() throws {
        var text = #"{"name": "x", "bom-ref": "0"}"#
        for depth in 1...40 { text = #"{"name": "x", "bom-ref": "\#(depth)", "components": [\#(text)]}"# }
        let bytes = Array(#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [\#(text)]}"#.utf8)
        let error = #expect(throws: ClientError.self) { try Self.cycloneDX(bytes) }
        #expect(error?.code == "LIMIT")
    }

    @Test(
        "The public samples are read whole",
        .enabled(if: Samples.havePublic, "no public samples beside the repository")
    )
    func publicSamples() async throws {
        let shop = try Self.cycloneDX(Samples.other("sbom/juice-shop.cdx.json"))
        #expect(shop.count > 800)
        #expect(shop.last?.subject == subjectDigest("pkg:npm/juice-shop@11.1.2"))
        let board = try Self.cycloneDX(Samples.other("sbom/hbom-adapter-board.cdx.json"))
        #expect(board.last?.subject == subjectDigest("pcie-sata-adaptor-board@rev-1"))
        let made = try await Self.epcis(Samples.other("epcis/transformation-event.jsonld"))
        #expect(made.filter { $0.step == "commissioning" }.count == 4)
        #expect(made.filter { $0.step == "declared" }.count == 2)
        let packed = try await Self.epcis(Samples.other("epcis/aggregation-event.jsonld"))
        #expect(packed.filter { $0.step == "receiving" }.map(\.parents.count) == [2])
    }

    @Test("Words and times of documents become identifiers and milliseconds")
    func words() {
        #expect(word("Quality Check/2") == "quality-check-2")
        #expect(milliseconds(iso8601: "2013-06-08T14:58:56.591Z") == 1_370_703_536_591)
        #expect(milliseconds(iso8601: "2026-05-20T12:40:00+09:00") == milliseconds(iso8601: "2026-05-20T03:40:00Z"))
        #expect(milliseconds(iso8601: "2026-13-45") == nil)
    }
}
