import PeerNetwork
import Primitives
import SeededRandom
import Testing

@Suite("HELLO")
struct HelloTests {
    static let chain = Digest(words: (1, 2, 3, 4))
    static let hello = Hello(chain: chain, index: 2, softwareVersion: "akashi 0.1.0")

    @Test("A HELLO is read as it was written, and is short")
    func roundTrip() throws {
        #expect(try Hello(decoding: Self.hello.encoded) == Self.hello)
        let longest = Hello(
            protocolVersion: .max,
            chain: Self.chain,
            index: .max,
            softwareVersion: String(repeating: "x", count: 1000)
        )
        #expect(longest.encoded.count <= Hello.byteCount)
        #expect(try Hello(decoding: longest.encoded) == longest)
    }

    @Test("A HELLO without an index is a follower's, whatever certificate it comes with")
    func follower() throws {
        let hello = Hello(chain: Self.chain, index: nil, softwareVersion: "akashi 0.1.0")
        #expect(try Hello(decoding: hello.encoded) == hello)
        #expect(hello.refusal(chain: Self.chain, certificateOf: nil) == nil)
        #expect(hello.refusal(chain: Self.chain, certificateOf: 2) == nil)
        #expect(hello.refusal(chain: .zero, certificateOf: nil) == .chain)
        #expect(Self.hello.refusal(chain: Self.chain, certificateOf: nil) == .claimedIndex)
    }

    @Test("A HELLO must agree in protocol, chain and the validator of the certificate")
    func refusals() {
        #expect(Self.hello.refusal(chain: Self.chain, certificateOf: 2) == nil)
        #expect(Self.hello.refusal(chain: .zero, certificateOf: 2) == .chain)
        #expect(Self.hello.refusal(chain: Self.chain, certificateOf: 1) == .claimedIndex)
        let newer = Hello(protocolVersion: 2, chain: Self.chain, index: 2, softwareVersion: "")
        #expect(newer.refusal(chain: Self.chain, certificateOf: 2) == .protocolVersion)
        let huge = Hello(chain: Self.chain, index: .max, softwareVersion: "")
        #expect(huge.refusal(chain: Self.chain, certificateOf: 2) == .claimedIndex)
    }

    @Test("A peer's version is printable when it reaches a log or a page, whatever it sent")
    func version() throws {
        var encoder = CBOREncoder()
        encoder.array(4)
        encoder.unsigned(1)
        encoder.byteString(Self.chain)
        encoder.unsigned(0)
        encoder.text("a\n\u{1b}[31m証")
        #expect(try Hello(decoding: encoder.bytes).softwareVersion == "a??[31m???")
    }

    @Test("Changed, cut and lengthened HELLOs never crash, and none is taken for another encoding of one")
    func fuzz() {
        var generator = SplitMix64(seed: 3)
        let encoded = Self.hello.encoded
        for _ in 0..<5000 {
            var bytes = encoded
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            case 1: bytes += generator.bytes(Int.random(in: 1...8, using: &generator))
            default: bytes[Int.random(in: 0..<bytes.count, using: &generator)] = generator.bytes(1)[0]
            }
            guard let hello = try? Hello(decoding: bytes) else { continue }
            // What is read either encodes to the same bytes, or differs only in what was not printable.
            #expect(hello.encoded.count == bytes.count)
        }
    }
}
