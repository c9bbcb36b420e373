import Foundation
import Ledger
import LedgerTesting
import Primitives
import Storage

/// Makes blocks in a database until it is killed: `ledger-writer PATH`. With `ledger-writer PATH HEIGHT` it ends there; the
/// chain of this one has small parameters, and what it need not keep is pruned.
///
/// For each block it does what a validator does, in the same order: bodies and a journal record, synced; then the
/// block; then its certificate. After each step it says so on standard output: what was said must survive.
@main
enum LedgerWriter {
    static func main() throws {
        guard (2...3).contains(CommandLine.arguments.count) else { exit(2) }
        let last = CommandLine.arguments.count == 3 ? UInt64(CommandLine.arguments[2]) : nil
        let world = try last == nil ? ChainWorld() : ChainWorld(validity: 16, snapshotInterval: 16)
        let store = try ChainStore(path: CommandLine.arguments[1], chain: world.chain)
        let executor = try Executor(store)
        // As a restarted replica does, which gathers attestations again for what it executed (rule 18).
        for height in store.lastCertified.number..<store.lastExecuted.number {
            guard let header = try store.header(at: Height(height + 1)) else { exit(3) }
            try store.certify(try world.certificate(header), at: Height(height + 1))
        }
        var height = store.lastExecuted.number + 1
        var pruner = ChainPruner(store, keyLimit: 10)
        while last.map({ height <= $0 }) ?? true {
            let batch = try world.ordinaryBatch(height)
            var journal = store.database.makeBatch()
            let digest = world.proposalDigest(height)
            store.putBodies(batch.transactions.map(\.bytes), height: Height(height), proposal: digest, into: &journal)
            journal.put(.journal, StorageKey.height(height), digest.bytes)
            try store.database.write(journal, synced: true)
            say("journal \(height)")
            let block = try executor.execute(batch)
            say("block \(height)")
            // As the journal does: the certificate, and the trimming behind it, in one batch.
            var certified = store.database.makeBatch()
            let certificates = [(Height(height), try world.certificate(block.header))]
            let top = store.putCertificates(certificates, into: &certified)
            certified.deleteRange(.journal, from: [], to: StorageKey.height(height))
            try store.database.write(certified)
            if let top { store.wroteCertificates(upTo: top) }
            say("certificate \(height)")
            if last != nil { while try pruner.step(below: Height(height)) != nil {} }
            height += 1
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
