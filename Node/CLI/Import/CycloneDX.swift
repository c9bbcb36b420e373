package import AkashiClient
internal import Foundation
internal import LedgerCrypto
internal import Primitives

/// A CycloneDX bill of materials (1.2 to 1.6), as far as evidence follows from it: components and their edges.
package struct CycloneDX: Decodable {
    struct Component: Decodable {
        struct Hash: Decodable {
            let alg: String
            let content: String
        }

        let reference: String?
        let name: String
        let version: String?
        let packageURL: String?
        let hashes: [Hash]?
        let components: [Component]?

        private enum CodingKeys: String, CodingKey {
            case name, version, hashes, components
            case reference = "bom-ref"
            case packageURL = "purl"
        }

        /// What the component is called everywhere: its package URL if it has one.
        var identity: String { packageURL ?? "\(name)@\(version ?? "")" }
        /// What the document calls it.
        var key: String { reference ?? identity }

        /// The digest of the component's own bytes, where the document says it.
        var contentDigest: Digest? {
            hashes?.first { $0.alg == "SHA-256" }.flatMap { Digest(hex: $0.content.lowercased()) }
        }
    }

    struct Metadata: Decodable {
        let timestamp: String?
        let component: Component?
    }

    struct Dependency: Decodable {
        let ref: String
        let dependsOn: [String]?
    }

    let bomFormat: String
    let specVersion: String
    let serialNumber: String?
    let metadata: Metadata?
    let components: [Component]?
    let dependencies: [Dependency]?

    package static let mediaType = "cyclonedx-json"
    private static let greatestDepth = 16

    /// One evidence for each component, whose parents are what it depends on or contains, and one for the document
    /// itself under the product that it describes; the digest of that one is over the raw bytes.
    package func drafts(of bytes: [UInt8], subject: String?, now: UInt64) throws(ClientError) -> [EvidenceDraft] {
        let document = SHA256Function.digest(of: bytes)
        let observedAt = min(metadata?.timestamp.flatMap { milliseconds(iso8601: $0) } ?? now, now)
        var drafts: [String: EvidenceDraft] = [:]
        var order: [String] = []
        for component in components ?? [] {
            try add(component, document, observedAt, depth: 0, to: &drafts, &order)
        }
        let root = metadata?.component
        var rootParents: [String] = []
        for dependency in dependencies ?? [] {
            let parents = CycloneDX.unique(dependency.dependsOn ?? []).filter {
                $0 != dependency.ref && drafts[$0] != nil
            }
            if dependency.ref == root?.key {
                rootParents = parents
            } else if var draft = drafts[dependency.ref] {
                draft.parents = CycloneDX.unique(draft.parents + parents)
                drafts[dependency.ref] = draft
            }
        }
        // What nothing depends on belongs to the product directly.
        let used = Set(drafts.values.flatMap(\.parents) + rootParents)
        rootParents += order.filter { !used.contains($0) }
        let name = subject ?? root?.identity ?? serialNumber ?? document.hex
        let sbom = EvidenceDraft(
            key: "document " + document.hex,
            subject: subjectDigest(name),
            step: "sbom",
            content: document,
            mediaType: CycloneDX.mediaType,
            observedAt: observedAt,
            parents: CycloneDX.unique(rootParents)
        )
        return order.compactMap { drafts[$0] } + [sbom]
    }

    private func add(
        _ component: Component,
        _ document: Digest,
        _ observedAt: UInt64,
        depth: Int,
        to drafts: inout [String: EvidenceDraft],
        _ order: inout [String]
    ) throws(ClientError) {
        guard depth < CycloneDX.greatestDepth else { throw ClientError("LIMIT", "components are nested too deep") }
        guard drafts[component.key] == nil else { return }
        let inner = component.components ?? []
        for part in inner { try add(part, document, observedAt, depth: depth + 1, to: &drafts, &order) }
        drafts[component.key] = EvidenceDraft(
            key: component.key,
            subject: subjectDigest(component.identity),
            step: "component",
            content: component.contentDigest ?? document,
            mediaType: CycloneDX.mediaType,
            observedAt: observedAt,
            parents: CycloneDX.unique(inner.map(\.key)).filter { $0 != component.key }
        )
        order.append(component.key)
    }

    private static func unique(_ keys: [String]) -> [String] {
        var seen: Set<String> = []
        return keys.filter { seen.insert($0).inserted }
    }
}
