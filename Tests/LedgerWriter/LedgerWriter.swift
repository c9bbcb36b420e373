import Foundation
import Ledger
import LedgerTesting
import Primitives
import Storage

/// Makes blocks in a database until it is killed: `ledger-writer PATH`. With `restless` behind it, it writes files all the time
/// instead of now and then, and prunes; with a height it prunes and ends there. Both have a chain with small parameters.
///
/// For each block it does what a validator does, in the same order: bodies and a journal record, synced; then the
/// block; then its certificate. After each step it says so on standard output: what was said must survive.
@main
enum LedgerWriter {
    static func main() throws {
        let words = CommandLine.arguments
        guard (2...3).contains(words.count) else { exit(2) }
        let isRestless = words.last == "restless"
        let last = words.count == 3 ? UInt64(words[2]) : nil
        guard words.count == 2 || isRestless || last != nil else { exit(2) }
        let world = try words.count == 3 ? ChainWorld(validity: 16, snapshotInterval: 16) : ChainWorld()
        var options = DatabaseOptions()
        if isRestless { options.writeBufferByteCount = 512 << 10 }
        let store = try ChainStore(path: words[1], chain: world.chain, options: options)
        var pruner = ChainPruner(store, keyLimit: last == nil ? 1000 : 30)
        let executor = try Executor(store)
        // As a restarted replica does, which gathers attestations again for what it executed (rule 18).
        for height in store.lastCertified.number..<store.lastExecuted.number {
            guard let header = try store.header(at: Height(height + 1)) else { exit(3) }
            try store.certify(try world.certificate(header), at: Height(height + 1))
        }
        var height = store.lastExecuted.number + 1
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
            certified.deleteRange(.journal, from: StorageKey.height(height - 1), to: StorageKey.height(height))
            try store.database.write(certified)
            if let top { store.wroteCertificates(upTo: top) }
            say("certificate \(height)")
            if isRestless {
                while try pruner.step(below: store.prunable(keeping: 20)) != nil {}
                if height.isMultiple(of: 8) { try pruner.releaseFiles() }
            } else if last != nil {
                while try pruner.step(below: Height(height)) != nil {}
            }
            height += 1
        }
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
