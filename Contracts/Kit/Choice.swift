/// A closed set of named values, an enumeration with numbers: the number is what is encoded, the name is what people
/// and JSON see.
package protocol Choice: RawRepresentable, CaseIterable, Hashable, Sendable
where RawValue == UInt64, AllCases == [Self] {
    var name: String { get }
    /// The bits of all numbers below 64. Choices that are kept in sets say it outright, to save walking the cases for
    /// every set that is read.
    static var allBits: UInt64 { get }
}

extension Choice {
    package static var allBits: UInt64 { casesBits }

    /// The bits as the cases have them.
    package static var casesBits: UInt64 {
        var bits: UInt64 = 0
        for element in allCases { bits |= 1 &<< element.rawValue }
        return bits
    }
}

/// Where an organisation is at home.
package enum Jurisdiction: UInt64, Choice {
    case japan = 1
    case europeanUnion = 2

    package var name: String {
        switch self {
        case .japan: "jp"
        case .europeanUnion: "eu"
        }
    }
}

/// What an organisation is to those whose data it receives; rules of transfer and consents differ by it.
package enum Sector: UInt64, Choice {
    case privateOperator = 1
    case publicBody = 2

    package var name: String {
        switch self {
        case .privateOperator: "private-operator"
        case .publicBody: "public-body"
        }
    }
}
