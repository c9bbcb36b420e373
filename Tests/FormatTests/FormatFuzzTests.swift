import Ledger
import LedgerCrypto
import Primitives
import SeededRandom
import Testing

/// Failures 15, 17 and 19 for every structure that comes from others.
@Suite struct FormatFuzzTests {
    /// A structure, and what the code makes of bytes that claim to be one: their encoding, or nothing.
    private struct Subject {
        let name: String
        let bytes: [UInt8]
        let decode: ([UInt8]) -> [UInt8]?
    }

    private func subjects() throws -> [Subject] {
        let fixture = try Fixture()
        let header = fixture.header()
        let certificate = try fixture.certificate(header, signers: [0, 1, 3])
        let event = Event(
            contract: try #require(Identifier("marketplace")),
            name: try #require(Identifier("published")),
            fields: CBORValue.map([.init(.unsigned(1), .text("a"))]).encoded
        )
        let receipt = Receipt(
            transaction: header.digest,
            height: Height(9),
            index: 3,
            status: .ok,
            events: [event, event],
            used: 7
        )
        let state = StateProof(key: [1, 2], finding: .value([3]), siblings: [header.digest, StateHash.empty])
        let proof = try fixture.proofs(count: 3)[1]
        let inclusion = ProofFile.ReceiptInclusion(
            receipt: receipt.encoded,
            path: try #require(InclusionPath(to: 1, in: [header.digest, receipt.leaf, header.digest]))
        )
        let eventProof = ProofFile(
            header: header,
            certificate: certificate,
            subject: .event(digest: event.digest, inclusion)
        )
        let entry = TreeEntry(header: header, transaction: [1], index: 1, size: 3, path: [.zero, header.digest])
        let cose = CoseReceipt(entry, signedWith: fixture.validatorKeys[0])
        return [
            Subject(name: "event proof", bytes: eventProof.encoded) { (try? ProofFile(decoding: $0))?.encoded },
            Subject(name: "COSE receipt", bytes: cose.encoded) { (try? CoseReceipt(decoding: $0))?.encoded },
            Subject(name: "header", bytes: header.encoded) { (try? Header(decoding: $0))?.encoded },
            Subject(name: "certificate", bytes: certificate.encoded) { (try? Certificate(decoding: $0))?.encoded },
            Subject(name: "receipt", bytes: receipt.encoded) { (try? Receipt(decoding: $0))?.encoded },
            Subject(name: "genesis", bytes: fixture.chain.bytes) { (try? Chain(decoding: $0))?.genesis.encoded },
            Subject(name: "state proof", bytes: state.encoded) { (try? StateProof(decoding: $0))?.encoded },
            Subject(name: "proof file", bytes: proof.encoded) { (try? ProofFile(decoding: $0))?.encoded },
        ]
    }

    @Test(
        "whatever becomes of a structure, its decoder ends, and what it accepts has one encoding",
        arguments: 0..<4 as Range<UInt64>
    )
    func mutations(seed: UInt64) throws {
        for subject in try subjects() {
            #expect(subject.decode(subject.bytes) == subject.bytes, "\(subject.name)")
            var random = SplitMix64(seed: seed)
            for _ in 0..<600 {
                var bytes = subject.bytes
                for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                    mutate(&bytes, using: &random)
                }
                if let encoded = subject.decode(bytes) {
                    #expect(encoded == bytes, "\(subject.name), seed \(seed): \(Hex.encode(bytes))")
                }
            }
        }
    }

    @Test("no beginning of a structure is one, nor is one with a byte more")
    func truncation() throws {
        for subject in try subjects() {
            for count in 0..<subject.bytes.count {
                #expect(subject.decode(Array(subject.bytes.prefix(count))) == nil, "\(subject.name), \(count)")
            }
            #expect(subject.decode(subject.bytes + [0]) == nil, "\(subject.name)")
        }
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        let position = Int.random(in: 0..<bytes.count, using: &random)
        // Heads and small numbers are hit more often than digests.
        let heads: [UInt8] = [0, 1, 0x17, 0x18, 0x1B, 0x58, 0x80, 0x9B, 0xA0, 0xBF, 0xF6, 0xFF]
        let byte = heads.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[position] = byte
        case 2: bytes.remove(at: position)
        default: bytes.insert(byte, at: position)
        }
    }
}
