internal import Governance
package import Ledger
internal import LedgerCrypto
internal import Primitives
internal import Storage

/// Proof files of every kind out of one chain of several epochs, in which some blocks have no certificate of their own.
/// The same files whoever makes them.
package struct ProofCorpus: Sendable {
    package struct Item: Sendable {
        package let name: String
        package let file: ProofFile
    }

    package let world: ChainWorld
    package let items: [Item]
    /// The place of each transaction in the tree of its block.
    package let entries: [TreeEntry]
    /// The names of each epoch's validators, by which their keys are made.
    package let validatorNames: [[String]]

    private static let window: UInt64 = 4
    /// Blocks of an epoch: the change, and the window behind it.
    private static let epochLength = window + 1

    package init(path: String, epochCount: Int = 4) throws {
        world = try ChainWorld(window: ProofCorpus.window)
        let store = try ChainStore(path: path, chain: world.chain)
        let executor = try Executor(store)
        var validatorNames = [(0..<4).map { "validator \($0)" }]
        var blocks: [ExecutedBlock] = []
        for epoch in 0..<epochCount {
            let names = validatorNames[epoch]
            for place in 0..<ProofCorpus.epochLength {
                let height = store.lastExecuted.number + 1
                let change = place == 0 && epoch + 1 < epochCount ? epoch : nil
                let transactions = try ProofCorpus.transactions(
                    world,
                    at: height,
                    replacing: change.map { names[$0 % 4] }
                )
                let block = try executor.execute(world.batch(height, transactions))
                blocks.append(block)
                guard place != 2 else { continue }
                let certificate = try world.certificate(block.header, by: names, signerCount: height % 2 == 0 ? 4 : 3)
                try store.certify(certificate, at: block.header.height)
            }
            guard epoch + 1 < epochCount else { break }
            var next = names
            next[epoch % 4] = "new \(epoch % 4)"
            validatorNames.append(next)
        }
        self.validatorNames = validatorNames
        entries = try blocks.flatMap { try $0.transactions.compactMap { try store.treeEntry(of: $0.id) } }
        items = try blocks.flatMap { try ProofCorpus.proofs(of: $0, in: store) }
    }

    /// Between one and several transactions, some of which fail, and grants that end some blocks later, which the chain
    /// itself then says.
    private static func transactions(
        _ world: ChainWorld,
        at height: UInt64,
        replacing validator: String?
    ) throws -> [SignedTransaction] {
        var transactions: [SignedTransaction] = []
        if let validator {
            let place = validator.last.map(String.init) ?? ""
            let change = try world.rekey(validator, to: "new \(place)", height: height - 1)
            transactions.append(try world.registrars(height, change))
        }
        for index in 0..<(height * 5 % 7) {
            let nonce = height * 1000 + index
            let consent = SHA256Function.digest(of: StorageKey.height(nonce))
            let until = ChainWorld.genesisTime + (height + 1 + nonce % 3) * 1000
            let name = "subject \(nonce % UInt64(ChainWorld.subjectCount))"
            transactions.append(
                try world.transaction(by: name, nonce: nonce, [ChainWorld.grant(consent, until: until)])
            )
        }
        if height % 3 == 0 {
            transactions.append(
                try world.transaction(by: "registrar", nonce: height + 1_000_000, [ChainWorld.grant(.zero, until: 1)])
            )
        }
        if height % 4 == 0 {
            transactions.append(
                try world.transaction(by: "registrar", nonce: height + 2_000_000, [world.enrol("newcomer \(height)")])
            )
        }
        return transactions
    }

    private static func proofs(of block: ExecutedBlock, in store: ChainStore) throws -> [Item] {
        var items: [Item] = []
        func add(_ name: String, _ file: ProofFile?) {
            if let file { items.append(Item(name: "\(block.header.height.number) \(name)", file: file)) }
        }
        for (index, transaction) in block.transactions.enumerated() {
            add("transaction \(index)", try store.proof(of: transaction.id))
            add("receipt \(index)", try store.proof(of: transaction.id, isReceiptOnly: true))
        }
        for index in block.events.indices {
            add("event \(index)", try store.proof(ofEvent: index, at: block.header.height))
        }
        let present = Governance.stateKey(ofAccount: ChainWorld.account("subject 1"))
        let later = Governance.stateKey(ofAccount: ChainWorld.account("newcomer 8"))
        let absent = Governance.stateKey(ofAccount: ChainWorld.account("nobody"))
        for (name, keys) in [("value", [present]), ("absence", [absent]), ("rows", [present, later, absent])] {
            add(name, try store.proof(ofStates: keys, at: block.header.height))
        }
        return items
    }
}
