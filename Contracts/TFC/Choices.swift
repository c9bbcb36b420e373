internal import ContractKit

/// The life of a field. FROZEN and DISSOLVED come with incidents.
package enum FieldState: UInt64, Choice {
    /// Founders were named and have not all joined.
    case forming = 1
    case active = 2

    package var name: String {
        switch self {
        case .forming: "FORMING"
        case .active: "ACTIVE"
        }
    }
}

package enum MemberState: UInt64, Choice {
    /// Named as a founder; its own signature is still missing.
    case invited = 1
    case active = 2

    package var name: String {
        switch self {
        case .invited: "INVITED"
        case .active: "ACTIVE"
        }
    }
}

/// The three layers of an application in their order, then how it ended. None is skipped.
package enum CaseState: UInt64, Choice {
    case applied = 1
    case disclosed = 2
    case verifying = 3
    case commit = 4
    case reveal = 5
    case admitted = 6
    case rejected = 7
    case lapsed = 8

    package var name: String {
        switch self {
        case .applied: "APPLIED"
        case .disclosed: "DISCLOSED"
        case .verifying: "VERIFYING"
        case .commit: "COMMIT"
        case .reveal: "REVEAL"
        case .admitted: "ADMITTED"
        case .rejected: "REJECTED"
        case .lapsed: "LAPSED"
        }
    }

    package var isClosed: Bool { rawValue >= CaseState.admitted.rawValue }
}

/// What ended a case.
package enum CaseReason: UInt64, Choice {
    case open = 0
    /// The ballot was counted.
    case vote = 1
    /// A mandatory attribute can no longer reach the verifiers that it needs.
    case attribute = 2
    /// The required attributes were not disclosed in time.
    case disclosure = 3
    /// The attributes were not verified, or the applicant did not assent, in time.
    case verification = 4
    /// Too little weight committed.
    case quorum = 5

    package var name: String {
        switch self {
        case .open: "open"
        case .vote: "vote"
        case .attribute: "attribute"
        case .disclosure: "disclosure"
        case .verification: "verification"
        case .quorum: "quorum"
        }
    }
}

package enum VoteChoice: UInt64, Choice {
    case yes = 1
    case no = 2

    package var name: String {
        switch self {
        case .yes: "yes"
        case .no: "no"
        }
    }
}

/// Who is shown, off the chain, what a commitment hides.
package enum Audience: UInt64, Choice {
    case verifiers = 1
    case members = 2

    package var name: String {
        switch self {
        case .verifiers: "verifiers"
        case .members: "members"
        }
    }
}

package enum AttributeState: UInt64, Choice {
    case disclosed = 1
    /// m verifiers found it true.
    case verified = 2
    /// So many found it false that m cannot be reached.
    case failed = 3

    package var name: String {
        switch self {
        case .disclosed: "DISCLOSED"
        case .verified: "VERIFIED"
        case .failed: "FAILED"
        }
    }
}
