import Consensus
import Governance
import Ledger
import NodeRuntime
import Primitives
import Storage

/// What is compared at the end of a run with real ledgers, by the product's own verifier where there is one.
struct LedgerAudit {
    private let world: World
    private let ledger: LedgerWorld
    /// The correct hosts whose disks and executors are sound, and their databases.
    private let sound: [(host: Host, store: ChainStore)]

    /// Whatever follows from the order of transactions alone. Where a block's bodies lie, and which quorum signed it, is
    /// each host's own.
    private static let families: [ColumnFamily] = [
        .transactions, .receipts, .events, .state, .tree, .stale, .undo, .validators,
    ]

    init?(_ world: World) {
        guard let ledger = world.ledger else { return nil }
        self.world = world
        self.ledger = ledger
        sound = world.correct.filter { !$0.isDamaged && $0.isUp }.compactMap { host in
            host.disk?.opened.map { (host, $0.store) }
        }
    }

    /// Nil if all is as it should be.
    func failure() -> String? {
        // The last one moves the hosts.
        let checks: [() throws -> String?] = [
            lostFinal, falseCertificate, unprovenTransaction, unprovenRow, unnoticedDamage, difference,
        ]
        do {
            for check in checks { if let failure = try check() { return failure } }
            return nil
        } catch { return "AUDIT \(error)" }
    }

    // MARK: What is final

    /// Every final block stands on every chain that reaches so far, with all of its transactions.
    private func lostFinal() throws -> String? {
        for (height, header) in world.checker.final.sorted(by: { $0.key < $1.key }) {
            for (host, store) in sound where height <= store.lastExecuted {
                guard let block = try store.block(at: height), block.header.digest == header, block.isConsistent else {
                    return "FINAL block \(height.number) is not at \(host.id.index)"
                }
                for bytes in block.transactions {
                    let id = try SignedTransaction(decoding: bytes, limits: .greatest).id
                    guard try store.location(of: id)?.height == height, try store.receipt(of: id) != nil else {
                        return "FINAL transaction of block \(height.number) is not found at \(host.id.index)"
                    }
                }
            }
        }
        return nil
    }

    private func falseCertificate() throws -> String? {
        for (host, store) in sound {
            for entry in try store.database.scan(.certificates, from: [], limit: .max) {
                guard let number = StorageKey.height(of: entry.key), number <= store.lastExecuted.number else {
                    continue
                }
                guard let certificate = try store.certificate(at: Height(number)),
                    let header = try store.header(at: Height(number)),
                    let epoch = try store.epoch(header.epoch)
                else { return "CERTIFICATE at \(number) of \(host.id.index) belongs to nothing" }
                do throws(CertificateError) {
                    try certificate.check(header, by: epoch.validators)
                } catch { return "CERTIFICATE at \(number) of \(host.id.index): \(error.explanation)" }
            }
        }
        return nil
    }

    /// Proofs of the last transactions, from genesis over all epochs, by whoever has most.
    private func unprovenTransaction() throws -> String? {
        guard let (host, store) = furthest else { return nil }
        let verifier = ProofVerifier(chain: ledger.chain)
        var checked = 0
        var height = min(store.lastCertified, store.lastExecuted)
        while height > .genesis, checked < 6 {
            for bytes in try store.transactions(at: height) ?? [] {
                let id = try SignedTransaction(decoding: bytes, limits: .greatest).id
                guard let proof = try store.proof(of: id) else { return "PROOF at \(height.number) cannot be made" }
                do throws(ProofError) {
                    guard case .inclusion(_, let receipt) = try verifier.verify(proof.encoded).fact,
                        receipt.transaction == id
                    else { return "PROOF at \(height.number) proves something else" }
                } catch { return "PROOF at \(height.number) of \(host.id.index): \(error.explanation)" }
                checked += 1
            }
            height = height.reduced(by: 1)
        }
        return nil
    }

