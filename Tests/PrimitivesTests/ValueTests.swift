import Primitives
import SeededRandom
import Testing

@Suite struct ValueTests {
    @Test("digests compare as their bytes do")
    func digestOrder() throws {
        var random = SplitMix64(seed: 7)
        var digests = (0..<200).map { _ in
            Digest(words: (random.next() >> 60, random.next() >> 60, random.next(), random.next()))
        }
        digests.append(.zero)
        for pair in zip(digests, digests.reversed()) {
            #expect((pair.0 < pair.1) == pair.0.bytes.lexicographicallyPrecedes(pair.1.bytes))
        }
        for digest in digests {
            #expect(Digest(digest.bytes) == digest)
            #expect(Digest(hex: digest.hex) == digest)
            #expect((0..<32).map { digest[$0] } == digest.bytes)
        }
    }

    @Test(
        "a digest has 32 bytes and lower-case digits",
        arguments: [
            "", "00", String(repeating: "0", count: 63), String(repeating: "AB", count: 32),
            String(repeating: "zz", count: 32),
        ]
    )
    func noDigest(hex: String) {
        #expect(Digest(hex: hex) == nil)
        #expect(Digest([UInt8](repeating: 0, count: 31)) == nil)
        #expect(Digest([UInt8](repeating: 0, count: 33)[1...]) != nil)
    }

    @Test(
        "identifiers are short, lower-case, and hide no number",
        arguments: [
            ("a", true), ("air-quality-2024", true), ("123456", true), ("123456-123456", true), ("1234567", false),
            ("a1234567b", false), ("", false), (String(repeating: "a", count: 64), true),
            (String(repeating: "a", count: 65), false), ("A", false), ("a b", false), ("a_b", false), ("é", false),
            ("a@b", false), ("１２３", false), ("a\0", false),
        ]
    )
    func identifiers(text: String, isValid: Bool) {
        #expect((Identifier(text) != nil) == isValid)
        if isValid { #expect(Identifier(text)?.text == text) }
    }

    @Test("heights saturate instead of overflowing (failure 2's arithmetic)")
    func heights() {
        #expect(Height(.max).advanced(by: 1) == Height(.max))
        #expect(Height(5).reduced(by: 9) == .genesis)
        #expect(Height(5).advanced(by: 3).reduced(by: 8) == .genesis)
    }

    @Test("public keys and signatures have one length each")
    func lengths() {
        #expect(PublicKey([2] + [UInt8](repeating: 1, count: 32)) != nil)
        #expect(PublicKey([2] + [UInt8](repeating: 1, count: 31)) == nil)
        #expect(PublicKey([5] + [UInt8](repeating: 1, count: 32)) == nil)
        #expect(Signature([UInt8](repeating: 1, count: 63)) == nil)
        #expect(Signature([UInt8](repeating: 1, count: 65)) == nil)
        let bytes = (0..<64 as Range<UInt8>).map { $0 }
        #expect(Signature(bytes)?.bytes == bytes)
    }

    @Test("a statement is bound to each of its parts (failures 3 and 21)")
    func statements() {
        let one = Digest(words: (1, 2, 3, 4))
        let other = Digest(words: (4, 3, 2, 1))
        var encodings: Set<[UInt8]> = []
        var count = 0
        for kind in Statement.Kind.allCases {
            for chain in [one, other] {
                for epoch in [0, 1] as [UInt64] {
                    for position in [0, 1] as [UInt64] {
                        for digest in [one, other] {
                            for view in kind == .attest ? [0] : [0, 1, .max] as [UInt64] {
                                let statement = Statement(
                                    kind: kind,
                                    chain: chain,
                                    epoch: epoch,
                                    view: view,
                                    position: position,
                                    digest: digest
                                )
                                encodings.insert(statement.encoded)
                                count += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(encodings.count == count)
        let attested = Statement(kind: .attest, chain: one, epoch: 1, view: 9, position: 2, digest: other)
        #expect(attested.view == 0)
    }
}
