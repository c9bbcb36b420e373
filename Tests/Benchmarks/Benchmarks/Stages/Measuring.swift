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

/// What one repetition of a stage cost.
private struct Cost {
    var nanoseconds: Double
    var verifications: Double
    var allocations: Double

    /// Makes what the stage works on, off the clock, and repeats the stage.
    init<Subject>(
        repetitions: Int,
        of make: () throws -> Subject,
        _ run: (inout Subject, Int) throws -> Void
    ) throws {
        var subject = try make()
        let yardstick = verification.nanoseconds()
        let (time, count) = (threadNanoseconds(), allocation_count())
        for place in 0..<repetitions { try run(&subject, place) }
        nanoseconds = Double(threadNanoseconds() - time) / Double(repetitions)
        allocations = Double(allocation_count() - count) / Double(repetitions)
        verifications = nanoseconds / yardstick
        blackHole(subject)
    }
}

/// One stage: what is made for each repetition's sample, and what is repeated. A sample is the least of several, because
/// what else the machine does makes a stage slower and never faster.
func stage<Subject>(
    _ name: String,
    repetitions: Int,
    of make: @escaping () throws -> Subject,
    _ run: @escaping (inout Subject, Int) throws -> Void
) {
    let configuration = Benchmark.Configuration(
        metrics: [nanoseconds, share, allocations],
        warmupIterations: 1,
        scalingFactor: .one,
        maxDuration: .seconds(3),
        maxIterations: 20
    )
    Benchmark(name, configuration: configuration) { benchmark in
        var least = try Cost(repetitions: repetitions, of: make, run)
        for _ in 0..<7 {
            let cost = try Cost(repetitions: repetitions, of: make, run)
            if cost.verifications < least.verifications { least = cost }
        }
        benchmark.measurement(nanoseconds, Int(least.nanoseconds.rounded()))
        benchmark.measurement(share, Int((least.verifications * 10_000).rounded()))
        benchmark.measurement(allocations, Int(least.allocations.rounded()))
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
