import ContractKit
import Foundation
import Ledger
import LedgerTesting
import Primitives
import SeededRandom
import Storage
import Testing

/// A process that writes blocks is killed at any moment, again and again.
@Suite(.serialized) struct CrashTests {
    let world: ChainWorld

    init() throws { world = try ChainWorld() }

    @Test("killed at any moment, a chain opens with header, state, tree, receipts and certificate of one block")
    func survivesKills() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let reference = try Reference(world)
        var random = SplitMix64(seed: 20_261_121)
        for _ in 0..<25 {
            let said = try Writer.run(
                directory.path,
                lines: Int.random(in: 0...12, using: &random),
                microsecondsMore: UInt32.random(in: 0...4000, using: &random)
            )
            let store = try ChainStore(path: directory.path, chain: world.chain)
            try check(store, reference)
            // What was said before the kill is there: a killed process loses nothing that it wrote (rule 17).
            #expect(store.lastExecuted.number >= said["block"] ?? 0)
            #expect(store.lastCertified.number >= said["certificate"] ?? 0)
            if let journal = said["journal"], journal > said["certificate"] ?? 0 {
                let record = try store.database.get(.journal, StorageKey.height(journal))
                #expect(record == world.proposalDigest(journal).bytes)
            }
        }
        let store = try ChainStore(path: directory.path, chain: world.chain)
        #expect(store.lastExecuted > Height(5))
        // It goes on as if nothing had happened.
        let next = store.lastExecuted.advanced(by: 1)
        let block = try Executor(store).execute(try world.ordinaryBatch(next.number))
        #expect(block.header == (try reference.header(at: next)))
    }

    @Test("who opens a chain beside a process that writes, prunes and drops files sees whole blocks without a gap")
    func opensBesideAWriter() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let world = try ChainWorld(validity: 16, snapshotInterval: 16)
        let reference = try Reference(world)
        let writer = try Writer.start([directory.path, "restless"])
        defer { writer.end() }
        writer.wait(lines: 150)
        var heights: Set<Height> = []
        var pruned: Set<Height> = []
        for _ in 0..<15 {
            let store = try ChainStore(readingAt: directory.path)
            var audit = ChainAudit(store)
            _ = try audit.run()
            let last = try reference.header(at: store.lastExecuted)
            #expect(store.lastHeader == last)
            heights.insert(store.lastExecuted)
            pruned.insert(store.lowest)
            // The next one sees another moment.
            writer.wait(lines: 6)
        }
        #expect(heights.count == 15 && pruned.count > 3)
    }

    @Test("whatever a power failure cuts off the log, what is left is a chain of whole blocks (failures 30 and 31)")
    func survivesTornLogs() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let reference = try Reference(world)
        _ = try Writer.run(directory.path, lines: 40, microsecondsMore: 0)
        let log = try #require(try directory.files(withSuffix: ".log").max { $0.byteCount < $1.byteCount })
        var random = SplitMix64(seed: 30)
        var heights: Set<Height> = []
        for cut in (0..<30).map({ _ in Int.random(in: 0..<log.byteCount, using: &random) }) + [0, log.byteCount - 1] {
            let copy = try TemporaryDirectory()
            defer { copy.remove() }
            try directory.copy(to: copy)
            try copy.truncate(log.name, to: log.byteCount - cut)
            // With nothing of the log left the database has never been used: it begins again at genesis.
            let store = try ChainStore(path: copy.path, chain: world.chain)
            try check(store, reference)
            heights.insert(store.lastExecuted)
        }
        #expect(heights.count > 3)
    }

    @Test("a bit flipped anywhere in the log is found, or is in its unfinished end; it is never served (failure 30)")
    func findsFlippedBits() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let reference = try Reference(world)
        _ = try Writer.run(directory.path, lines: 40, microsecondsMore: 0)
        let log = try #require(try directory.files(withSuffix: ".log").max { $0.byteCount < $1.byteCount })
        var random = SplitMix64(seed: 31)
        var refusals = 0
        for _ in 0..<25 {
            let copy = try TemporaryDirectory()
            defer { copy.remove() }
            try directory.copy(to: copy)
            try copy.flipBit(of: log.name, at: Int.random(in: 0..<log.byteCount, using: &random))
            do throws(LedgerFault) {
                let store = try ChainStore(path: copy.path, chain: world.chain)
                try? check(store, reference)
            } catch {
                refusals += 1
            }
        }
        #expect(refusals > 20)
    }

    /// Everything that must hold of a store, whatever happened to it.
    private func check(_ store: ChainStore, _ reference: Reference) throws {
        let executed = store.lastExecuted
        #expect(store.lastHeader == (try reference.header(at: executed)))
        #expect(store.lastCertified <= executed)
        var model = TreeModel()
        for row in try store.database.scan(.state, from: [], limit: .max) where StateLayout.isLeaf(row.key) {
            model.rows[row.key] = row.value
        }
        #expect(model.root == store.lastHeader.stateRoot)
        var height = Height.genesis
        while height < executed {
            height = height.advanced(by: 1)
            let block = try #require(try store.block(at: height))
            #expect(block.header == (try reference.header(at: height)) && block.isConsistent)
            let receipts = try store.receipts(at: height)
            #expect(BlockTree.root(leaves: receipts.map(\.leaf)) == block.header.receiptsRoot)
            if let certificate = try store.certificate(at: height) {
                #expect(certificate.headerDigest == block.header.digest)
            } else {
                #expect(height > store.lastCertified)
            }
        }
        #expect(try store.header(at: executed.advanced(by: 1)) == nil)
    }
}

