/// Why a contract refuses. The numbers stand in receipts and never change; 64 and above belong to the node.
package enum ErrorCode: UInt64, CaseIterable, Hashable, Sendable {
    /// The caller lacks the role, or acts for somebody it may not act for.
    case role = 1
    /// The case is not in a state from which this is possible.
    case state = 2
    /// Too late, or too early.
    case deadline = 3
    /// Not enough of a unit of value.
    case funds = 4
    /// There is one already.
    case duplicate = 5
    /// The arguments are not what the method's schema describes.
    case schema = 6
    /// Something looks like a person's data, which never goes on the chain.
    case personalData = 7
    /// No live consent covers this.
    case consent = 8
    /// No rule of the jurisdictions allows it.
    case jurisdiction = 9
    /// Something named does not exist.
    case reference = 10
    /// Too few took part.
    case quorum = 11
    /// What is shown does not open the commitment.
    case reveal = 12
    /// A rule of the case, of governance or of the kit forbids it.
    case policy = 13
    /// A bound is reached: units of work, sizes, rates, numbers.
    case limit = 14

    /// The code as people and programs read it.
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
        }
    }
}

/// A refusal: the code decides, the message helps a reader. Both are part of the receipt, so both are deterministic,
/// and the message never repeats a value that came from outside.
package struct ContractError: Error, Hashable, Sendable {
    package let code: ErrorCode
    package let message: String

    package init(_ code: ErrorCode, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same refusal, told from one level further out.
    package func prefixed(_ place: String) -> ContractError { ContractError(code, place + ": " + message) }
}
