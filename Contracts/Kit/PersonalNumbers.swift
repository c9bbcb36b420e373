/// Rules 2 to 4: groups of digits that could be somebody's number.
extension PersonalDataFilter {
    static func numberFinding(_ text: [UInt8]) -> Finding? {
        var position = 0
        while position < text.count {
            guard isDigit(text[position]) else {
                position += 1
                continue
            }
            let groups = digitGroups(text, from: position)
            if let finding = finding(of: groups, in: text) { return finding }
            position = groups.end
        }
        return nil
    }

    /// A stretch of digit groups with one or two separators between them.
    struct DigitGroups {
        /// The range of each group.
        var groups: [Range<Int>] = []
        var end = 0
    }

    private static func digitGroups(_ text: [UInt8], from start: Int) -> DigitGroups {
        var result = DigitGroups()
        var position = start
        while true {
            let first = position
            while position < text.count, isDigit(text[position]) { position += 1 }
            result.groups.append(first..<position)
            result.end = position
            var next = position
            while next < text.count, next - position < 2, isSeparator(text[next]) { next += 1 }
            guard next > position, next < text.count, isDigit(text[next]) else { return result }
            position = next
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x28, 0x29, 0x2D, 0x2E, 0x2F: true
        default: false
        }
    }

    private static func finding(of found: DigitGroups, in text: [UInt8]) -> Finding? {
        if found.groups.contains(where: { $0.count >= 7 }) { return .number }
        if looksNordic(found, in: text) { return .individualNumber }
        let groups = found.groups.dropFirst(beginsWithDate(found.groups, in: text) ? 3 : 0)
        guard let first = groups.first else { return nil }
        let digits = groups.reduce(0) { $0 + $1.count }
        let isInternational = first.lowerBound > 0 && text[first.lowerBound - 1] == 0x2B
        if digits >= 10 || (digits >= 9 && text[first.lowerBound] == 0x30) || (digits >= 7 && isInternational) {
            return .number
        }
        return nil
    }

    /// `YYYY-MM-DD` of this century or the last.
    private static func beginsWithDate(_ groups: [Range<Int>], in text: [UInt8]) -> Bool {
        guard groups.count >= 3, groups[0].count == 4, groups[1].count == 2, groups[2].count == 2 else { return false }
        let year = number(text[groups[0]])
        return (1900...2099).contains(year) && (1...12).contains(number(text[groups[1]]))
            && (1...31).contains(number(text[groups[2]]))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int { digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } }

    /// Six digits, a hyphen or plus, then three or four characters that begin with three digits and end the word.
    private static func looksNordic(_ found: DigitGroups, in text: [UInt8]) -> Bool {
        for group in found.groups where group.count == 6 {
            let separator = group.upperBound
            guard separator < text.count, text[separator] == 0x2D || text[separator] == 0x2B else { continue }
            let rest = text[(separator + 1)...].prefix { isDigit($0) || isLetter($0) }
            if rest.count == 4, rest.prefix(3).allSatisfy(isDigit) { return true }
        }
        return false
    }
}