/// The same chain in a directory where nothing happens, as far as somebody asked.
private final class Reference {
    private let world: ChainWorld
    private let directory: TemporaryDirectory
    private let store: ChainStore
    private let executor: Executor

    init(_ world: ChainWorld) throws {
        self.world = world
        directory = try TemporaryDirectory()
        store = try ChainStore(path: directory.path, chain: world.chain)
        executor = try Executor(store)
    }

    deinit { directory.remove() }

    func header(at height: Height) throws -> Header? {
        while store.lastExecuted < height {
            _ = try executor.execute(try world.ordinaryBatch(store.lastExecuted.number + 1))
        }
        return try store.header(at: height)
    }
}

/// The process that is killed.
private enum Writer {
    /// Runs it until it has said so many lines, and a little longer, then kills it.
    ///
    /// - Returns: the last height that it said of each step.
    static func run(_ path: String, lines: Int, microsecondsMore: UInt32) throws -> [String: UInt64] {
        let writer = try start([path])
        writer.wait(lines: lines)
        // Not a wait for anything: it moves the kill to any place between two lines.
        usleep(microsecondsMore)
        writer.end()
        var said: [String: UInt64] = [:]
        for line in writer.text.split(separator: "\n", omittingEmptySubsequences: true) {
            let words = line.split(separator: " ")
            if words.count == 2, let height = UInt64(words[1]) { said[String(words[0])] = height }
        }
        return said
    }

    static func start(_ arguments: [String]) throws -> Running {
        let process = Process()
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(fileURLWithPath: own).deletingLastPathComponent()
            .appendingPathComponent("ledger-writer")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        return Running(process, output.fileHandleForReading)
    }

    final class Running {
        private let process: Process
        private let output: FileHandle
        private var said = Data()

        init(_ process: Process, _ output: FileHandle) {
            self.process = process
            self.output = output
        }

        var text: String { String(decoding: said, as: UTF8.self) }

        /// Waits until it has said so many lines more.
        func wait(lines: Int) {
            let end = said.count(where: { $0 == 10 }) + lines
            while said.count(where: { $0 == 10 }) < end {
                let more = output.availableData
                if more.isEmpty { break }
                said += more
            }
        }

        /// Kills it, and reads what it still said.
        func end() {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal)
            said += output.readDataToEndOfFile()
        }
    }
}
