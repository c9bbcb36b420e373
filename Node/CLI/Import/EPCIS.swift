internal import AkashiClient
internal import Foundation
internal import LedgerCrypto
package import Primitives

/// EPCIS 2.0 events in JSON-LD: what happened to which things, and what was made from what.
package struct EPCISDocument: Decodable {
    struct Body: Decodable {
        let eventList: [Event]
    }

    struct Event: Decodable {
        let type: String
        let eventTime: String
        let eventID: String?
        let bizStep: String?
        let epcList: [String]?
        let parentID: String?
        let childEPCs: [String]?
        let inputEPCList: [String]?
        let outputEPCList: [String]?

        /// The things that the event is evidence about.
        var subjects: [String] {
            switch type {
            case "TransformationEvent": outputEPCList ?? []
            case "AggregationEvent", "AssociationEvent": parentID.map { [$0] } ?? childEPCs ?? []
            default: epcList ?? []
            }
        }

        /// The things that it rests on: what was transformed or packed, or the thing's own past.
        var sources: [String] {
            switch type {
            case "TransformationEvent": inputEPCList ?? []
            case "AggregationEvent", "AssociationEvent": parentID == nil ? [] : childEPCs ?? []
            default: epcList ?? []
            }
        }

        /// The last part of the business step, which may be a bare word, a URN or a URL.
        var step: String {
            guard let step = bizStep else { return word(type) }
            return word(
                step.split(whereSeparator: { $0 == ":" || $0 == "/" || $0 == "-" && step.hasPrefix("http") }).last
                    ?? "event"
            )
        }
    }

    let type: String
    let epcisBody: Body?

    package static let mediaType = "epcis-json"

    /// - Parameter last: the newest evidence that the chain has of a thing.
    package func drafts(
        of bytes: [UInt8],
        now: UInt64,
        last: (Digest) async throws -> Digest?
    ) async throws -> [EvidenceDraft] {
        let document = SHA256Function.digest(of: bytes)
        var drafts: [EvidenceDraft] = []
        /// The newest draft of a thing in this document.
        var newest: [String: String] = [:]
        for (position, event) in (epcisBody?.eventList ?? []).enumerated() {
            guard let time = milliseconds(iso8601: event.eventTime) else {
                throw ClientError("MALFORMED", "event \(position) has no time in ISO 8601")
            }
            guard !event.subjects.isEmpty else {
                throw ClientError("MALFORMED", "event \(position) is about nothing that has an identifier")
            }
            func draft(_ key: String, _ thing: String, _ step: String) -> EvidenceDraft {
                EvidenceDraft(
                    key: key,
                    subject: subjectDigest(thing),
                    step: step,
                    content: document,
                    mediaType: EPCISDocument.mediaType,
                    observedAt: min(time, now),
                    parents: []
                )
            }
            var parents: [String] = []
            var recorded: [Digest] = []
            for source in event.sources {
                if let key = newest[source] {
                    parents.append(key)
                } else if let evidence = try await last(subjectDigest(source)) {
                    recorded.append(evidence)
                } else if !event.subjects.contains(source) {
                    // The document is the first to tell of it.
                    let key = "\(position) source \(source)"
                    drafts.append(draft(key, source, "declared"))
                    newest[source] = key
                    parents.append(key)
                }
            }
            var made: [(thing: String, key: String)] = []
            for thing in event.subjects {
                let key = "\(position) \(thing)"
                var evidence = draft(key, thing, event.step)
                evidence.parents = parents
                evidence.recorded = recorded
                drafts.append(evidence)
                made.append((thing, key))
            }
            for (thing, key) in made { newest[thing] = key }
        }
        return drafts
    }
}
