/// A 法人番号: the 13-digit number of a Japanese legal person, public by law, with its check digit in front.
package struct CorporateNumber: Hashable, Sendable {
    package let number: UInt64

    /// Nil unless there are 13 digits and the first is 9 − (Σ Pₙ·Qₙ mod 9) over the other twelve, counted from the
    /// right, with Q alternating 1 and 2 (Order of the Ministry of Finance No. 70 of 2014).
    package init?(_ number: UInt64) {
        guard (1_000_000_000_000...9_999_999_999_999).contains(number) else { return nil }
        var rest = number
        var sum: UInt64 = 0
        for position in 1...12 {
            sum += (rest % 10) * (position.isMultiple(of: 2) ? 2 : 1)
            rest /= 10
        }
        guard rest == 9 - sum % 9 else { return nil }
        self.number = number
    }

    /// Organs of the state have a base number that begins with 00001, local public bodies one that begins with
    /// 00002; registered companies begin with the code of their registry office.
    package var isPublicBody: Bool { (10_000_000..<30_000_000).contains(number % 1_000_000_000_000) }

    package init?(_ text: String) {
        guard text.utf8.count == 13, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.init(text.utf8.reduce(0) { $0 * 10 + UInt64($1 - 0x30) })
    }
}

/// A Legal Entity Identifier (ISO 17442): 18 characters and two check digits over MOD 97-10 (ISO/IEC 7064).
package struct LegalEntityIdentifier: Hashable, Sendable {
    package let bytes: [UInt8]

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 20 else { return nil }
        var remainder: UInt64 = 0
        for (position, byte) in bytes.enumerated() {
            switch byte {
            case 0x30...0x39: remainder = (remainder * 10 + UInt64(byte - 0x30)) % 97
            // The last two are digits; letters count from 10 and take two places.
            case 0x41...0x5A where position < 18: remainder = (remainder * 100 + UInt64(byte - 0x41) + 10) % 97
            default: return nil
            }
        }
        guard remainder == 1 else { return nil }
        self.bytes = bytes
    }

    package init?(_ text: String) { self.init(Array(text.utf8)) }

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}
