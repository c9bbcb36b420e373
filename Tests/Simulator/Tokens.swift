package import Consensus
package import Primitives

/// Hashes and signatures of the simulation. A signature is a token that anyone can check and, by convention of the
/// adversary's code, only its signer makes: unforgeable, at a thousandth of the cost.
package enum Tokens {
    package static func mix(_ words: UInt64...) -> UInt64 {
        var state: UInt64 = 0x243F_6A88_85A3_08D3
        for word in words {
            state ^= word
            state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
            state ^= state >> 31
        }
        return state
    }

    package static func digest(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) -> Digest {
        Digest(words: (first, second, third, fourth))
    }

    /// Eight bytes at a time; collisions are as unlikely as it takes.
    package static let hashing: Hashing = { bytes in
        var left: UInt64 = 0x1319_8A2E_0370_7344
        var right: UInt64 = UInt64(bytes.count) ^ 0xA409_3822_299F_31D0
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            guard index & 7 == 7 else { continue }
            left = (left ^ word) &* 0x9E37_79B9_7F4A_7C15
            right = (right &+ left) ^ (right >> 29)
            right = right &* 0xBF58_476D_1CE4_E5B9
            word = 0
        }
        left = mix(left, word)
        right = mix(right, left, word)
        return digest(left, right, mix(left, right), mix(right, 1))
    }

    package static func signature(of statement: Statement, by signer: ReplicaID) -> Signature {
        let words = statement.digest.words
        let token = mix(
            UInt64(signer.index) + 1,
            statement.kind.rawValue,
            statement.epoch,
            statement.view,
            statement.position,
            words.0,
            words.1
        )
        return Signature(r: digest(token, words.2, words.3, 0), s: .zero)
    }

    package static func isValid(_ check: SignatureCheck) -> Bool {
        signature(of: check.statement, by: check.signer) == check.signature
    }
}
