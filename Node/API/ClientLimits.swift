internal import Synchronization

/// A token bucket per client address, and counters for what only so many may do at once.
///
/// The table is bounded: buckets that are full again say nothing and go first, and if none is full a newcomer shares
/// one bucket with all other newcomers rather than pushing out somebody who is being held back.
final class ClientLimits: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: ContinuousClock.Instant
    }

    private let rate: Double
    private let burst: Double
    private let clientCount: Int
    private let buckets = Mutex<[String: Bucket]>([:])

    init(requestsPerSecond: Int, burst: Int, clientCount: Int = 4096) {
        self.rate = Double(requestsPerSecond)
        self.burst = Double(burst)
        self.clientCount = clientCount
    }

    /// Takes one token, or says after how many seconds there will be one.
    func take(_ client: String, now: ContinuousClock.Instant) -> Int? {
        buckets.withLock { buckets in
            var name = client
            if buckets[name] == nil, buckets.count >= clientCount {
                buckets = buckets.filter { level(of: $0.value, now: now) < burst }
                if buckets.count >= clientCount { name = "others" }
            }
            var bucket = buckets[name] ?? Bucket(tokens: burst, filledAt: now)
            bucket.tokens = level(of: bucket, now: now)
            bucket.filledAt = now
            guard bucket.tokens >= 1 else {
                buckets[name] = bucket
                return rate > 0 ? max(1, Int((1 / rate).rounded(.up))) : 60
            }
            bucket.tokens -= 1
            buckets[name] = bucket
            return nil
        }
    }

    private func level(of bucket: Bucket, now: ContinuousClock.Instant) -> Double {
        let passed = now - bucket.filledAt
        let seconds = Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
        return min(burst, bucket.tokens + max(0, seconds) * rate)
    }
}

/// So many of something at once, and no more.
final class Places: Sendable {
    private let limit: Int
    private let taken = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    var count: Int { taken.load(ordering: .relaxed) }

    /// False where all places are taken; whoever got one gives it back with `leave`.
    func enter() -> Bool {
        let (_, count) = taken.add(1, ordering: .relaxed)
        guard count <= limit else {
            taken.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func leave() { taken.subtract(1, ordering: .relaxed) }
}
