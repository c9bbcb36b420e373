import Consensus
import Foundation
import Ledger
import LedgerCrypto
import LedgerTesting
import Logging
import NodeRuntime
import Primitives
import Storage
import Synchronization
import Testing

/// A snapshot from several sources at once, of which some are no good.
@Suite struct SnapshotJoinTests {
    /// What a source does to its answers.
    private enum Conduct: Sendable {
        case honest
        /// Answers something else; the number says which.
        case lie(Int)
        case stall
        /// Says what it has, and then has nothing.
        case withhold
        /// Has nothing any more after so many answers.
        case change(after: Int)
        case refuse
    }

    private final class Source: SnapshotSource {
        let store: ChainStore
        let conduct: Conduct
        let answers = Mutex(0)
        /// Answers about parts only once this one was asked for some.
        let first: Source?

        init(_ store: ChainStore, _ conduct: Conduct, after first: Source?) {
            self.store = store
            self.conduct = conduct
            self.first = first
        }

        func close() {}

        func ask(_ bytes: [UInt8]) async throws -> [UInt8] {
            let count = answers.withLock { answers in
                answers += 1
                return answers
            }
            let limits = PeerLimits(store.chain.genesis.parameters)
            let honest = try #require(SnapshotServer(store, byteCount: 2000).answer(bytes))
            guard case .request(let height, let task) = try SnapshotMessage(decoding: bytes, limits: limits) else {
                return honest
            }
            while let first, first.answers.withLock({ $0 < 2 }) { await Task.yield() }
            switch conduct {
            case .honest: return honest
            case .refuse, .stall: throw TestStall()
            case .change(let after) where count <= after: return honest
            case .withhold, .change: return SnapshotJoinTests.nothing(height, task)
            case .lie(let number): return SnapshotJoinTests.lie(number, honest, height, task)
            }
        }
    }

    private struct TestStall: Error {}

    private static func nothing(_ height: Height, _ task: SnapshotTask) -> [UInt8] {
        if case .state = task { return SnapshotMessage.part(height, task, nil).encoded }
        return SnapshotMessage.blocks(height, task, []).encoded
    }

    private static func lie(_ number: Int, _ honest: [UInt8], _ height: Height, _ task: SnapshotTask) -> [UInt8] {
        switch number {
        // Its last byte is one of a row's value, of a hash or of a receipt.
        case 0: return honest.dropLast() + [honest.last.map { $0 ^ 1 } ?? 0]
        case 1: return []
        case 2: return nothing(height.advanced(by: 1), task)
        case 3: return SnapshotMessage.part(height, task, .inner(Array(repeating: .none, count: 16))).encoded
        default: return SnapshotMessage.offersRequest(epoch: 0).encoded
        }
    }

    private let stranger = ChainWorld.key("stranger").publicKey
    private let snapshots: SnapshotWorld
    private let store: ChainStore
    private let path = FileManager.default.temporaryDirectory.appending(path: "akashi-\(UUID().uuidString)").path

    init() throws {
        snapshots = try SnapshotWorld()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        store = try ChainStore(path: path + "/source", chain: snapshots.chain)
        try snapshots.grow(store, to: 110)
    }

