internal import AkashiClient
internal import Foundation
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
package import Primitives
internal import TrustStore

/// A thing's digest: what evidence is about. The name itself, a package URL or a serial number, stays off the chain.
package func subjectDigest(_ name: String) -> Digest {
    if let digest = Digest(hex: name) { return digest }
    var encoder = CBOREncoder(capacity: name.utf8.count + 32)
    encoder.array(2)
    encoder.text("akashi/subject/1")
    encoder.text(name)
    return SHA256Function.digest(of: encoder.bytes)
}

/// One evidence that a document gives rise to, before it has an id: its parents are other drafts or what is recorded.
package struct EvidenceDraft: Hashable, Sendable {
    /// A name that is unique in the document.
    package let key: String
    package let subject: Digest
    package let step: String
    package let content: Digest
    package let mediaType: String?
    package let observedAt: UInt64
    /// Drafts of the same document.
    package var parents: [String]
    /// Evidence on the chain.
    package var recorded: [Digest] = []
}

/// Turns drafts into calls: parents first, ids computed as the contract computes them.
struct EvidencePlan {
    struct Item {
        let key: String
        let id: Digest
        let call: Call
        /// Items of one level depend on those of lower levels only.
        let level: Int
    }

    private(set) var items: [Item] = []
    private var placed: [String: (id: Digest, level: Int)] = [:]
    private let session: Session
    private let author: AccountID
    private let process: String

    /// More parents than one evidence may have are gathered under evidence of this step.
    static let gathering = "gathering"

    init(_ drafts: [EvidenceDraft], process: String, author: AccountID, session: Session) throws {
        self.session = session
        self.author = author
        self.process = process
        for draft in try EvidencePlan.ordered(drafts) { try place(draft) }
    }

    func id(of key: String) -> Digest? { placed[key]?.id }

    private mutating func place(_ draft: EvidenceDraft) throws {
        var parents: [(id: Digest, level: Int)] = draft.recorded.map { ($0, -1) }
        for key in draft.parents {
            guard let parent = placed[key] else { throw ClientError("REFERENCE", "the document names no '\(key)'") }
            parents.append(parent)
        }
        parents = EvidencePlan.unique(parents)
        var round = 0
        while parents.count > EvidenceBody.parentLimit {
            parents = try gather(parents, for: draft, round: round)
            round += 1
        }
        placed[draft.key] = try append(draft, step: draft.step, parents: parents, key: draft.key)
    }

    /// One level of a tree over too many parents.
    private mutating func gather(
        _ parents: [(id: Digest, level: Int)],
        for draft: EvidenceDraft,
        round: Int
    ) throws -> [(id: Digest, level: Int)] {
        try stride(from: 0, to: parents.count, by: EvidenceBody.parentLimit).map { start in
            let group = Array(parents[start..<min(start + EvidenceBody.parentLimit, parents.count)])
            guard group.count > 1 else { return group[0] }
            let key = "\(draft.key)#\(round).\(start)"
            return try append(draft, step: EvidencePlan.gathering, parents: group, key: key)
        }
    }

    private mutating func append(
        _ draft: EvidenceDraft,
        step: String,
        parents: [(id: Digest, level: Int)],
        key: String
    ) throws -> (id: Digest, level: Int) {
        let call = try session.call(
            "trust-store",
            "append",
            [
                "process": .string(process), "step": .string(step), "subject": .hex(draft.subject),
                "parents": .array(parents.map { .hex($0.id) }), "observed_at": .unsigned(draft.observedAt),
                "content": .hex(draft.content), "media_type": .text(draft.mediaType),
                "disclosure": .string(draft.mediaType == nil ? "opaque" : "open"), "readings": [],
            ]
        )
        let id = SHA256Function.digest(of: TrustStore.evidencePreimage(author: author, body: call.arguments))
        let level = (parents.map(\.level).max() ?? -1) + 1
        items.append(Item(key: key, id: id, call: call, level: level))
        return (id, level)
    }

    private static func unique(_ parents: [(id: Digest, level: Int)]) -> [(id: Digest, level: Int)] {
        var seen: Set<Digest> = []
        return parents.filter { seen.insert($0.id).inserted }
    }

    /// Parents before children; a circle is refused, since evidence cannot rest on itself.
    private static func ordered(_ drafts: [EvidenceDraft]) throws(ClientError) -> [EvidenceDraft] {
        var children: [String: [Int]] = [:]
        var missing: [Int] = drafts.map(\.parents.count)
        for (index, draft) in drafts.enumerated() {
            for parent in draft.parents { children[parent, default: []].append(index) }
        }
        var ready = drafts.indices.filter { missing[$0] == 0 }
        var ordered: [EvidenceDraft] = []
        var position = 0
        while position < ready.count {
            let index = ready[position]
            position += 1
            ordered.append(drafts[index])
            for child in children[drafts[index].key] ?? [] {
                missing[child] -= 1
                if missing[child] == 0 { ready.append(child) }
            }
        }
        guard ordered.count == drafts.count else {
            throw ClientError(
                "REFERENCE",
                "the document's edges run in a circle, or to something that it does not hold"
            )
        }
        return ordered
    }
}

/// ISO 8601 with an offset, as documents carry it; nil for anything else.
package func milliseconds(iso8601 text: String) -> UInt64? {
    let date =
        (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        ?? (try? Date(text, strategy: .iso8601))
    guard let seconds = date?.timeIntervalSince1970, seconds >= 0, seconds < 1e11 else { return nil }
    return UInt64(seconds * 1000)
}

/// The identifier that a word of a document becomes: lower case, everything else a hyphen.
package func word(_ text: some StringProtocol) -> String {
    let mapped = text.lowercased().utf8.map { byte -> Character in
        switch byte {
        case 0x30...0x39, 0x61...0x7A: Character(UnicodeScalar(byte))
        default: "-"
        }
    }
    return String(mapped.prefix(Identifier.maximumByteCount))
}
