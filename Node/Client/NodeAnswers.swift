internal import Foundation
package import Primitives

/// What a node says of itself (`/v1/status`).
package struct NodeReport: Codable, Hashable, Sendable {
    /// Its place among the validators of the epoch; none for an observer.
    package let index: UInt64?
    package let alive: Bool
    package let height: UInt64
    package let view: UInt64
    package let primary: UInt64
    package let stateRoot: String
    package let certifiedHeight: UInt64
    /// Everything from this height on is kept there.
    package let completeFrom: UInt64?
    package let peers: UInt64
    /// False where it only follows: as an observer, or because its journal was lost.
    package let votes: Bool
    /// True where it has just started, and votes once the others have said what they have seen of its votes.
    package let awaitsAnswers: Bool?
    /// The height whose snapshot it is taking, if it is.
    package let joining: UInt64?

    package var name: String { index.map { "validator \($0)" } ?? "the observer" }

    private enum CodingKeys: String, CodingKey {
        case index, alive, height, view, primary, peers, votes, joining
        case stateRoot = "state_root"
        case certifiedHeight = "certified_height"
        case completeFrom = "complete_from"
        case awaitsAnswers = "awaits_answers"
    }
}

/// Where a transaction stands, as a node answers it.
package struct TransactionAnswer: Decodable, Hashable, Sendable {
    package let id: String?
    package let status: String
    package let height: UInt64?
    package let code: String?
    package let message: String?

    package init(id: String?, status: String, height: UInt64? = nil, code: String? = nil, message: String? = nil) {
        self.id = id
        self.status = status
        self.height = height
        self.code = code
        self.message = message
    }

    package var isPending: Bool { status == "pending" }

    /// Final, and its calls took effect.
    package var tookEffect: Bool { status == "final" && code == "OK" }
}

/// An account as a node answers it.
package struct AccountAnswer: Decodable, Hashable, Sendable {
    package struct Key: Decodable, Hashable, Sendable {
        package let from: UInt64
        package let key: String
    }

    package let id: String
    package let organisation: String
    package let roles: [String]
    package let status: String
    package let keys: [Key]
    package let height: UInt64
}

/// What a row of the state has held, as a node answers it, the newest version first.
package struct VersionsAnswer: Decodable, Hashable, Sendable {
    package struct Version: Decodable, Hashable, Sendable {
        package let from: UInt64
        package let through: UInt64
        /// In hexadecimal; nil where there was nothing.
        package let value: String?
    }

    package let versions: [Version]
    /// Where the next page begins.
    package let next: UInt64?
    /// The node keeps states from here on.
    package let completeFrom: UInt64

    private enum CodingKeys: String, CodingKey {
        case versions, next
        case completeFrom = "complete_from"
    }
}

/// A validator as a node answers it.
package struct ValidatorAnswer: Decodable, Hashable, Sendable {
    package let index: UInt64
    package let organisation: String
    package let address: String
    /// The consensus key in hexadecimal.
    package let key: String
    package let connected: Bool
    /// Whether its connections to the node that answers replaced each other of late.
    package let contested: Bool?

    /// The same validator with another word on its links.
    package func with(connected: Bool, contested: Bool) -> ValidatorAnswer {
        ValidatorAnswer(
            index: index,
            organisation: organisation,
            address: address,
            key: key,
            connected: connected,
            contested: contested
        )
    }
}

/// The answer to a query: an encoded record, and the proof where one was asked for.
package struct QueryResult: Hashable, Sendable {
    package let height: Height
    package let answer: [UInt8]
    package let proof: [UInt8]?

    /// `{1: height, 2: answer, ? 3: proof}`
    init(decoding bytes: [UInt8]) throws(CBORError) {
        var decoder = CBORDecoder(bytes)
        let count = try decoder.map(atMost: 3)
        guard count >= 2 else { throw .unexpectedValue }
        try decoder.key(1)
        height = Height(try decoder.unsigned())
        try decoder.key(2)
        answer = Array(bytes[try decoder.skipItem()])
        if count == 3 {
            try decoder.key(3)
            proof = try decoder.byteString(atMost: .max)
        } else {
            proof = nil
        }
        try decoder.finish()
    }
}

/// An RFC 9457 problem document.
struct ProblemDocument: Decodable {
    let code: String
    let detail: String
    let transaction: TransactionAnswer?
}

struct SubmissionsDocument: Decodable {
    let results: [TransactionAnswer]
}

struct ValidatorsDocument: Decodable {
    let validators: [ValidatorAnswer]
}

struct ContractsDocument: Decodable {
    let digest: String

    private enum CodingKeys: String, CodingKey {
        case digest = "schema_digest"
    }
}
