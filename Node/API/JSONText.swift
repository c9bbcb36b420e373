package import Primitives

/// Writes JSON straight into bytes, which costs a tenth of `JSONEncoder` on the answers to a batch of submissions.
///
/// Bytes appear as lower-case hex, and integers that a double cannot hold appear as strings (formats.md). Nothing
/// that is written here is ever hashed or signed.
package struct JSONText {
    package private(set) var bytes: [UInt8] = []
    /// Whether the next member or element needs a comma before it.
    private var needsComma = false

    /// The largest integer below which every one is exact in a double (RFC 8259 §6).
    private static let largestExact: UInt64 = 1 << 53

    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    // MARK: Structure

    package mutating func object(_ members: (inout JSONText) throws -> Void) rethrows {
        try container(UInt8(ascii: "{"), UInt8(ascii: "}"), members)
    }

    package mutating func array(_ elements: (inout JSONText) throws -> Void) rethrows {
        try container(UInt8(ascii: "["), UInt8(ascii: "]"), elements)
    }

    /// The name of a member, which the member's value must follow.
    package mutating func name(_ name: String) {
        separate()
        quoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func container(
        _ open: UInt8,
        _ close: UInt8,
        _ content: (inout JSONText) throws -> Void
    ) rethrows {
        separate()
        bytes.append(open)
        needsComma = false
        try content(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Values

    package mutating func string(_ value: String) {
        separate()
        quoted(value)
    }

    package mutating func number(_ value: UInt64) {
        separate()
        if value > JSONText.largestExact {
            quoted(String(value))
        } else {
            bytes.append(contentsOf: String(value).utf8)
        }
    }

    package mutating func number(_ value: Int64) {
        separate()
        if value.magnitude > JSONText.largestExact {
            quoted(String(value))
        } else {
            bytes.append(contentsOf: String(value).utf8)
        }
    }

    /// A measured figure with at most three decimals: for reports, never for anything on the chain.
    package mutating func figure(_ value: Double) {
        guard value.isFinite, abs(value) < 1e15 else { return null() }
        let thousandths = Int64((value * 1000).rounded())
        let (whole, part) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        var text = (thousandths < 0 ? "-" : "") + String(whole)
        if part > 0 {
            let digits = String(part)
            text += "." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
        }
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func boolean(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    package mutating func hex(_ digest: Digest) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        let words = digest.words
        hex(word: words.0)
        hex(word: words.1)
        hex(word: words.2)
        hex(word: words.3)
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func hex(_ value: some Sequence<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in value {
            bytes.append(JSONText.digit(byte >> 4))
            bytes.append(JSONText.digit(byte & 15))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A value that is JSON already.
    package mutating func raw(_ encoded: [UInt8]) {
        separate()
        bytes.append(contentsOf: encoded)
    }

    // MARK: Members

    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    package mutating func member(_ name: String, _ value: UInt64) {
        self.name(name)
        number(value)
    }

    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        boolean(value)
    }

    package mutating func member(_ name: String, _ value: Digest) {
        self.name(name)
        hex(value)
    }

    package mutating func member(_ name: String, figure value: Double) {
        self.name(name)
        figure(value)
    }

    package mutating func member(_ name: String, hex value: [UInt8]) {
        self.name(name)
        hex(value)
    }

    /// Writes null where there is no value, so that a reader sees the same members always.
    package mutating func member(_ name: String, _ value: UInt64?) {
        self.name(name)
        if let value { number(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    package mutating func member(_ name: String, _ value: Digest?) {
        self.name(name)
        if let value { hex(value) } else { null() }
    }

    // MARK: Characters

    private mutating func hex(word: UInt64) {
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 4
            bytes.append(JSONText.digit(UInt8(truncatingIfNeeded: word >> shift) & 15))
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble
    }

    private mutating func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(JSONText.digit(byte >> 4))
                bytes.append(JSONText.digit(byte & 15))
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