    private func join(_ conducts: [Conduct], meanwhile: @escaping @Sendable (Int) -> Void = { _ in }) -> SnapshotJoin {
        var sources: [Source] = []
        for conduct in conducts {
            // Nobody is done before the first, which misbehaves, has had its turn.
            var first = sources.first
            if case .refuse? = first?.conduct { first = nil }
            sources.append(Source(store, conduct, after: first))
        }
        return SnapshotJoin(
            chain: snapshots.chain,
            path: path + "/data.joining",
            sources: .init(names: conducts.indices.map { "source \($0)" }) { [sources] index in
                meanwhile(index)
                if case .refuse = conducts[index] { throw TestStall() }
                return sources[index]
            },
            pause: .milliseconds(1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func check(_ height: Height) throws {
        let joined = try ChainStore(path: path + "/data.joining", chain: snapshots.chain)
        #expect(joined.lastExecuted == height)
        #expect(try joined.lastHeader == store.header(at: height))
        var audit = ChainAudit(joined)
        #expect(try audit.run().rows > 100)
    }

    @Test("offers from before the epoch in which somebody follows are nothing to it, and no lie")
    func offersOfEarlierEpochs() async throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let source = Source(store, .honest, after: nil)
        let limits = PeerLimits(snapshots.chain.genesis.parameters)
        let all = try await source.offers(from: EpochTrail(snapshots.chain), limits: limits)
        let epoch = try store.epoch(above: store.lastExecuted)
        #expect(epoch.number == 4 && all.offers.contains { $0.header.height < epoch.start })
        let late = try await source.offers(from: EpochTrail(chain: snapshots.chain.id, from: epoch), limits: limits)
        #expect(late.offers.isEmpty && late.certified == epoch.start)
    }

    private func end(_ join: SnapshotJoin) async {
        await join.stop()
        try? FileManager.default.removeItem(atPath: path)
    }

    @Test(
        "the newest snapshot is taken from all who have it, whatever one of them does (failures 23 and 33)",
        arguments: 0..<9
    )
    func oneBad(which: Int) async throws {
        let bad: Conduct =
            switch which {
            case 0...4: .lie(which)
            case 5: .stall
            case 6: .withhold
            case 7: .change(after: 3)
            default: .refuse
            }
        let join = join([bad, .honest, .honest])
        #expect(try await join.run(above: Height(10)) == Height(96))
        #expect(join.figures.height == nil && join.figures.taken == 1 && join.figures.parts > 12)
        // A stall is forgiven at first, and who does not answer at all was never asked.
        if which != 5 { #expect(join.figures.abandoned == (which == 8 ? 0 : 1)) }
        try check(Height(96))
        await end(join)
    }

    @Test("where nobody honest has it, nothing is taken, and the own chain stays as it is")
    func nobody() async throws {
        let join = join([.lie(0), .stall, .withhold, .refuse])
        #expect(try await join.run(above: Height(10)) == nil)
        #expect(join.figures.taken == 0)
        let unfinished = try SnapshotStore(path: path + "/data.joining", chain: snapshots.chain)
        #expect(try !unfinished.isComplete)
        await end(join)
    }

    @Test("what is not ahead is not taken")
    func notAhead() async throws {
        let join = join([.honest])
        #expect(try await join.run(above: Height(96)) == nil)
        #expect(!FileManager.default.fileExists(atPath: path + "/data.joining"))
        await end(join)
    }

    @Test("a snapshot that all sources drop half-way gives way to a newer one, and nothing of it is kept (failure 25)")
    func newer() async throws {
        let connections = Mutex(0)
        // After the offers everybody is called once for the parts: then the chain goes on, and 96 is too old to offer.
        let join = join([.change(after: 2), .change(after: 2)]) { [store, snapshots] _ in
            let count = connections.withLock { count in
                count += 1
                return count
            }
            if count == 3 { try? snapshots.grow(store, to: 130) }
        }
        #expect(try await join.run(above: Height(10)) == nil, "they go on dropping it")
        let first = try SnapshotStore(path: path + "/data.joining", chain: snapshots.chain)
        #expect(try first.recorded?.header == store.header(at: Height(128))?.digest)
        _ = consume first
        let next = self.join([.honest])
        #expect(try await next.run(above: Height(10)) == Height(128))
        try check(Height(128))
        await next.stop()
        await end(join)
    }

    @Test("after a break it goes on with what is missing")
    func resumed() async throws {
        let broken = join([.change(after: 6)])
        #expect(try await broken.run(above: Height(10)) == nil)
        let before = broken.figures.parts
        await broken.stop()
        #expect(before > 3)
        let whole = join([.honest])
        #expect(try await whole.run(above: Height(10)) == Height(96))
        let rest = whole.figures.parts
        try check(Height(96))
        await whole.stop()
        try FileManager.default.removeItem(atPath: path + "/data.joining")
        let again = join([.honest])
        #expect(try await again.run(above: Height(10)) == Height(96))
        #expect(again.figures.parts == before + rest, "nothing is taken twice")
        await end(again)
    }

    @Test("a replica starts over a snapshot: all that it looks back at is there, and no more")
    func starts() async throws {
        let join = join([.honest])
        #expect(try await join.run(above: Height(10)) == Height(96))
        await join.stop()
        let joined = try ChainStore(path: path + "/data.joining", chain: snapshots.chain)
        let replica = try Resumption(joined).replica(ReplicaID(0), mayVote: false, awaitsAnswers: false)
        #expect(replica.executed == Height(96) && replica.certified == Height(96))
        let parameters = snapshots.chain.genesis.parameters
        #expect(replica.configuration.summaries == Int(parameters.headersBehind))
        #expect(try joined.header(at: joined.headerFloor.reduced(by: 1)) == nil)
        await end(join)
    }

    // MARK: In the place of the old database

    @Test("a snapshot takes the old database's place with its journal; a crash between any two steps loses neither")
    func adopted() async throws {
        let data = path + "/data"
        let identity = [UInt8](repeating: 9, count: 32)
        func makeOld() throws {
            let old = try ChainStore(path: data, chain: snapshots.chain)
            try snapshots.grow(old, to: 7)
            var batch = old.database.makeBatch()
            batch.put(.journal, [1], [2])
            batch.put(.meta, MetaKey.journal.bytes, identity)
            try old.database.write(batch, synced: true)
        }
        func checkNew() throws {
            let new = try ChainStore(path: data, chain: snapshots.chain)
            #expect(new.lastExecuted == Height(96))
            #expect(try new.database.get(.journal, [1]) == [2])
            #expect(try new.database.get(.meta, MetaKey.journal.bytes) == identity)
            for name in [".joining", ".replaced"] { #expect(!FileManager.default.fileExists(atPath: data + name)) }
        }
        let files = FileManager.default
        try makeOld()
        #expect(try SnapshotAdoption.complete(data, chain: snapshots.chain, key: stranger) == nil, "there is none")
        let broken = join([.change(after: 4)])
        #expect(try await broken.run(above: Height(10)) == nil)
        #expect(try SnapshotAdoption.complete(data, chain: snapshots.chain, key: stranger) == nil, "it is not complete")
        #expect(try ChainStore(path: data, chain: snapshots.chain).lastExecuted == Height(7))
        await broken.stop()
        let join = join([.honest])
        #expect(try await join.run(above: Height(7)) == Height(96))
        try files.copyItem(atPath: data, toPath: data + ".old")
        try files.copyItem(atPath: data + ".joining", toPath: data + ".whole")
        #expect(try SnapshotAdoption.complete(data, chain: snapshots.chain, key: stranger) == Height(96))
        try checkNew()
        // Between the renames: the new one is still beside, with the journal.
        let new = data + ".new"
        try files.moveItem(atPath: data, toPath: new)
        try files.copyItem(atPath: data + ".old", toPath: data + ".replaced")
        try files.copyItem(atPath: new, toPath: data + ".joining")
        #expect(try SnapshotAdoption.complete(data, chain: snapshots.chain, key: stranger) == nil)
        try checkNew()
        // After them, before the old one is removed.
        try files.copyItem(atPath: data + ".old", toPath: data + ".replaced")
        #expect(try SnapshotAdoption.complete(data, chain: snapshots.chain, key: stranger) == nil)
        try checkNew()
        // The old one has come further meanwhile, on blocks: it stays, and a part of a snapshot is of no use either.
        let late = self.join([.change(after: 4)])
        #expect(try await late.run(above: Height(10)) == nil)
        await late.stop()
        #expect(try SnapshotAdoption.complete(data, chain: snapshots.chain, key: stranger) == nil)
        try checkNew()
        try files.copyItem(atPath: data + ".whole", toPath: data + ".joining")
        #expect(try SnapshotAdoption.complete(data, chain: snapshots.chain, key: stranger) == nil)
        try checkNew()
        await end(join)
    }

    @Test("a directory of another chain is refused, and nothing is changed")
    func otherChain() async throws {
        let other = try ChainWorld(name: "another-chain")
        _ = try ChainStore(path: path + "/data.joining", chain: other.chain)
        #expect(throws: ConfigurationError.self) {
            try SnapshotAdoption.complete(path + "/data", chain: snapshots.chain, key: stranger)
        }
        let join = join([.honest])
        await #expect(throws: LedgerFault.self) { try await join.run(above: .genesis) }
        #expect(try ChainStore(path: path + "/data.joining", chain: other.chain).lastExecuted == .genesis)
        await end(join)
    }

    // MARK: Messages

    @Test("messages are read as they were written; what is too much is refused before it is taken (failure 25)")
    func messages() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let limits = PeerLimits(snapshots.chain.genesis.parameters)
        let height = Height(96)
        let path = try #require(StatePath([1, 15]))
        let tasks: [SnapshotTask] = [
            .state(.root, from: 0), .state(path, from: 15), .blocks(from: Height(90), isWhole: true),
            .blocks(from: Height(70), isWhole: false),
        ]
        var messages: [SnapshotMessage] = [
            .offersRequest(epoch: 3),
            .offers(
                epoch: 0,
                handovers: try store.handovers(from: 0, limit: 9),
                offers: try store.snapshotOffers()
            ),
            .part(height, tasks[0], nil), .part(height, tasks[0], try store.statePart(at: height, .root)),
            .part(height, tasks[1], try store.statePart(at: height, .root, from: 3, byteCount: 900)),
        ]
        for isWhole in [true, false] {
            let blocks = try store.history(from: Height(85), isWhole: isWhole, limit: 9, byteCount: .max)
            messages.append(.blocks(height, .blocks(from: Height(85), isWhole: isWhole), blocks))
        }
        messages += tasks.map { .request(height, $0) }
        for message in messages {
            let bytes = message.encoded
            #expect(try SnapshotMessage(decoding: bytes, limits: limits).encoded == bytes)
            for count in stride(from: 0, to: bytes.count, by: 1 + bytes.count / 50) {
                #expect(throws: (any Error).self) {
                    try SnapshotMessage(decoding: Array(bytes.prefix(count)), limits: limits)
                }
            }
            #expect(throws: (any Error).self) { try SnapshotMessage(decoding: bytes + [0], limits: limits) }
        }
        let block = try #require(try store.history(from: Height(85), isWhole: false, limit: 1, byteCount: 1).first)
        let tooMany = SnapshotMessage.blocks(height, tasks[2], Array(repeating: block, count: limits.blocks + 1))
        #expect(throws: (any Error).self) { try SnapshotMessage(decoding: tooMany.encoded, limits: limits) }
        // What is no question gets no answer.
        for message in messages.prefix(7) {
            let isAnswered = SnapshotServer(store).answer(message.encoded) != nil
            if case .offersRequest = message { #expect(isAnswered) } else { #expect(!isAnswered) }
        }
    }
}
