internal import FoundationEssentials
package import Ledger
package import Logging
internal import NIOPosix
package import Primitives
internal import Synchronization

/// Takes the newest snapshot that others offer into a directory beside the data, from several of them at once.
///
/// Whom to ask for what is decided by `SnapshotPlan`, what is believed by `SnapshotStore`; here are the connections, a
/// thread for the work, and what happens if a snapshot disappears while it is being taken: a newer one is begun. What was
/// taken before a crash or a break is gone on with as long as somebody still offers that height.
package final class SnapshotJoin: Sendable {
    package struct Figures: Equatable, Sendable {
        /// The height that is being taken.
        package var height: Height?
        package var parts: UInt64 = 0
        package var bytes: UInt64 = 0
        package var abandoned: UInt64 = 0
        package var taken: UInt64 = 0
    }

    /// Who may be asked, by number; an error where no connection comes about.
    package struct Sources: Sendable {
        let names: [String]
        let connect: @Sendable (Int) async throws -> any SnapshotSource

        package init(names: [String], connect: @escaping @Sendable (Int) async throws -> any SnapshotSource) {
            self.names = names
            self.connect = connect
        }
    }

    /// A snapshot, and who has it.
    private struct Choice {
        let offer: SnapshotOffer
        let trail: EpochTrail
        let sources: [Int]
    }

    /// Sources that are asked at once: each may hold up two answers in memory.
    private static let sourcesAtOnce = 8
    /// Attempts in a row that brought nothing.
    private static let attempts = 3

    private let chain: Chain
    private let limits: PeerLimits
    private let path: String
    private let reach: SnapshotScope.Reach?
    private let sources: Sources
    private let pause: Duration
    private let logger: Logger
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let state = Mutex(Figures())

    /// - Parameters:
    ///   - path: of the directory beside the data.
    ///   - reach: how far down blocks are wanted; nil for what a snapshot needs.
    ///   - pause: after an attempt that brought nothing.
    package init(
        chain: Chain,
        path: String,
        reach: SnapshotScope.Reach? = nil,
        sources: Sources,
        pause: Duration = .seconds(2),
        logger: Logger
    ) {
        self.chain = chain
        self.path = path
        self.reach = reach
        self.sources = sources
        self.pause = pause
        self.logger = logger
        limits = PeerLimits(chain.genesis.parameters)
        thread._start(threadNamePrefix: "joining-")
    }

    /// So far behind that a snapshot is likely to be cheaper than the blocks, and there is one: blocks are replayed at
    /// several times the speed at which they were made, and the last V of them come with a snapshot too.
    package static func standardLag(_ parameters: Parameters) -> UInt64 {
        max(parameters.snapshotInterval, parameters.validity / 2)
    }

    package var figures: Figures { state.withLock { $0 } }

    package func stop() async { try? await thread.shutdownGracefully() }

    /// Takes a snapshot above a height.
    ///
    /// - Returns: its height, once it is there as a whole; nil where nobody has one that can be had.
    /// - Throws: a `LedgerFault` of this machine; `CancellationError`.
    package func run(above executed: Height) async throws -> Height? {
        defer { state.withLock { $0.height = nil } }
        var liars: Set<Int> = []
        var vain = 0
        while vain < Self.attempts {
            try Task.checkCancellation()
            if let choice = await choice(above: executed, except: liars) {
                let taking = try open(choice)
                defer { taking.close() }
                let parts = figures.parts
                let plan = try await take(choice, taking)
                liars.formUnion(plan.liars)
                if plan.isDone { return try await finish(choice, taking) }
                if figures.parts > parts { vain = 0 }
            }
            vain += 1
            try await Task.sleep(for: pause)
        }
        return nil
    }

    // MARK: - Which one

    /// The highest height that two sources have; where no two have the same one, the highest.
    private func choice(above executed: Height, except liars: Set<Int>) async -> Choice? {
        let found = await withTaskGroup(of: (Int, ProvenOffers?).self) { group in
            for source in sources.names.indices where !liars.contains(source) {
                group.addTask { (source, await self.offers(of: source)) }
            }
            return await group.reduce(into: [(source: Int, proven: ProvenOffers)]()) { found, answer in
                if let proven = answer.1 { found.append((answer.0, proven)) }
            }
        }
        var holders: [Digest: [Int]] = [:]
        var best: (proven: ProvenOffers, offer: SnapshotOffer)?
        for (source, proven) in found {
            for offer in proven.offers { holders[offer.header.digest, default: []].append(source) }
        }
        for (_, proven) in found {
            for offer in proven.offers where offer.header.height > executed {
                guard let known = best else {
                    best = (proven, offer)
                    continue
                }
                func rank(_ offer: SnapshotOffer) -> (Int, UInt64) {
                    (min(2, holders[offer.header.digest]?.count ?? 0), offer.header.height.number)
                }
                if rank(offer) > rank(known.offer) { best = (proven, offer) }
            }
        }
        return best.map { best in
            let holding = (holders[best.offer.header.digest] ?? []).sorted().prefix(Self.sourcesAtOnce)
            return Choice(offer: best.offer, trail: best.proven.trail, sources: Array(holding))
        }
    }

    private func offers(of source: Int) async -> ProvenOffers? {
        do {
            let call = try await sources.connect(source)
            defer { call.close() }
            return try await call.offers(from: EpochTrail(chain), limits: limits)
        } catch {
            logger.debug("offers no snapshot", metadata: ["source": "\(sources.names[source])", "why": "\(error)"])
            return nil
        }
    }

    /// What stands in the directory is gone on with if it is of the same snapshot, and thrown away otherwise.
    private func open(_ choice: Choice) throws -> SnapshotTaking {
        let height = choice.offer.header.height
        let isResumed = try isRecorded(choice.offer)
        if !isResumed, FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
        }
        var store = try SnapshotStore(path: path, chain: chain, reach: reach)
        try store.begin(choice.offer, choice.trail)
        state.withLock { $0.height = height }
        logger.notice(
            "taking a snapshot",
            metadata: [
                "height": "\(height.number)", "sources": "\(choice.sources.count)",
                "resumed": "\(isResumed)",
            ]
        )
        return SnapshotTaking(store, sources: choice.sources)
    }

    private func isRecorded(_ offer: SnapshotOffer) throws(LedgerFault) -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        return try SnapshotStore(path: path, chain: chain, reach: reach).isTaking(offer)
    }

    // MARK: - SnapshotTaking

    private func take(_ choice: Choice, _ taking: SnapshotTaking) async throws -> SnapshotPlan {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for source in choice.sources {
                group.addTask {
                    do {
                        try await self.take(from: source, choice.offer.header.height, taking)
                    } catch is CancellationError where taking.isDone {
                        // It still owed what another has given.
                    }
                }
            }
            for try await _ in group where taking.isDone { group.cancelAll() }
        }
        let plan = taking.plan.withLock { $0 }
        state.withLock { $0.abandoned += plan.abandoned }
        return plan
    }

    /// Asks one source as long as it is of use. While an answer is being checked and written, the next is under way.
    private func take(from source: Int, _ height: Height, _ taking: SnapshotTaking) async throws {
        var call: (any SnapshotSource)?
        defer { call?.close() }
        try await withThrowingTaskGroup(of: Void.self) { writing in
            while true {
                try Task.checkCancellation()
                switch taking.plan.withLock({ $0.next(for: source) }) {
                case .leave:
                    return try await writing.waitForAll()
                case .wait:
                    try await Task.sleep(for: .milliseconds(20))
                case .ask(let task):
                    let answer: [UInt8]
                    do {
                        let open = try await open(call, source)
                        call = open
                        answer = try await open.ask(SnapshotMessage.request(height, task).encoded)
                    } catch {
                        try Task.checkCancellation()
                        call?.close()
                        call = nil
                        failed(task, source, .stalled, "\(error)", taking)
                        try await Task.sleep(for: .milliseconds(100))
                        continue
                    }
                    try await writing.next()
                    writing.addTask { try await self.write(answer, of: task, height, from: source, taking) }
                }
            }
        }
    }

    private func open(_ call: (any SnapshotSource)?, _ source: Int) async throws -> any SnapshotSource {
        if let call { return call }
        return try await sources.connect(source)
    }

    private func write(
        _ answer: [UInt8],
        of task: SnapshotTask,
        _ height: Height,
        from source: Int,
        _ taking: SnapshotTaking
    ) async throws {
        do {
            let next = try await thread.runIfActive { [limits] in
                try taking.withStore { try $0.take(answer, of: task, height, limits) }
            }
            taking.plan.withLock { $0.taken(task, from: source, next: next) }
            state.withLock { state in
                state.parts += 1
                state.bytes += UInt64(answer.count)
            }
            if taking.isToTell { tell(taking) }
        } catch let error as UnprovenError {
            failed(task, source, .lie, error.description, taking)
        } catch is WithheldError {
            failed(task, source, .withheld, "it has not what it offered", taking)
        }
    }

    private func failed(
        _ task: SnapshotTask,
        _ source: Int,
        _ failing: SnapshotPlan.Failing,
        _ reason: String,
        _ taking: SnapshotTaking
    ) {
        taking.plan.withLock { $0.failed(task, from: source, failing) }
        logger.info(
            "a source of the snapshot failed",
            metadata: ["source": "\(sources.names[source])", "failing": "\(failing)", "why": "\(reason)"]
        )
    }

    private func tell(_ taking: SnapshotTaking) {
        guard let (figures, missing) = try? taking.withStore({ ($0.figures, $0.tasks.count) }) else { return }
        logger.notice(
            "taking a snapshot",
            metadata: ["rows": "\(figures.rows)", "blocks": "\(figures.blocks)", "missing": "\(missing)"]
        )
    }

    private func finish(_ choice: Choice, _ taking: SnapshotTaking) async throws -> Height {
        let figures: SnapshotStore.Figures
        do {
            figures = try await thread.runIfActive {
                try taking.withStore { store in
                    try store.finish()
                    return store.figures
                }
            }
        } catch let fault as LedgerFault {
            // It would come to the same again.
            taking.close()
            try? FileManager.default.removeItem(atPath: path)
            throw fault
        }
        state.withLock { $0.taken += 1 }
        logger.notice(
            "the snapshot is there",
            metadata: [
                "height": "\(choice.offer.header.height.number)", "rows": "\(figures.rows)",
                "blocks": "\(figures.blocks)",
            ]
        )
        return choice.offer.header.height
    }
}
