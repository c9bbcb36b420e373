internal import AkashiClient
internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import Primitives

/// Runs on one network: accounts once, then for each run signatures, warming up, the measured part, the rest that is
/// still on its way, the figures.
struct LoadRun {
    private let options: LoadCommand
    private let mix: LoadMix
    private let urls: [String]
    private let processes: [Int]

    /// Transactions per second that a closed loop is given at most, unless it is told how many.
    private static let closedLoopCeiling = 5000

    init(_ options: LoadCommand) throws {
        self.options = options
        guard let mix = LoadMix(options.mix) else { throw ClientError("USAGE", "--mix cannot be read") }
        self.mix = mix
        processes = options.processes ?? ProcessTime.validators(in: options.testnet)
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

    /// Hands over each report as soon as it is there.
    func run(_ finished: (LoadReport) throws -> Void) async throws {
        let nodes = try NodeOptions.parse(["--node", urls.joined(separator: ",")])
        let session = try await Session.open(nodes, ChainOptions.parse([]))
        let cast = try await LoadAccounts(session: session, keys: openKeys()).make(options.accounts, for: mix)
        for number in 1...options.runs {
            if options.runs > 1 { progress("run \(number) of \(options.runs)") }
            try finished(await run(cast, session))
        }
    }

    private func run(_ cast: LoadCast, _ session: Session) async throws -> LoadReport {
        let plan = SignedLoad.Plan(
            mix: mix,
            count: transactionCount,
            perRequest: options.perRequest,
            spread: spread,
            payload: options.payload,
            height: try await session.client.status().certifiedHeight
        )
        let load = try await SignedLoad.sign(plan, cast: cast, session: session)
        var report = LoadReport()
        report.mode = options.rate.map { "open loop at \(Int($0)) per second" } ?? "closed loop of \(options.inFlight)"
        report.mix = mix.text
        report.perRequest = options.perRequest
        report.accounts = cast.accounts.count
        report.validatorCount = urls.count
        report.byteCount = load.byteCount
        report.signedCount = load.ids.count
        let before = await VerifyCost.measure()
        try await measure(load, into: &report)
        let after = await VerifyCost.measure()
        report.verifyMicroseconds = [before.microseconds, after.microseconds]
        report.verifyDisturbance = max(before.disturbance, after.disturbance)
        return report
    }

    private var transactionCount: Int {
        let time = options.seconds + options.warmUp
        if let rate = options.rate { return Int(rate * Double(time)) + options.perRequest * 2 }
        return options.transactions ?? time * LoadRun.closedLoopCeiling
    }

    /// Twice what is on its way at once, or what an open loop sends in a second, lies between a step and the next.
    private var spread: Int {
        let between = options.rate.map { Int($0) } ?? 2 * options.inFlight * options.perRequest
        return max(options.perRequest, Int(Double(between) / mix.meanStepCount))
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
        for process in processes { ProcessTime.forgetHighestMemory(of: process) }
        let before = await use()
        _ = record.takeNotes()
        let (machine, generator, start) = (MachineUse.now, ProcessTime.own, LoadRecord.now)
        progress("measuring…")
        let end = await drive(driver, record, seconds: options.seconds)
        report.drainSeconds = Double(LoadRecord.now - end) / 1e9
        report.generatorMicroseconds = Double(ProcessTime.own - generator)
        report.generatorProcessors = max(1, MachineUse.allowed.count)
        let machineAfter = MachineUse.now
        report.machineBusyShare = machineAfter.busyShare(since: machine)
        report.loopbackBytes = machineAfter.loopbackBytes - machine.loopbackBytes
        report.notes = record.takeNotes()
        following.cancel()
        await waitForFiles()
        report.validators = zip(before, await use()).compactMap { before, after in
            before.flatMap { before in after.flatMap { $0.since(before) } }
        }
        let last = driver.position
        guard first < last else {
            throw ClientError("USAGE", "nothing was left to measure: sign more with --transactions")
        }
        let places = load.requests[first].places.lowerBound..<load.requests[last - 1].places.upperBound
        let methods = load.methodPlaces[places].map { load.methods[Int($0)] }
        report.count(record.entries[places], methods: methods, since: start, until: end)
        try await client.shutdown()
    }

    private func use() async -> [ValidatorUse?] {
        var uses: [ValidatorUse?] = []
        for (place, process) in processes.enumerated() {
            uses.append(await ValidatorUse.now(of: process, at: place < urls.count ? urls[place] : nil))
        }
        return uses
    }

    /// Waits until the validators' files are flushed and merged, whose cost is the load's too.
    private func waitForFiles() async {
        var before: UInt64?
        for _ in 0..<30 {
            let now = processes.reduce(0) { $0 + (ProcessTime.threads(of: $1)[ThreadGroup.background] ?? 0) }
            if let before, now - min(before, now) < 20_000 { return }
            before = now
            try? await Task.sleep(for: .milliseconds(500))
        }
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
