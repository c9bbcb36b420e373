internal import ContractKit

/// The units of value. Amounts are integers in the unit's smallest step.
package enum ValueUnit: UInt64, Choice {
    case point = 1
    case coupon = 2
    case currency = 3

    package var name: String {
        switch self {
        case .point: "point"
        case .coupon: "coupon"
        case .currency: "currency"
        }
    }
}

package enum ListingKind: UInt64, Choice {
    case dataset = 1
    case stream = 2
    case photo = 3

    package var name: String {
        switch self {
        case .dataset: "dataset"
        case .stream: "stream"
        case .photo: "photo"
        }
    }
}

/// What a plan's price is the price of.
package enum PriceModel: UInt64, Choice {
    case once = 1
    case record = 2
    case period = 3

    package var name: String {
        switch self {
        case .once: "once"
        case .record: "record"
        case .period: "period"
        }
    }
}

/// Whether the data is about people. The data itself is never on the chain, whatever it is about.
package enum PersonalKind: UInt64, Choice {
    case none = 1
    case pseudonymous = 2
    case personal = 3

    package var name: String {
        switch self {
        case .none: "none"
        case .pseudonymous: "pseudonymous"
        case .personal: "personal"
        }
    }
}

/// Why the seller may process the data (GDPR article 6; the APPI's grounds map onto the same words).
package enum LegalBasis: UInt64, Choice {
    case none = 1
    case consent = 2
    case contract = 3
    case legalObligation = 4
    case vitalInterest = 5
    case publicTask = 6
    case legitimateInterest = 7

    package var name: String {
        switch self {
        case .none: "none"
        case .consent: "consent"
        case .contract: "contract"
        case .legalObligation: "legal-obligation"
        case .vitalInterest: "vital-interest"
        case .publicTask: "public-task"
        case .legitimateInterest: "legitimate-interest"
        }
    }
}

/// The life of a listing. PAUSED and SUSPENDED come with their causes.
package enum ListingState: UInt64, Choice {
    case published = 1
    case withdrawn = 2

    package var name: String {
        switch self {
        case .published: "PUBLISHED"
        case .withdrawn: "WITHDRAWN"
        }
    }
}

package enum OrderState: UInt64, Choice {
    case funded = 1
    case delivered = 2
    case received = 3
    case opened = 4
    case settled = 5
    case refunded = 6
    case cancelled = 7

    package var name: String {
        switch self {
        case .funded: "FUNDED"
        case .delivered: "DELIVERED"
        case .received: "RECEIVED"
        case .opened: "OPENED"
        case .settled: "SETTLED"
        case .refunded: "REFUNDED"
        case .cancelled: "CANCELLED"
        }
    }

    package var isClosed: Bool { rawValue >= OrderState.settled.rawValue }
}

/// What closed an order.
package enum OrderReason: UInt64, Choice {
    case open = 0
    case accepted = 1
    /// The dispute window ended without a complaint.
    case window = 2
    /// Nothing was delivered in time.
    case delivery = 3
    /// The buyer never confirmed.
    case confirmation = 4
    /// No key came in time.
    case key = 5
    /// The consent that it needed is no longer live.
    case consent = 6

    package var name: String {
        switch self {
        case .open: "open"
        case .accepted: "accepted"
        case .window: "window"
        case .delivery: "delivery"
        case .confirmation: "confirmation"
        case .key: "key"
        case .consent: "consent"
        }
    }

    /// Whether a deadline closed it.
    var isDeadline: Bool { self == .window || self == .delivery || self == .confirmation || self == .key }
}
