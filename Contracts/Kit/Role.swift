/// What an account may do. One set of roles serves all domains, so that governance can grant them in one place.
package enum Role: UInt64, Choice {
    case registrar = 0
    // Marketplace
    case `operator` = 1
    case seller = 2
    case buyer = 3
    case device = 4
    case valueIssuer = 5
    case arbiter = 6
    case supervisor = 7
    // Trust store
    case schemeOwner = 8
    case organisation = 9
    case assessor = 10
    case certificateAuthority = 11
    case auditor = 12
    // TFC
    case founder = 13
    case member = 14
    case applicant = 15
    case verifier = 16
    case gateway = 17
    case dataOwner = 18
    case emergencyAuthority = 19
    case analyst = 20
    // Consent
    case subject = 21
    case custodian = 22

    package static let allBits: UInt64 = (1 << 23) - 1

    package var name: String {
        switch self {
        case .registrar: "registrar"
        case .operator: "operator"
        case .seller: "seller"
        case .buyer: "buyer"
        case .device: "device"
        case .valueIssuer: "value-issuer"
        case .arbiter: "arbiter"
        case .supervisor: "supervisor"
        case .schemeOwner: "scheme-owner"
        case .organisation: "organisation"
        case .assessor: "assessor"
        case .certificateAuthority: "certificate-authority"
        case .auditor: "auditor"
        case .founder: "founder"
        case .member: "member"
        case .applicant: "applicant"
        case .verifier: "verifier"
        case .gateway: "gateway"
        case .dataOwner: "data-owner"
        case .emergencyAuthority: "emergency-authority"
        case .analyst: "analyst"
        case .subject: "subject"
        case .custodian: "custodian"
        }
    }
}

/// Numbers of choices as bits of one integer.
package struct ChoiceSet<Element: Choice>: Hashable, Sendable {
    package private(set) var bits: UInt64

    package init() { bits = 0 }

    package init(_ elements: Element...) {
        bits = 0
        for element in elements { insert(element) }
    }

    /// Nil if a bit stands for no choice.
    package init?(bits: UInt64) {
        guard bits & ~Element.allBits == 0 else { return nil }
        self.bits = bits
    }

    /// Choices used in sets number below 64; the masking shift keeps even a wrong declaration from trapping.
    private static func bit(of element: Element) -> UInt64 { 1 &<< element.rawValue }

    package var isEmpty: Bool { bits == 0 }

    package func contains(_ element: Element) -> Bool { bits & Self.bit(of: element) != 0 }

    package func contains(_ other: Self) -> Bool { bits & other.bits == other.bits }

    package mutating func insert(_ element: Element) { bits |= Self.bit(of: element) }

    package mutating func remove(_ element: Element) { bits &= ~Self.bit(of: element) }

    package func union(_ other: Self) -> Self {
        var result = self
        result.bits |= other.bits
        return result
    }

    package func intersection(_ other: Self) -> Self {
        var result = self
        result.bits &= other.bits
        return result
    }

    package func subtracting(_ other: Self) -> Self {
        var result = self
        result.bits &= ~other.bits
        return result
    }
}

/// The roles of an account.
package typealias Roles = ChoiceSet<Role>
