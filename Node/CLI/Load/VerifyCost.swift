internal import Foundation
internal import LedgerCrypto
internal import NIOPosix
internal import Primitives

/// t_verify: what one ES256K verification with a parsed key costs on this machine now. It is the least that a validator
/// can do for a transaction, so efficiency is measured against it.
struct VerifyCost: Sendable {
    /// Microseconds of CPU time for one verification.
    var microseconds: Double
    /// The share of all processors' time that others took meanwhile.
    var disturbance: Double

    /// On a thread of its own that stays on one processor, once the machine is quiet; what else runs meanwhile counts
    /// only by what it leaves in the caches, so the lower of two measurements is taken.
    static func measure(milliseconds: UInt64 = 500) async -> VerifyCost {
        await MachineUse.waitUntilQuiet(seconds: 5)
        let before = MachineUse.now
        let pool = NIOThreadPool(pinnedCPUIDs: [MachineUse.allowed.last ?? 0])
        pool.start()
        let result = try? await pool.runIfActive { run(milliseconds) }
        try? await pool.shutdownGracefully()
        let own = 1 / Double(max(1, ProcessInfo.processInfo.processorCount))
        return VerifyCost(
            microseconds: result ?? .nan,
            disturbance: max(0, MachineUse.now.busyShare(since: before) - own)
        )
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
