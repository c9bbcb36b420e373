package import Primitives

/// A certified block as clients see it.
package struct BlockView: Equatable, Sendable {
    /// One transaction of the block and how it ended.
    package struct Item: Equatable, Sendable {
        package var id: Digest
        package var reference: Digest
        /// `OK` or the error code of the receipt.
        package var code: String

        package init(id: Digest, reference: Digest, code: String) {
            self.id = id
            self.reference = reference
            self.code = code
        }
    }

    package var height: Height
    package var epoch: UInt64
    package var originView: UInt64
    package var proposer: UInt64
    /// The block's own time, in milliseconds.
    package var time: UInt64
    package var headerDigest: Digest
    package var parent: Digest
    package var transactionsRoot: Digest
    package var receiptsRoot: Digest
    package var stateRoot: Digest
    package var transactions: [Item]
    /// The header's CBOR, which the certificate's signatures are about.
    package var header: [UInt8]
    /// This node's certificate of the block; other nodes may hold another quorum of signatures.
    package var certificate: [UInt8]

    package init(
        height: Height,
        epoch: UInt64,
        originView: UInt64,
        proposer: UInt64,
        time: UInt64,
        headerDigest: Digest,
        parent: Digest,
        transactionsRoot: Digest,
        receiptsRoot: Digest,
        stateRoot: Digest,
        transactions: [Item],
        header: [UInt8],
        certificate: [UInt8]
    ) {
        self.height = height
        self.epoch = epoch
        self.originView = originView
        self.proposer = proposer
        self.time = time
        self.headerDigest = headerDigest
        self.parent = parent
        self.transactionsRoot = transactionsRoot
        self.receiptsRoot = receiptsRoot
        self.stateRoot = stateRoot
        self.transactions = transactions
        self.header = header
        self.certificate = certificate
    }
}

/// An account's row, as Governance keeps it.
package struct AccountView: Equatable, Sendable {
    /// A key and the height from which it counts.
    package struct Key: Equatable, Sendable {
        package var from: Height
        package var key: PublicKey

        package init(from: Height, key: PublicKey) {
            self.from = from
            self.key = key
        }
    }

    package var id: AccountID
    package var organisation: String
    package var roles: [String]
    package var status: String
    package var keys: [Key]
    /// The block that the answer is as of.
    package var height: Height

    package init(
        id: AccountID,
        organisation: String,
        roles: [String],
        status: String,
        keys: [Key],
        height: Height
    ) {
        self.id = id
        self.organisation = organisation
        self.roles = roles
        self.status = status
        self.keys = keys
        self.height = height
    }
}

/// A question to a contract.
package struct QueryQuestion: Equatable, Sendable {
    package var contract: String
    package var name: String
    /// The arguments as an integer-keyed CBOR map.
    package var arguments: [UInt8]
    /// The state to ask; nil for the last certified one.
    package var height: Height?
    package var wantsProof: Bool

    package init(contract: String, name: String, arguments: [UInt8], height: Height? = nil, wantsProof: Bool = false) {
        self.contract = contract
        self.name = name
        self.arguments = arguments
        self.height = height
        self.wantsProof = wantsProof
    }
}

/// A contract's answer to a question.
package struct QueryAnswer: Equatable, Sendable {
    package var height: Height
    /// The answer as an integer-keyed CBOR map.
    package var answer: [UInt8]
    /// A proof for what was read, where one was asked for.
    package var proof: [UInt8]?

    package init(height: Height, answer: [UInt8], proof: [UInt8]? = nil) {
        self.height = height
        self.answer = answer
        self.proof = proof
    }
}

/// The fields of `/v1/status`, on which scripts of other people rely (interfaces.md, "Fixed points").
package struct NodeStatus: Equatable, Sendable {
    /// The place among the validators of the present epoch; nil for an observer.
    package var index: UInt64?
    /// The height of the last executed block.
    package var height: Height
    package var view: UInt64
    /// The index of the present view's primary.
    package var primary: UInt64
    /// The state root of the last executed block.
    package var stateRoot: Digest
    package var certifiedHeight: Height
    /// Everything of this height and of those above it is kept here.
    package var completeFrom: Height
    /// How many of the other validators have a live connection.
    package var peers: Int
    /// False where it only follows: it is no validator of the present epoch, or its journal was lost, and its key may not
    /// vote any more; and while it waits for answers.
    package var votes: Bool
    /// True where it has just started: it votes once the others have said what they have seen of its votes.
    package var awaitsAnswers: Bool
    /// The height whose snapshot it is taking, if it is.
    package var joining: Height?

    package init(
        index: UInt64?,
        height: Height,
        view: UInt64,
        primary: UInt64,
        stateRoot: Digest,
        certifiedHeight: Height,
        completeFrom: Height = .genesis,
        peers: Int,
        votes: Bool,
        awaitsAnswers: Bool = false,
        joining: Height? = nil
    ) {
        self.index = index
        self.height = height
        self.view = view
        self.primary = primary
        self.stateRoot = stateRoot
        self.certifiedHeight = certifiedHeight
        self.completeFrom = completeFrom
        self.peers = peers
        self.votes = votes
        self.awaitsAnswers = awaitsAnswers
        self.joining = joining
    }
}

/// A validator of the present epoch.
package struct ValidatorView: Equatable, Sendable {
    package var index: UInt64
    package var organisation: String
    package var address: String
    package var key: PublicKey
    /// SHA-256 of the SubjectPublicKeyInfo of its TLS certificate.
    package var pin: Digest
    /// Whether this node has a live connection to it; true for itself.
    package var isConnected: Bool
    /// Whether its connections to this node replaced each other of late: two processes seem to run its key.
    package var isContested: Bool

    package init(
        index: UInt64,
        organisation: String,
        address: String,
        key: PublicKey,
        pin: Digest,
        isConnected: Bool,
        isContested: Bool
    ) {
        self.index = index
        self.organisation = organisation
        self.address = address
        self.key = key
        self.pin = pin
        self.isConnected = isConnected
        self.isContested = isContested
    }
}
