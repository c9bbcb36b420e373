import Primitives
import SeededRandom
import Testing

@Suite struct CBORFuzzTests {
    @Test("every value comes back from its encoding", arguments: 0..<8 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let value = CBORValue.random(depth: 4, using: &random)
            let bytes = value.encoded
            let decoded = try CBORValue(decoding: bytes)
            #expect(decoded.encoded == bytes, "seed \(seed)")
        }
    }

    @Test(
        "whatever becomes of an encoding, the decoder ends with a value or an error, and a value that it accepts encodes to the same bytes",
        arguments: 0..<16 as Range<UInt64>
    )
    func mutation(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 1000)
        var accepted = 0
        for _ in 0..<2000 {
            var bytes = CBORValue.random(depth: 4, using: &random).encoded
            mutate(&bytes, using: &random)
            if let value = try? CBORValue(decoding: bytes) {
                accepted += 1
                #expect(value.encoded == bytes, "seed \(seed): \(Hex.encode(bytes))")
            }
            var decoder = CBORDecoder(bytes)
            let isSkipped = (try? decoder.skipItem()) != nil && decoder.isAtEnd
            #expect(isSkipped == ((try? CBORValue(decoding: bytes)) != nil), "seed \(seed): \(Hex.encode(bytes))")
        }
        #expect(accepted > 0 && accepted < 2000)
    }

    @Test("random bytes are never accepted in two forms", arguments: 0..<8 as Range<UInt64>)
    func noise(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 9000)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            guard let value = try? CBORValue(decoding: bytes) else { continue }
            #expect(value.encoded == bytes, "seed \(seed): \(Hex.encode(bytes))")
        }
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[position] = .random(in: 0...255, using: &random)
            case 2: bytes.remove(at: position)
            case 3: bytes.insert(.random(in: 0...255, using: &random), at: position)
            default: bytes.removeLast(bytes.count - position)
            }
        }
    }
}

extension CBORValue {
    /// A value with every kind and every width of head.
    static func random(depth: Int, using random: inout SplitMix64) -> CBORValue {
        let width = UInt64.random(in: 0..<64, using: &random)
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: return .unsigned(random.next() >> width)
        case 1: return .negative(random.next() >> width)
        case 2:
            let count = Int.random(in: 0...40, using: &random)
            return .byteString((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        case 3:
            return .text(
                String(
                    (0..<Int.random(in: 0...30, using: &random)).map { _ in "aé水🙂z".randomElement(using: &random) ?? "a"
                    }
                )
            )
        case 4: return .boolean(Bool.random(using: &random))
        case 5: return .null
        case 6:
            return .array(
                (0..<Int.random(in: 0...5, using: &random)).map { _ in .random(depth: depth - 1, using: &random) }
            )
        case 7:
            return .map(
                (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    Pair(.random(depth: depth - 1, using: &random), .random(depth: depth - 1, using: &random))
                }
            )
        default: return .tagged(random.next() >> width, .random(depth: depth - 1, using: &random))
        }
    }
}
