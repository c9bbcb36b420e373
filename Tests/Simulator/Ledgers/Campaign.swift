import Consensus
import ContractKit
import Governance
import Ledger
import LedgerCrypto
import Primitives

/// One change of the validators on its way through governance, one transaction after the other: a candidate's report, a
/// proposal, the other organisations' votes, its execution; or a new key, which needs no vote.
struct Campaign {
    enum Stage {
        case begun, reported, proposed, voted, executing, over
    }

    let change: Change
    var stage = Stage.begun
    var proposal = Digest.zero
    /// What was sent in this stage: all of it has to be executed before the next.
    private var sent: [SignedTransaction] = []
    private var missing: Set<Digest> = []
    private var lastHeight = Height.genesis
    private var mustSucceed = true

    init(_ change: Change) { self.change = change }

    var references: [Digest] { sent.filter { missing.contains($0.id) }.map(\.reference) }

    var isWaiting: Bool { !missing.isEmpty }

    mutating func wait(for transactions: [SignedTransaction], mustSucceed: Bool = true) {
        self.mustSucceed = mustSucceed
        sent = transactions
        missing = Set(transactions.map(\.id))
        lastHeight = transactions.map(\.validUntil).max() ?? .genesis
    }

    mutating func saw(_ block: ExecutedBlock) {
        for receipt in block.receipts where missing.remove(receipt.transaction) != nil {
            if mustSucceed, receipt.status != .ok { stage = .over }
        }
        // What did not make it in its time never will.
        if block.header.height >= lastHeight, isWaiting { stage = .over }
        if stage == .over { missing = [] }
    }
}

extension World {
    /// Sends what comes next of the present change, or begins the next one that somebody wishes.
    func advanceCampaign() {
        guard let ledger, campaign?.isWaiting != true else { return }
        guard
            let latest = correct.filter({ !$0.isDamaged && $0.disk?.opened != nil }).max(by: {
                $0.chain.height < $1.chain.height
            }),
            let store = latest.disk?.opened?.store, let record = try? store.epoch(above: latest.chain.height),
            let members = ledger.members(record.validators)
        else { return }
        if var current = campaign {
            do throws(ContractError) {
                try advance(&current, members, at: latest.chain.height)
            } catch { preconditionFailure("arguments encode: \(error)") }
            campaign = current.stage == .over ? nil : current
        } else if let next = wishes.first, (try? store.boundary()) == .some(nil) || store.lastHeader.endsEpoch {
            wishes.removeFirst()
            let changed = members.applying(next)
            guard changed.map(charter.isTolerable) ?? false else { return }
            ledger.seat(next.host, key: next.key)
            campaign = Campaign(next)
        }
    }

    private func advance(_ campaign: inout Campaign, _ members: Members, at height: Height) throws(ContractError) {
        let host = campaign.change.host
        let own = LedgerGenesis.organisation(of: host)
        let voters = Set(members.list.map { LedgerGenesis.organisation(of: $0.host) }).sorted()
        switch (campaign.stage, campaign.change.kind) {
        case (.begun, .rekey):
            guard let key = members.list.first(where: { $0.host == host })?.key else { return campaign.stage = .over }
            campaign.wait(for: [governed(try rekey(host, from: key, to: campaign.change.key, height), by: own, height)])
            campaign.stage = .voted
        case (.begun, .add):
            campaign.wait(for: [governed(try report(host, campaign.change.key, height), by: own, height)])
            campaign.stage = .reported
        case (.begun, .remove), (.reported, _):
            let call = try propose(campaign.change, members)
            let transaction = governed(call, by: random.pick(voters) ?? own, height)
            campaign.proposal = transaction.id
            campaign.wait(for: [transaction])
            campaign.stage = .proposed
        case (.proposed, _):
            var method = VoteOnProposal()
            method.proposal = campaign.proposal
            method.isFor = true
            let arguments = try method.encoded()
            // One of them has voted by proposing, and is told so.
            let votes = voters.map { governed(call(VoteOnProposal.name, arguments), by: $0, height) }
            campaign.wait(for: votes, mustSucceed: false)
            campaign.stage = .voted
        case (.voted, .rekey): campaign.stage = .over
        case (.voted, _):
            var method = ExecuteProposal()
            method.proposal = campaign.proposal
            let execution = call(ExecuteProposal.name, try method.encoded())
            campaign.wait(for: [governed(execution, by: random.pick(voters) ?? own, height)])
            campaign.stage = .executing
        case (.executing, _), (.over, _): campaign.stage = .over
        }
    }

    private func call(_ method: String, _ arguments: [UInt8]) -> Call {
        Call(contract: .constant(Governance.name), method: .constant(method), arguments: arguments)
    }

    private func governed(_ call: Call, by organisation: Int, _ height: Height) -> SignedTransaction {
        send([call], by: LedgerGenesis.registrar(of: organisation), above: height, for: 16)
    }

    private func statement(_ host: ReplicaID, _ key: ReplicaID, _ height: Height) -> Signature {
        let own = signatures.privateKey(key)
        return own.sign(
            Governance.consensusKeyStatement(
                chain: ledger?.chain.id ?? .zero,
                organisation: LedgerGenesis.organisations[LedgerGenesis.organisation(of: host)],
                key: own.publicKey,
                height: height
            )
        )
    }

    private func rekey(
        _ host: ReplicaID,
        from before: ReplicaID,
        to after: ReplicaID,
        _ height: Height
    ) throws(ContractError) -> Call {
        var method = RekeyValidator()
        method.validator = signatures.privateKey(before).publicKey
        method.key = signatures.privateKey(after).publicKey
        method.tlsPins = [LedgerGenesis.pin(of: after)]
        method.address = Array(LedgerGenesis.address(of: host).utf8)
        method.height = height
        method.possession = statement(host, after, height)
        return call(RekeyValidator.name, try method.encoded())
    }

    private func report(_ host: ReplicaID, _ key: ReplicaID, _ height: Height) throws(ContractError) -> Call {
        var method = ReportCandidate()
        method.key = signatures.privateKey(key).publicKey
        method.tlsPins = [LedgerGenesis.pin(of: key)]
        method.address = Array(LedgerGenesis.address(of: host).utf8)
        method.height = height
        method.possession = statement(host, key, height)
        return call(ReportCandidate.name, try method.encoded())
    }

    private func propose(_ change: Change, _ members: Members) throws(ContractError) -> Call {
        var method = ProposeValidatorChange()
        method.change = change.kind == .add ? .add : .remove
        if change.kind == .add {
            method.candidate = signatures.privateKey(change.key).publicKey
        } else if let key = members.list.first(where: { $0.host == change.host })?.key {
            method.validator = signatures.privateKey(key).publicKey
        }
        // Soon over, so that a proposal that came to nothing is in nobody's way for long.
        method.until = wallStart + now + 4000
        return call(ProposeValidatorChange.name, try method.encoded())
    }
}
