/// Every reason for which a transaction is refused, in one place: at admission, where it leaves no trace, and in
/// execution, where it stands in the receipt.
///
/// The numbers are in receipts and never change. Those up to 63 are the contracts' own and equal ContractKit's
/// `ErrorCode`; those from 64 on are the node's.
package enum RefusalCode: UInt64, Hashable, Sendable, CaseIterable {
    /// The account lacks the role, or its key is no longer current.
    case role = 1
    /// The case is in another state.
    case state = 2
    case deadline = 3
    case funds = 4
    case duplicate = 5
    /// The arguments do not follow the method's closed schema.
    case schema = 6
    /// The arguments look like somebody's data.
    case personalData = 7
    case consent = 8
    case jurisdiction = 9
    /// Something that the arguments name does not exist.
    case reference = 10
    case quorum = 11
    case reveal = 12
    case policy = 13
    /// A bound on work, size or rate.
    case limit = 14

    /// Not a transaction in its one accepted form.
    case malformed = 64
    case tooLarge = 65
    /// The signature does not verify, or has a high s.
    case signature = 66
    /// Signed for another chain.
    case chain = 67
    /// Valid-until has passed.
    case expired = 68
    /// Valid-until lies further ahead than the chain remembers ids.
    case tooFar = 69
    /// The id was executed or is waiting already.
    case replay = 70
    /// The account is unknown or not active.
    case account = 71
    /// This node's own share of the pool is full: worth another try.
    case busy = 72
    /// The account has as many transactions waiting as it may: worth another try.
    case quota = 73

    /// The word that clients see.
    package var text: String {
        switch self {
        case .role: "ROLE"
        case .state: "STATE"
        case .deadline: "DEADLINE"
        case .funds: "FUNDS"
        case .duplicate: "DUPLICATE"
        case .schema: "SCHEMA"
        case .personalData: "PERSONAL_DATA"
        case .consent: "CONSENT"
        case .jurisdiction: "JURISDICTION"
        case .reference: "REFERENCE"
        case .quorum: "QUORUM"
        case .reveal: "REVEAL"
        case .policy: "POLICY"
        case .limit: "LIMIT"
        case .malformed: "MALFORMED"
        case .tooLarge: "TOO_LARGE"
        case .signature: "SIGNATURE"
        case .chain: "CHAIN"
        case .expired: "EXPIRED"
        case .tooFar: "TOO_FAR"
        case .replay: "REPLAY"
        case .account: "ACCOUNT"
        case .busy: "BUSY"
        case .quota: "QUOTA"
        }
    }

    /// True where the same bytes may be admitted a little later, once there is room.
    package var isOverload: Bool { self == .busy || self == .quota }

    /// True where the signed content itself is refused, so that the refusal is the same for every copy of the id.
    ///
    /// A bad signature or form says nothing about the id: somebody else may have spoilt the copy.
    package var isFinalForID: Bool {
        switch self {
        case .malformed, .tooLarge, .signature, .busy, .quota, .replay: false
        default: true
        }
    }
}

/// A refusal with its code and a short message for people. A refused transaction changes nothing.
package struct Refusal: Error, Hashable, Sendable {
    package let code: RefusalCode
    package let message: String

    package init(_ code: RefusalCode, _ message: String) {
        self.code = code
        self.message = message
    }
}
