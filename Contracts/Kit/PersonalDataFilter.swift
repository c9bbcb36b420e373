internal import Primitives

/// Refuses text that looks like a person's data, at admission and again in execution.
///
/// The rules are replicated: two validators with different rules would part ways, so a change of them is a new
/// `version` that takes effect with a contract version. They err on the side of refusing: an identifier can always
/// be chosen otherwise. Version 1, over the text with full-width forms made narrow:
///
/// 1. an at sign between two other characters is an e-mail address;
/// 2. seven digits in a row are a number of a person;
/// 3. digits in groups, joined by one or two of ` `, `-`, `.`, `/`, `(`, `)`: ten and more in all, nine and more that
///    begin with 0, or seven and more behind a `+` are a telephone or an individual number, unless the group begins
///    with a calendar date, which is then not counted (`2026-11-21`);
/// 4. six digits, a hyphen or plus and three or four more characters ending in a digit or letter are an individual
///    number of the Nordic form (`131052-308t`);
/// 5. sixteen characters of the form `llllllddlddldddl` are a codice fiscale.
package enum PersonalDataFilter {
    package static let version: UInt64 = 1

    /// What a text was taken for.
    package enum Finding: Hashable, Sendable {
        case address
        case number
        case individualNumber

        package var error: ContractError {
            switch self {
            case .address: ContractError(.personalData, "text like an e-mail address")
            case .number: ContractError(.personalData, "text like a telephone or individual number")
            case .individualNumber: ContractError(.personalData, "text like an individual number")
            }
        }
    }

    /// Containers inside one another that are looked into, as many as the codec allows.
    private static let greatestNesting = 16

    /// Looks at every text of an item, at known and unknown places and in map keys alike. What is no item is SCHEMA;
    /// whether it is the deterministic form of the right record is found out by decoding it.
    package static func inspect(_ bytes: [UInt8]) throws(ContractError) {
        var decoder = CBORDecoder(bytes)
        var finding: Finding?
        do {
            try inspectItem(&decoder, nesting: greatestNesting, &finding)
            try decoder.finish()
        } catch { throw .malformed(error) }
        if let finding { throw finding.error }
    }

    private static func inspectItem(
        _ decoder: inout CBORDecoder,
        nesting: Int,
        _ finding: inout Finding?
    ) throws(CBORError) {
        guard nesting >= 0 else { throw .tooDeep }
        switch decoder.peek() {
        case .text:
            let item = try decoder.skipItem()
            // Behind the head, whose length its first byte tells (RFC 8949 §3).
            let additional = decoder.bytes[item.lowerBound] & 31
            let head = additional < 24 ? 1 : 1 + (1 << Int(additional - 24))
            if finding == nil { finding = self.finding(in: Array(decoder.bytes[item].dropFirst(head))) }
        case .array:
            for _ in 0..<(try decoder.array(atMost: .max)) { try inspectItem(&decoder, nesting: nesting - 1, &finding) }
        case .map:
            for _ in 0..<(try decoder.map(atMost: .max)) {
                try inspectItem(&decoder, nesting: nesting - 1, &finding)
                try inspectItem(&decoder, nesting: nesting - 1, &finding)
            }
        case .tag:
            _ = try decoder.tag()
            try inspectItem(&decoder, nesting: nesting - 1, &finding)
        default:
            try decoder.skipItem()
        }
    }

    package static func finding(in text: [UInt8]) -> Finding? {
        let text = narrowed(text)
        if looksLikeAddress(text) { return .address }
        if let finding = numberFinding(text) { return finding }
        return looksLikeFiscalCode(text) ? .individualNumber : nil
    }

    /// Full-width ASCII (U+FF01–U+FF5E, in UTF-8 EF BC 81 … EF BD 9E) as plain ASCII.
    private static func narrowed(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(0xEF) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            if text[position] == 0xEF, position + 2 < text.count {
                let last = text[position + 2] & 0x3F
                if text[position + 1] == 0xBC, last >= 1 {
                    result.append(0x20 + last)
                    position += 3
                    continue
                }
                if text[position + 1] == 0xBD, last <= 0x1E {
                    result.append(0x60 + last)
                    position += 3
                    continue
                }
            }
            result.append(text[position])
            position += 1
        }
        return result
    }

    private static func looksLikeAddress(_ text: [UInt8]) -> Bool {
        for (position, byte) in text.enumerated() where byte == 0x40 {
            if position > 0, position + 1 < text.count, text[position - 1] > 0x20, text[position + 1] > 0x20 {
                return true
            }
        }
        return false
    }

    /// A word of sixteen characters with digits at the places of `llllllddlddldddl` and letters at the others.
    private static func looksLikeFiscalCode(_ text: [UInt8]) -> Bool {
        var start = 0
        for position in 0...text.count {
            guard position == text.count || !(isDigit(text[position]) || isLetter(text[position])) else { continue }
            if position - start == 16, hasFiscalForm(text[start..<position]) { return true }
            start = position + 1
        }
        return false
    }

    private static func hasFiscalForm(_ word: ArraySlice<UInt8>) -> Bool {
        // Bit n is set where the n-th character is a digit.
        let digits: UInt16 = 0b0111_0110_1100_0000
        for (place, byte) in word.enumerated() where isDigit(byte) != (digits >> UInt16(place) & 1 == 1) {
            return false
        }
        return true
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
