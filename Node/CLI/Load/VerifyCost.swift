internal import Foundation
internal import LedgerCrypto
internal import Primitives

/// t_verify: what one ES256K verification with a parsed key costs on this machine now (architecture.md, "Performance
/// budget"). It is the least that a validator can do for a transaction, so efficiency is measured against it.
enum VerifyCost {
    /// Microseconds of CPU time of a thread of its own: what else runs meanwhile counts only by what it leaves in the
    /// caches, so the lower of two measurements is taken.
    static func measure(milliseconds: UInt64 = 500) async -> Double {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(returning: run(milliseconds))
            }
            thread.start()
        }
    }

    private static func run(_ milliseconds: UInt64) -> Double {
        let key = PrivateKey.generate()
        // Different digests, so that nothing of one verification helps the next.
        let digests = (0..<256).map { SHA256Function.digest(of: [UInt8($0), 0x76]) }
        let signatures = digests.map { key.sign(digest: $0) }
        guard let verification = VerificationKey(key.publicKey) else { return .nan }
        var count = 0
        var valid = 0
        let start = now
        var end = start
        repeat {
            for (digest, signature) in zip(digests, signatures) where verification.verify(signature, over: digest) {
                valid += 1
            }
            count += digests.count
            end = now
        } while end - start < milliseconds * 1_000_000
        return valid == count ? Double(end - start) / Double(count) / 1000 : .nan
    }

    private static var now: UInt64 { ProcessTime.threadNanoseconds ?? LoadRecord.now }
}