    /// One row that is there, and one that is not.
    private func unprovenRow() throws -> String? {
        guard let (host, store) = furthest else { return nil }
        let height = min(store.lastCertified, store.lastExecuted)
        guard height > .genesis else { return nil }
        let keys = [LedgerGenesis.actors[0], LedgerGenesis.account(0xEE)].map { Governance.stateKey(ofAccount: $0) }
        guard let proof = try store.proof(ofStates: keys, at: height) else {
            return "PROOF of rows at \(height.number) cannot be made"
        }
        do throws(ProofError) {
            guard case .states(let rows) = try ProofVerifier(chain: ledger.chain).verify(proof.encoded).fact else {
                return "PROOF of rows at \(height.number) proves something else"
            }
            let values = [try? store.value(of: keys[0], at: height)?.value, nil]
            guard rows.map(\.key) == keys, rows.map(\.value) == values, values[0] != nil else {
                return "PROOF of rows at \(height.number) of \(host.id.index) proves others"
            }
            return nil
        } catch { return "PROOF of rows at \(height.number) of \(host.id.index): \(error.explanation)" }
    }

    private var furthest: (host: Host, store: ChainStore)? {
        sound.max { $0.store.lastCertified < $1.store.lastCertified }
    }

    // MARK: What is the same everywhere

    /// All are brought to the highest executed block, by installing what they lack; then they must not differ in a byte.
    private func difference() throws -> String? {
        guard let (first, reference) = sound.max(by: { $0.store.lastExecuted < $1.store.lastExecuted }) else {
            return nil
        }
        for (host, store) in sound where host !== first {
            if let failure = try bring(host, store, to: reference) { return failure }
            for number in 1..<(reference.lastExecuted.number + 1) {
                let height = Height(number)
                guard try store.header(at: height) == reference.header(at: height),
                    try store.transactions(at: height) == reference.transactions(at: height)
                else { return "DIFFERENCE of block \(number) between \(host.id.index) and \(first.id.index)" }
            }
            for family in LedgerAudit.families {
                guard let key = try firstDifference(family, store, reference) else { continue }
                return "DIFFERENCE in \(family.name) \(Hex.encode(key)) between \(host.id.index) and \(first.id.index)"
            }
        }
        return nil
    }

    private func bring(_ host: Host, _ store: ChainStore, to reference: ChainStore) throws -> String? {
        var blocks: [SyncBlock] = []
        for number in (store.lastExecuted.number + 1)..<(reference.lastExecuted.number + 1) {
            guard let block = try reference.block(at: Height(number)) else { return "BLOCK \(number) is missing" }
            blocks.append(SyncBlock(header: block.header, certificate: nil, bodies: block.transactions))
        }
        let fault = host.disk?.opened?.execution.install(blocks).fault
        return fault.map { "DIFFERENCE of \(host.id.index) as it catches up: \($0)" }
    }

    private func firstDifference(
        _ family: ColumnFamily,
        _ store: ChainStore,
        _ reference: ChainStore
    ) throws(StorageError) -> [UInt8]? {
        let left = try store.database.scan(family, from: [], limit: .max)
        let right = try reference.database.scan(family, from: [], limit: .max)
        for (one, other) in zip(left, right) where one.key != other.key || one.value != other.value { return one.key }
        return left.count == right.count
            ? nil : (left.count > right.count ? left : right)[min(left.count, right.count)].key
    }

    // MARK: Damage

    /// A host whose executor came to other results has stopped and said so; while it runs, it has what is certified.
    private func unnoticedDamage() -> String? {
        for host in world.correct where host.isDamaged && host.isUp {
            guard let certified = host.replica?.certified else { continue }
            for block in host.chain.blocks where block.height <= certified {
                guard let final = world.checker.final[block.height], final != block.summary.header else { continue }
                return "DAMAGE of \(host.id.index) at \(block.height.number) went unnoticed"
            }
        }
        return nil
    }
}
