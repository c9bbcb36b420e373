internal import AkashiClient
internal import ArgumentParser
internal import FoundationEssentials
internal import Ledger
internal import NodeAPI
internal import Primitives

struct LedgerSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract:
            "Write the state at a certified height with the last blocks to a directory, also of a validator that runs.",
        discussion: """
            Every part is proven against the genesis as it is taken. 'akashi ledger restore' puts it into a new home, which
            goes on with the next block.
            Example: akashi ledger snapshot /var/lib/akashi --to /backup/snapshot
            """
    )

    @Argument(help: ArgumentHelp("A home, data or a backup.", valueName: "directory"))
    var directory: String

    @Option(help: ArgumentHelp("The new directory.", valueName: "directory"))
    var to: String

    @Option(help: ArgumentHelp("One of the two newest multiples of S; by default the newest.", valueName: "height"))
    var height: UInt64?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let store = try await LedgerDirectory.open(directory)
        guard !FileManager.default.fileExists(atPath: to) else {
            throw ClientError("EXISTS", "\(to): is there already")
        }
        let (offer, trail) = try offer(of: store)
        let unfinished = to + ".unfinished"
        try? FileManager.default.removeItem(atPath: unfinished)
        defer { try? FileManager.default.removeItem(atPath: unfinished) }
        let figures = try write(offer, trail, from: store, to: unfinished)
        try FileManager.default.moveItem(atPath: unfinished, toPath: to)
        show(
            [
                "directory": .string(to), "height": .unsigned(offer.header.height.number),
                "rows": .unsigned(figures.rows), "blocks": .unsigned(figures.blocks),
                "bytes": .unsigned(LedgerDirectory.byteCount(of: to)),
            ],
            output
        )
    }

    private func offer(of store: ChainStore) throws -> (SnapshotOffer, EpochTrail) {
        do {
            let offers = try store.snapshotOffers()
            guard let offer = offers.first(where: { height == nil || $0.header.height.number == height }) else {
                let known = offers.map { "\($0.header.height.number)" }.joined(separator: ", ")
                throw ClientError("HEIGHT", "\(directory): has the snapshots of \(known.isEmpty ? "no height" : known)")
            }
            var trail = EpochTrail(store.chain)
            for handover in try store.handovers(from: 0, limit: .max) { try trail.follow(handover) }
            try trail.check(offer.header, offer.certificate)
            return (offer, trail)
        } catch let error as UnprovenError {
            throw ClientError("DAMAGED", "\(directory): \(error)")
        } catch let fault as LedgerFault { throw ClientError("STORAGE", "\(directory): \(fault)") }
    }

    private func write(
        _ offer: SnapshotOffer,
        _ trail: EpochTrail,
        from store: ChainStore,
        to path: String
    ) throws -> SnapshotStore.Figures {
        do {
            var snapshot = try SnapshotStore(path: path, chain: store.chain)
            try snapshot.begin(offer, trail)
            var told: UInt64 = 0
            try snapshot.take(from: store) { rows in
                guard rows / 100_000 > told else { return }
                told = rows / 100_000
                progress("taking: \(rows) rows")
            }
            try snapshot.finish()
            return snapshot.figures
        } catch let error as UnprovenError {
            throw ClientError("DAMAGED", "\(directory): \(error)")
        } catch let fault as LedgerFault { throw ClientError("STORAGE", "\(directory): \(fault)") }
    }
}
