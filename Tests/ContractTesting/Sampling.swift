package import ContractKit
package import Primitives

extension FieldDescription {
    /// A value from the field's description, mostly right, its extremes often; sometimes of another kind or missing.
    package func sample(_ generator: inout some RandomNumberGenerator) -> CBORValue.Pair? {
        switch UInt64.random(in: 0..<40, using: &generator) {
        case 0: return nil
        case 1: return .init(.unsigned(key), .text("taro@example.jp"))
        case 2: return .init(.unsigned(key), .unsigned(.max))
        default: break
        }
        if isOptional, Bool.random(using: &generator) { return nil }
        return .init(.unsigned(key), type.sample(&generator))
    }
}

extension FieldType {
    package func sample(_ generator: inout some RandomNumberGenerator) -> CBORValue {
        switch self {
        case .unsigned(let range): return .unsigned(pick(range.lowerBound, range.upperBound, &generator))
        case .integer(let range):
            return CBORValue(integer: Bool.random(using: &generator) ? range.lowerBound : range.upperBound)
        case .boolean: return .boolean(Bool.random(using: &generator))
        case .bytes(let count):
            return bytes(Bool.random(using: &generator) ? count.lowerBound : min(count.upperBound, 4096), &generator)
        case .digest, .account: return few(32, &generator)
        case .publicKey:
            return .byteString([2] + [UInt8](repeating: UInt8.random(in: 0...3, using: &generator), count: 32))
        case .signature: return bytes(64, &generator)
        case .identifier: return .text(["a", "city", "maker", "b-2"][Int.random(in: 0..<4, using: &generator)])
        case .time: return .unsigned(pick(0, TimeFormat.latest, &generator))
        case .height: return .unsigned(pick(0, .max, &generator))
        case .corporateNumber: return .unsigned(7_000_012_050_002)
        case .legalEntityIdentifier: return .byteString(Array("5493001KJTIIGC8Y1R12".utf8))
        case .choice(let choices):
            return .unsigned(choices[Int.random(in: 0..<choices.count, using: &generator)].number)
        case .choices(let choices):
            return .unsigned(choices.reduce(0) { $0 | (Bool.random(using: &generator) ? 1 << $1.number : 0) })
        case .list(let element, let count):
            let found = Int.random(
                in: count.lowerBound...min(count.upperBound, count.lowerBound + 3),
                using: &generator
            )
            return .array((0..<found).map { _ in element.sample(&generator) })
        case .record(let fields): return .map(fields.compactMap { $0.sample(&generator) })
        }
    }

    /// The ends of a range as often as what is between.
    private func pick(_ low: UInt64, _ high: UInt64, _ generator: inout some RandomNumberGenerator) -> UInt64 {
        switch UInt64.random(in: 0..<4, using: &generator) {
        case 0: low
        case 1: high
        case 2: min(high, max(low, 1_800_000_100_000))
        default: UInt64.random(in: low...high, using: &generator)
        }
    }

    private func bytes(_ count: Int, _ generator: inout some RandomNumberGenerator) -> CBORValue {
        .byteString((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// Few different values, so that calls meet each other's rows.
    private func few(_ count: Int, _ generator: inout some RandomNumberGenerator) -> CBORValue {
        .byteString([UInt8](repeating: UInt8.random(in: 0...3, using: &generator), count: count))
    }
}
