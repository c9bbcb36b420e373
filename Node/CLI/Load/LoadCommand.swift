internal import AkashiClient
internal import ArgumentParser
internal import Foundation

struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Load on a test network: rate, latency, CPU of the validators, efficiency.",
        discussion: """
            Example: akashi load --rate 500 --seconds 20 --per-request 20
            Transactions are signed before the clock starts. Without --rate the loop is closed: --in-flight requests
            are on their way at any time. With it, latency counts from the moment when a transaction was to leave.
            Each kind of --mix is a life cycle, whose next step leaves when the one before it is final; 'all' is a mix
            from all contracts. Finality is observed on one feed of block notices. CPU time is read from /proc for the
            processes in TESTNET/validator-*/pid, or for --pids.
            Exit code 1 if a transaction that was admitted is lost.
            """
    )

    @Option(help: ArgumentHelp("The test network's directory.", valueName: "directory"))
    var testnet = "testnet/run"

    @Option(
        name: .customLong("node"),
        help: ArgumentHelp("The validators' addresses with commas; default: those of the network.", valueName: "urls")
    )
    var nodes: String?

    @Option(help: ArgumentHelp("The validators' process ids with commas.", valueName: "pids"))
    var pids: String?

    @Option(help: ArgumentHelp("Which life cycles: all, or for instance transfer=3,order=1.", valueName: "mix"))
    var mix = "transfer"

    @Option(help: ArgumentHelp("How many accounts sign.", valueName: "number"))
    var accounts = 100

    @Option(help: ArgumentHelp("About how large evidence makes a transaction.", valueName: "bytes"))
    var payload = 0

    @Option(help: ArgumentHelp("How many runs, of which median and spread are shown.", valueName: "number"))
    var runs = 1

    @Option(name: .customLong("per-request"), help: ArgumentHelp("Transactions in a request.", valueName: "number"))
    var perRequest = 20

    @Option(
        name: .customLong("in-flight"),
        help: ArgumentHelp("Requests at once in a closed loop.", valueName: "number")
    )
    var inFlight = 16

    @Option(help: ArgumentHelp("Transactions per second in an open loop.", valueName: "number"))
    var rate: Double?

    @Option(help: ArgumentHelp("How long to measure.", valueName: "seconds"))
    var seconds = 20

    @Option(name: .customLong("warm-up"), help: ArgumentHelp("How long to warm up.", valueName: "seconds"))
    var warmUp = 3

    @Option(
        help: ArgumentHelp(
            "How many transactions to sign for a closed loop, which ends early when they are used up.",
            valueName: "number"
        )
    )
    var transactions: Int?

    @Option(help: ArgumentHelp("How long to wait for what is still on its way.", valueName: "seconds"))
    var drain = 30

    @Option(help: ArgumentHelp("Write the runs as an array of JSON documents.", valueName: "file"))
    var json: String?

    @Flag(help: "Add the runs to the array that the JSON file holds.")
    var append = false

    /// The processes that --pids names.
    var processes: [Int]? { pids.map { $0.split(separator: ",").compactMap { Int($0) } } }

    func validate() throws {
        guard let mix = LoadMix(mix) else {
            let kinds = LoadKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--mix is all, KIND or KIND=WEIGHT with commas; kinds are \(kinds)")
        }
        let bounds: [(String, Int, ClosedRange<Int>)] = [
            ("accounts", accounts, 1...100_000), ("per-request", perRequest, 1...5000),
            ("in-flight", inFlight, 1...4096), ("seconds", seconds, 1...86_400), ("warm-up", warmUp, 0...3600),
            ("drain", drain, 1...3600), ("transactions", transactions ?? 1, 1...10_000_000), ("runs", runs, 1...100),
            ("payload", payload, 0...EvidenceSize.greatestPayload),
        ]
        for (name, value, range) in bounds where !range.contains(value) {
            throw ValidationError("--\(name) is \(range.lowerBound) to \(range.upperBound)")
        }
        if let rate, !(rate > 0 && rate <= 1_000_000) { throw ValidationError("--rate is up to 1000000") }
        if let pids, processes?.count != pids.split(separator: ",", omittingEmptySubsequences: false).count {
            throw ValidationError("--pids is process ids with commas")
        }
        if mix.kinds.contains(where: \.needsThreeOrganisations), accounts < 3 {
            throw ValidationError("--accounts is 3 or more for life cycles of several organisations")
        }
        if payload > 0, mix.kinds != [.evidence] {
            throw ValidationError("--payload is for --mix evidence")
        }
    }

    func run() async throws {
        var reports: [LoadReport] = []
        try await LoadRun(self).run { report in
            reports.append(report)
            if let json { try save(report.json, to: json, adding: append || reports.count > 1) }
        }
        standardOutput(LoadTable(reports).text)
        let lost = reports.reduce(0) { $0 + $1.lost }
        guard lost == 0 else {
            throw ClientError("LOST", "\(lost) transactions were admitted and are not final")
        }
    }

    /// An array of runs, one line each.
    private func save(_ run: [UInt8], to path: String, adding: Bool) throws(ClientError) {
        var earlier: ArraySlice<UInt8> = []
        if adding, FileManager.default.fileExists(atPath: path) {
            let whitespace: Set<UInt8> = [0x0A, 0x0D, 0x20]
            let bytes = try readFile(path)
            let start = bytes.firstIndex { !whitespace.contains($0) } ?? 0
            let end = bytes.lastIndex { !whitespace.contains($0) } ?? 0
            guard start < end, bytes[start] == UInt8(ascii: "["), bytes[end] == UInt8(ascii: "]") else {
                throw ClientError("USAGE", "\(path) holds no array of runs to add to")
            }
            earlier = bytes[start + 1..<end]
            while let last = earlier.last, whitespace.contains(last) { earlier.removeLast() }
        }
        let separator = earlier.isEmpty ? "\n" : ",\n"
        try writeFile(Array("[".utf8) + earlier + Array(separator.utf8) + run + Array("\n]\n".utf8), to: path)
    }
}
