internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NodeAPI
internal import Primitives
internal import Synchronization

/// Sends signed requests to the validators in turn.
final class LoadDriver: Sendable {
    private let client: HTTPClient
    private let urls: [String]
    private let load: SignedLoad
    private let record: LoadRecord
    private let next = Atomic<Int>(0)
    /// Requests of an open loop on their way at once; what comes beyond it is not sent, and counted as refused.
    private static let openLoopLimit = 4096

    init(client: HTTPClient, urls: [String], load: SignedLoad, record: LoadRecord) {
        self.client = client
        self.urls = urls
        self.load = load
        self.record = record
    }

    /// How many requests have been taken.
    var position: Int { min(next.load(ordering: .relaxed), load.requests.count) }

    /// Closed loop: so many requests on their way at any time, each until all its transactions are final.
    func drive(inFlight: Int, until deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<inFlight {
                group.addTask { await self.work(worker, until: deadline) }
            }
        }
    }

    /// One client. Where a validator turns it away, it comes again after the pause it was told, at the next validator;
    /// latency counts from the first time.
    private func work(_ worker: Int, until deadline: ContinuousClock.Instant) async {
        var target = worker
        while ContinuousClock.now < deadline, let request = take() {
            await ready(request)
            let start = LoadRecord.now
            while let seconds = await send(
                request,
                to: urls[target % urls.count],
                scheduledAt: start,
                isPatient: ContinuousClock.now < deadline
            ) {
                target += 1
                try? await Task.sleep(for: .seconds(seconds))
            }
            await record.settled(request)
        }
    }

    /// Open loop: requests leave at their appointed times, whatever has become of the earlier ones. Latency counts
    /// from the appointed time, so that a generator or node that falls behind cannot hide it.
    func drive(rate: Double, perRequest: Int, until deadline: ContinuousClock.Instant) async {
        let interval = Duration.nanoseconds(Int64(1e9 * Double(perRequest) / rate))
        let start = ContinuousClock.now
        let offset = LoadRecord.now
        await withDiscardingTaskGroup { group in
            let onTheWay = Places(LoadDriver.openLoopLimit)
            var count = 0
            while true {
                let appointed = start + interval * count
                guard appointed < deadline, let request = take() else { break }
                if appointed > .now { try? await Task.sleep(until: appointed, clock: .continuous) }
                let parts = (appointed - start).components
                let sentAt = offset + UInt64(parts.seconds) * 1_000_000_000 + UInt64(parts.attoseconds / 1_000_000_000)
                let url = urls[count % urls.count]
                count += 1
                guard onTheWay.enter() else {
                    record.sent(load.requests[request].places, at: sentAt, late: lateness(since: sentAt))
                    end(request, .unreached, "HELD_BACK")
                    continue
                }
                group.addTask {
                    await self.ready(request)
                    _ = await self.send(request, to: url, scheduledAt: sentAt, isPatient: false)
                    await self.record.settled(request)
                    onTheWay.leave()
                }
            }
        }
    }

    /// Waits for the steps before those of the request. What that costs in an open loop counts as latency.
    private func ready(_ request: Int) async {
        for earlier in load.requests[request].after { await record.settled(earlier) }
    }

    private func lateness(since appointed: UInt64) -> UInt64 {
        let now = LoadRecord.now
        return now - min(now, appointed)
    }

    private func take() -> Int? {
        let request = next.add(1, ordering: .relaxed).oldValue
        return request < load.requests.count ? request : nil
    }

    /// Sends one request. Who is patient and turned away is told after how many seconds to come again; whoever is not
    /// has been refused.
    private func send(
        _ request: Int,
        to url: String,
        scheduledAt time: UInt64,
        isPatient: Bool
    ) async -> Int? {
        var message = HTTPClientRequest(url: url + "/v1/transactions")
        message.method = .POST
        message.headers.add(name: "Content-Type", value: "application/cbor-seq")
        message.headers.add(name: "Prefer", value: "return=minimal")
        message.body = .bytes(load.requests[request].body)
        record.sent(load.requests[request].places, at: time, late: lateness(since: time))
        do {
            let response = try await client.execute(message, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: 16 << 20)
            let retryAfter = response.headers.first(name: "Retry-After")
            let status = response.status.code
            if retryAfter != nil || status == 429 || status == 503 {
                record.turnedAway(status: status, saysWhen: retryAfter != nil)
                if isPatient, status != 200, let seconds = retryAfter.flatMap({ Int($0) }) { return seconds }
            }
            read(Array(body.readableBytesView), status: status, of: request)
        } catch {
            end(request, .unreached, "UNREACHED \(String(describing: error).prefix(80))")
        }
        return nil
    }

    private func read(_ body: [UInt8], status: UInt, of request: Int) {
        let places = load.requests[request].places
        guard case .object(let members) = try? JSONValue(parsing: body) else {
            return end(request, .unreached, "UNREADABLE")
        }
        guard status == 200, case .array(let results) = members["results"] else {
            var code = "HTTP_\(status)"
            if case .string(let word) = members["code"] { code = word }
            return end(request, .refused, code)
        }
        let now = LoadRecord.now
        record.end(
            results.compactMap { result in
                guard case .object(let answer) = result, case .unsigned(let index) = answer["index"],
                    let place = Int(exactly: index), place < places.count
                else { return nil }
                let absolute = places.lowerBound + place
                // Final already: the block was quicker than this answer.
                if answer["status"] == .string("final") { return (absolute, .final, nil) }
                guard case .string(let code) = answer["code"] else { return (absolute, .refused, "REFUSED") }
                return (absolute, .refused, code)
            },
            at: now
        )
    }

    private func end(_ request: Int, _ outcome: LoadRecord.Outcome, _ code: String) {
        record.end(load.requests[request].places.map { ($0, outcome, code) }, at: LoadRecord.now)
    }
}

/// So many at once, and no more.
private final class Places: Sendable {
    private let limit: Int
    private let taken = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    func enter() -> Bool {
        guard taken.add(1, ordering: .relaxed).newValue <= limit else {
            leave()
            return false
        }
        return true
    }

    func leave() { taken.subtract(1, ordering: .relaxed) }
}
