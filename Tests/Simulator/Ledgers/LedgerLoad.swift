import Consensus
import Consent
import ContractKit
import ContractTesting
import Contracts
import Governance
import Ledger
import LedgerCrypto
import Marketplace
import Primitives
import TrustStore

// What clients of a run with real ledgers send: calls of all contracts that take effect, calls whose arguments are
// sampled and mostly fail, transactions that are sent again, in another encoding, or too late.
extension World {
    /// A batch's references. A correct primary proposes what a correct backup accepts; a faulty one anything.
    func load(for host: Host, at sequence: Sequence) -> [Digest] {
        guard let ledger else { return [] }
        advanceCampaign()
        var references = campaign?.references.filter { _ in random.percent(40) } ?? []
        for _ in 0..<random.below(5) {
            if random.percent(70) {
                references.append(newTransaction(above: host.chain.height).reference)
            } else if let old = random.pick(ledger.references), let transaction = ledger.transactions[old] {
                references.append(random.percent(40) ? reencoded(transaction) : old)
            }
        }
        guard !host.isByzantine else { return references }
        return references.filter { reference in
            ledger.transactions([reference]).map { host.areOrderable($0, at: sequence) } ?? false
        }
    }

    /// Signs calls of an account and keeps the transaction.
    func send(_ calls: [Call], by account: AccountID, above height: Height, for blocks: UInt64) -> SignedTransaction {
        guard let ledger else { preconditionFailure("only runs with real ledgers send transactions") }
        let draft = TransactionDraft(
            account: account,
            chain: ledger.chain.id,
            nonce: Digest(words: (random.next(), 0, 0, 0)).bytes,
            validUntil: height.advanced(by: blocks),
            calls: calls
        )
        let key = LedgerGenesis.key(of: account, generation: ledger.generations[account] ?? 0)
        do throws(Refusal) {
            let transaction = try SignedTransaction(decoding: draft.signed(with: key), limits: .greatest)
            ledger.keep(transaction)
            return transaction
        } catch { preconditionFailure("an own transaction decodes: \(error)") }
    }

    private func newTransaction(above height: Height) -> SignedTransaction {
        if random.percent(8) { return administration(above: height) }
        let account = someone()
        var calls = [random.percent(60) ? usualCall() : sampledCall()]
        // One call that fails takes the others with it.
        if random.percent(15) { calls.append(sampledCall()) }
        return send(calls, by: account, above: height, for: 1 + UInt64(random.below(24)))
    }

    /// A registrar does anything, or gives an account of its organisation another key: from the block on that executes
    /// it, rule 5 asks which of them counts.
    private func administration(above height: Height) -> SignedTransaction {
        let organisation = random.below(LedgerGenesis.organisations.count)
        let registrar = LedgerGenesis.registrar(of: organisation)
        guard let ledger, LedgerGenesis.actors.indices.contains(organisation), random.percent(60) else {
            return send([sampledCall()], by: registrar, above: height, for: 16)
        }
        let account = LedgerGenesis.actors[organisation]
        let next = LedgerGenesis.key(of: account, generation: (ledger.generations[account] ?? 0) + 1)
        var method = RotateKey()
        method.account = account
        method.key = next.publicKey
        method.possession = next.sign(
            Governance.possessionStatement(chain: ledger.chain.id, account: account, key: next.publicKey)
        )
        do throws(ContractError) {
            let call = call(Governance.name, RotateKey.name, try method.encoded())
            let transaction = send([call], by: registrar, above: height, for: 16)
            ledger.rotations[transaction.id] = account
            return transaction
        } catch { preconditionFailure("arguments encode: \(error)") }
    }

    /// The same id in other bytes, as an account makes it that signs twice. Here the copy's signature is good for nothing,
    /// and nobody looks: a client's signature is verified at admission, which this is past.
    private func reencoded(_ transaction: SignedTransaction) -> Digest {
        var bytes = transaction.bytes
        bytes[bytes.count - Signature.byteCount + 8] ^= 1
        guard let copy = try? SignedTransaction(decoding: bytes, limits: .greatest) else {
            return transaction.reference
        }
        ledger?.keep(copy)
        return copy.reference
    }

    // MARK: Calls

    private func usualCall() -> Call {
        do throws(ContractError) {
            switch random.below(5) {
            case 0: return try grant()
            case 1: return try issue()
            case 2: return try transfer()
            case 3: return try evidence()
            default: return try commitRecord()
            }
        } catch { preconditionFailure("arguments encode: \(error)") }
    }

    private func call(_ contract: String, _ method: String, _ arguments: [UInt8]) -> Call {
        Call(contract: .constant(contract), method: .constant(method), arguments: arguments)
    }

    private func digest() -> Digest { Digest(words: (random.next(), 0, 0, 0)) }

    private func someone() -> AccountID { LedgerGenesis.actors[random.below(LedgerGenesis.actors.count)] }

    /// A consent that ends soon, so that blocks have deadlines to apply.
    private func grant() throws(ContractError) -> Call {
        var method = GrantConsent()
        method.consent = digest()
        method.terms.purpose = .constant("research")
        method.terms.dataClasses = DataClasses(DataClass.allCases[0])
        method.terms.until = wallStart + now + 10 + UInt64(random.below(2000))
        method.terms.notice = digest()
        return call(Consent.name, GrantConsent.name, try method.encoded())
    }

    private func issue() throws(ContractError) -> Call {
        var method = IssueValue()
        method.to = someone()
        method.amount = 1 + UInt64(random.below(100))
        return call(Marketplace.name, IssueValue.name, try method.encoded())
    }

    private func transfer() throws(ContractError) -> Call {
        var method = TransferValue()
        method.to = someone()
        method.amount = 1 + UInt64(random.below(60))
        return call(Marketplace.name, TransferValue.name, try method.encoded())
    }

    private func evidence() throws(ContractError) -> Call {
        var body = EvidenceBody()
        body.process = .constant("simulation")
        body.step = .constant("step")
        body.subject = Digest(words: (UInt64(random.below(4)), 0, 0, 0))
        body.observedAt = wallStart
        body.content = digest()
        body.mediaType = .constant("cbor")
        return call(TrustStore.name, AppendEvidence.name, try AppendEvidence(body).encoded())
    }

    private func commitRecord() throws(ContractError) -> Call {
        var method = CommitRecord()
        method.record = digest()
        method.pseudonym = someone()
        method.dataClass = DataClass.allCases[random.below(DataClass.allCases.count)]
        method.commitment = digest()
        return call(Consent.name, CommitRecord.name, try method.encoded())
    }

    /// Any method of any contract.
    private func sampledCall() -> Call {
        let contracts = World.descriptions
        let contract = contracts[random.below(contracts.count)]
        guard let method = random.pick(contract.methods) else { return sampledCall() }
        let arguments = CBORValue.map(method.fields.compactMap { $0.sample(&random) }).encoded
        return call(contract.name, method.name, arguments)
    }

    private static let descriptions = ContractRegistry.descriptions.filter { !$0.methods.isEmpty }

    // MARK: What came of it

    /// A correct host executed a block: the first to do so tells the clients.
    func sawExecuted(_ block: ExecutedBlock) {
        guard let ledger, ledger.highest < block.header.height else { return }
        ledger.highest = block.header.height
        for receipt in block.receipts {
            guard receipt.status == .ok else {
                ledger.outcomes.failed += 1
                continue
            }
            ledger.outcomes.done += 1
            if let account = ledger.rotations[receipt.transaction] { ledger.generations[account, default: 0] += 1 }
        }
        ledger.outcomes.dropped += block.droppedCount
        campaign?.saw(block)
    }
}
