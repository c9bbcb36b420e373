import AllocationCounter
import Benchmark
import Foundation
import LedgerCrypto
import Primitives

// The package's own metrics count too coarsely: CPU time in ticks of 10 ms, and allocations not at all without its
// interposer. So each stage is repeated within one sample, its thread's time and allocations are read around it, and
// the parts of one repetition are the metrics.

private let nanoseconds = BenchmarkMetric.custom("CPU, ns", polarity: .prefersSmaller, useScalingFactor: false)
/// Machines change speed by up to two between hours; this changes less.
private let share = BenchmarkMetric.custom(
    "CPU, ten-thousandths of a verification",
    polarity: .prefersSmaller,
    useScalingFactor: false
)
private let allocations = BenchmarkMetric.custom("allocations", polarity: .prefersSmaller, useScalingFactor: false)

/// CPU time of the calling thread.
func threadNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A verification with a parsed key, the yardstick.
private struct Verification {
    private let key: VerificationKey
    private let signature: Signature
    private let digest = SHA256Function.digest(of: [1])

    init() {
        let signing = PrivateKey.generate()
        signature = signing.sign(digest: digest)
        guard let key = VerificationKey(signing.publicKey) else { fatalError("a generated key is none") }
        self.key = key
    }

    /// What one costs here and now.
    func nanoseconds() -> Double {
        let start = threadNanoseconds()
        for _ in 0..<30 { blackHole(key.verify(signature, over: digest)) }
        return Double(threadNanoseconds() - start) / 30
    }
}

private let verification = Verification()

/// One stage: what is made for a sample off the clock, and what is repeated on it.
func stage<Subject>(
    _ name: String,
    repetitions: Int,
    of make: @escaping () throws -> Subject,
    _ run: @escaping (inout Subject, Int) throws -> Void
) {
    let configuration = Benchmark.Configuration(
        metrics: [nanoseconds, share, allocations],
        warmupIterations: 3,
        scalingFactor: .one,
        maxDuration: .seconds(2),
        maxIterations: 60
    )
    Benchmark(name, configuration: configuration) { benchmark in
        var subject = try make()
        let yardstick = verification.nanoseconds()
        let (time, count) = (threadNanoseconds(), allocation_count())
        for place in 0..<repetitions { try run(&subject, place) }
        let spent = Double(threadNanoseconds() - time) / Double(repetitions)
        let allocated = Double(allocation_count() - count) / Double(repetitions)
        benchmark.measurement(nanoseconds, Int(spent.rounded()))
        benchmark.measurement(share, Int((spent / yardstick * 10_000).rounded()))
        benchmark.measurement(allocations, Int(allocated.rounded()))
        blackHole(subject)
    }
}

struct Failure: Error {}

/// A directory for one benchmark, gone when the value is.
final class ScratchDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "akashi-benchmark-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
