import Foundation
import Ledger
import LedgerCrypto
import LedgerTesting
import Logging
import NodeRuntime
import Primitives
import Storage

/// Joins by a snapshot, as a node does, until it is killed: `snapshot-taker SOURCE HOME`.
///
/// It starts as a node starts: what was taken as a whole is put in place. Where the home's chain is behind the source's snapshot
/// then, it takes that, or goes on with what it took before, and puts it in place. It says on standard output what it has done.
@main
enum SnapshotTaker {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 3 else { exit(2) }
        let chain = try SnapshotWorld().chain
        let data = words[2] + "/data"
        let key = ChainWorld.key("validator 0").publicKey
        if let height = try SnapshotAdoption.complete(data, chain: chain, key: key) { say("placed \(height.number)") }
        let executed = try ChainStore(path: data, chain: chain).lastExecuted
        say("executed \(executed.number)")
        let source = try ChainStore(readingAt: words[1])
        let join = SnapshotJoin(
            chain: chain,
            path: SnapshotAdoption.joiningPath(data),
            sources: .init(names: ["source"]) { _ in Source(server: SnapshotServer(source, byteCount: 4000)) },
            pause: .milliseconds(1),
            logger: Logger(label: "join") { _ in TakingLog() }
        )
        let offers = try source.snapshotOffers()
        guard executed < offers.first?.header.height ?? .genesis else { return say("nothing to take") }
        guard let height = try await join.run(above: executed) else { exit(3) }
        await join.stop()
        say("taken \(height.number)")
        guard try SnapshotAdoption.complete(data, chain: chain, key: key) == height else { exit(4) }
        say("placed \(height.number)")
    }

    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

    private struct Source: SnapshotSource {
        let server: SnapshotServer
        func ask(_ bytes: [UInt8]) async throws -> [UInt8] { server.answer(bytes) ?? [] }
        func close() {}
    }
}

/// Says whether it begins or goes on.
private struct TakingLog: LogHandler {
    var logLevel = Logger.Level.notice
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if let resumed = event.metadata?["resumed"] { SnapshotTaker.say("resumed \(resumed)") }
    }
}
