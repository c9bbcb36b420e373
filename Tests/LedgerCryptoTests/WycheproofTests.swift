import Foundation
import LedgerCrypto
import Primitives
import Testing

/// A test file of Project Wycheproof, as far as it is read here.
private struct WycheproofFile: Decodable {
    struct Group: Decodable {
        struct Key: Decodable { let uncompressed: String }
        struct Case: Decodable {
            let tcId: Int
            let msg: String
            let sig: String
            let result: String
            let flags: [String]
        }

        let publicKey: Key
        let tests: [Case]
    }

    let numberOfTests: Int
    let testGroups: [Group]
}

@Suite struct WycheproofTests {
    @Test(
        "ECDSA with r ‖ s: valid in low-s form exactly where Wycheproof says valid",
        .enabled(if: SharedVectors.arePresent, Comment(rawValue: SharedVectors.absence))
    )
    func fixedLength() throws {
        let file = try load("wycheproof-ecdsa-secp256k1-sha256-p1363.json")
        var run = 0
        var highS = 0
        for group in file.testGroups {
            let key = try verificationKey(group)
            for test in group.tests {
                run += 1
                let digest = SHA256Function.digest(of: try bytes(test.msg))
                let isValid = test.result == "valid"
                guard let signature = Signature(try bytes(test.sig)) else {
                    #expect(!isValid, "\(test.tcId): a signature of 64 bytes was refused")
                    continue
                }
                if isValid, !signature.hasLowS { highS += 1 }
                #expect(key.verify(lowS(signature), over: digest) == isValid, "\(test.tcId)")
                #expect(key.verify(signature, over: digest) == (isValid && signature.hasLowS), "\(test.tcId)")
            }
        }
        #expect(run == file.numberOfTests && run > 200)
        #expect(highS > 0)
    }

    @Test(
        "ECDSA as Bitcoin has it, where a high s is invalid",
        .enabled(if: SharedVectors.arePresent, Comment(rawValue: SharedVectors.absence))
    )
    func bitcoin() throws {
        let file = try load("wycheproof-ecdsa-secp256k1-sha256-bitcoin.json")
        var run = 0
        for group in file.testGroups {
            let key = try verificationKey(group)
            for test in group.tests {
                run += 1
                let digest = SHA256Function.digest(of: try bytes(test.msg))
                let signature = signature(fromDER: try bytes(test.sig))
                let accepted = signature.map { key.verify($0, over: digest) } ?? false
                #expect(accepted == (test.result == "valid"), "\(test.tcId) \(test.flags)")
            }
        }
        #expect(run == file.numberOfTests && run > 300)
    }

    private func load(_ name: String) throws -> WycheproofFile {
        try JSONDecoder().decode(WycheproofFile.self, from: SharedVectors.data(name))
    }

    private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

    private func verificationKey(_ group: WycheproofFile.Group) throws -> VerificationKey {
        let point = try bytes(group.publicKey.uncompressed)
        try #require(point.count == 65 && point[0] == 4)
        let compressed = [point[64] & 1 == 1 ? 3 : 2] + point[1...32]
        let key = try #require(PublicKey(compressed))
        return try #require(VerificationKey(key))
    }

    /// Strict DER of two positive integers of at most 32 bytes; the chain itself knows no DER.
    private func signature(fromDER bytes: [UInt8]) -> Signature? {
        guard bytes.count >= 2, bytes[0] == 0x30, bytes[1] < 0x80, Int(bytes[1]) == bytes.count - 2 else { return nil }
        var rest = bytes.dropFirst(2)
        guard let r = integer(&rest), let s = integer(&rest), rest.isEmpty else { return nil }
        return Signature(r: r, s: s)
    }

    private func integer(_ rest: inout ArraySlice<UInt8>) -> Digest? {
        guard rest.popFirst() == 0x02, let length = rest.popFirst(), length > 0, length < 0x80,
            rest.count >= Int(length)
        else { return nil }
        var content = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        guard let first = content.first, first < 0x80 else { return nil }
        if first == 0, content.count > 1 {
            content = content.dropFirst()
            guard let next = content.first, next >= 0x80 else { return nil }
        }
        guard content.count <= 32 else { return nil }
        return Digest([UInt8](repeating: 0, count: 32 - content.count) + content)
    }
}
