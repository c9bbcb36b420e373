internal import AkashiClient
internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import Histogram
internal import NIOCore
internal import Primitives

/// One run: accounts, signatures, warming up, the measured part, the rest that is still on its way, the figures.
struct LoadRun {
    private let options: LoadCommand
    private let mix: LoadMix
    private let urls: [String]
    private let processes: [Int]

    /// Transactions per second that a closed loop is given at most, unless it is told how many.
    private static let closedLoopCeiling = 4000

    init(_ options: LoadCommand) throws {
        self.options = options
        guard let mix = LoadMix(options.mix) else { throw ClientError("USAGE", "--mix cannot be read") }
        self.mix = mix
        if let pids = options.pids {
            processes = pids.split(separator: ",").compactMap { Int($0) }
        } else {
            processes = ProcessTime.validators(in: options.testnet)
        }
        if let nodes = options.nodes {
            urls = nodes.split(separator: ",").map(String.init)
        } else {
            let port = LoadRun.firstPort(of: options.testnet)
            urls = (0..<max(1, processes.count)).map { "http://127.0.0.1:\(port + $0)" }
        }
    }

    /// The port of validator 0, as `testnet/up` wrote it down.
    private static func firstPort(of directory: String) -> Int {
        let settings = (try? String(contentsOfFile: directory + "/settings", encoding: .utf8)) ?? ""
        let line = settings.split(separator: "\n").first { $0.hasPrefix("api_port=") }
        return line.flatMap { Int($0.dropFirst("api_port=".count)) } ?? 7100
    }

    func run() async throws -> LoadReport {
        let nodes = try NodeOptions.parse(["--node", urls.joined(separator: ",")])
        let session = try await Session.open(nodes, ChainOptions.parse([]))
        let keys = try openKeys()
        let accounts = try await LoadAccounts(session: session, keys: keys).make(options.accounts, for: mix)
        let height = try await session.client.status().certifiedHeight
        let load = try await SignedLoad.sign(
            transactionCount,
            mix: mix,
            accounts: accounts,
            perRequest: options.perRequest,
            height: height,
            session: session
        )
        var report = LoadReport()
        report.mode = options.rate.map { "open loop at \(Int($0)) per second" } ?? "closed loop of \(options.inFlight)"
        report.mix = mix.text
        report.perRequest = options.perRequest
        report.accounts = accounts.count
        report.validators = urls.count
        report.byteCount = load.byteCount
        report.verifyMicroseconds.append(await VerifyCost.measure())
        try await measure(load, into: &report)
        report.verifyMicroseconds.append(await VerifyCost.measure())
        return report
    }

    private var transactionCount: Int {
        let time = options.seconds + options.warmUp
        if let rate = options.rate { return Int(rate * Double(time)) + options.perRequest * 2 }
        return options.transactions ?? time * LoadRun.closedLoopCeiling
    }

    /// The test network's keys, under the passphrase that lies beside them.
    private func openKeys() throws -> KeyStore {
        let directory = options.testnet + "/clients"
        var passphrase = try SecretFile.read(directory + "/passphrase")
        while passphrase.last == 0x0A { passphrase.removeLast() }
        return try KeyStore(decoding: SecretFile.read(directory + "/keys"), passphrase: passphrase)
    }

    private func measure(_ load: SignedLoad, into report: inout LoadReport) async throws {
        var settings = HTTPClient.Configuration()
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(8, options.inFlight)
        settings.decompression = .disabled
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
        let record = LoadRecord(load, perRequest: options.perRequest)
        let follower = BlockFollower(client: client, urls: urls.reversed(), record: record)
        let (connections, connected) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let following = Task { await follower.run { connected.yield(()) } }
        for await _ in connections { break }
        let driver = LoadDriver(client: client, urls: urls, load: load, record: record)
        progress("warming up…")
        await drive(driver, record, seconds: options.warmUp)
        guard !record.isAbandoned else {
            throw ClientError("TIMEOUT", "what was sent to warm up is not final after \(options.drain) s")
        }
        let first = driver.position
        let before = processes.map { ProcessTime.microseconds(of: $0) }
        let generatorBefore = ProcessTime.own
        let start = LoadRecord.now
        progress("measuring…")
        let end = await drive(driver, record, seconds: options.seconds)
        let generatorAfter = ProcessTime.own
        let after = processes.map { ProcessTime.microseconds(of: $0) }
        following.cancel()
        report.validatorMemory = processes.compactMap { ProcessTime.memory(of: $0) }
        report.generatorMicroseconds = Double(generatorAfter - generatorBefore)
        report.validatorMicroseconds = zip(before, after).compactMap { before, after in
            guard let before, let after, after >= before else { return nil }
            return Double(after - before)
        }
        let last = driver.position
        guard first < last else {
            throw ClientError("USAGE", "nothing was left to measure: sign more with --transactions")
        }
        let places = load.requests[first].places.lowerBound..<load.requests[last - 1].places.upperBound
        report.count(record.entries[places], since: start, until: end)
        report.codes = record.codes
        try await client.shutdown()
    }

    /// Sends for so long, then waits for what is on its way. Returns when the sending ended.
    @discardableResult
    private func drive(_ driver: LoadDriver, _ record: LoadRecord, seconds: Int) async -> UInt64 {
        let duration = Duration.seconds(seconds)
        let deadline = ContinuousClock.now + duration
        let end = LoadRecord.now + UInt64(seconds) * 1_000_000_000
        let patience = Duration.seconds(options.drain)
        let giveUp = Task {
            try await Task.sleep(until: deadline + patience, clock: .continuous)
            record.abandon()
        }
        defer { giveUp.cancel() }
        if let rate = options.rate {
            await driver.drive(rate: rate, perRequest: options.perRequest, until: deadline)
        } else {
            await driver.drive(inFlight: options.inFlight, until: deadline)
        }
        // A closed loop that runs out of transactions ends early, and is measured over the time that it had.
        return min(end, LoadRecord.now)
    }
}
