import AkashiClient
import Consent
import ContractKit
import Foundation
import Histories
import Ledger
import Marketplace
import Primitives

/// An object of a history as it is on the chain: its writes are transactions, its read is a question to a contract.
protocol ChainObject: Sendable {
    associatedtype Object: SequentialObject

    /// The call and who signs it; nil for a read.
    func call(_ action: Object.Action) throws -> (call: Call, key: ClientKey)?

    /// What a final transaction answers with this code of its receipt.
    func answer(toWrite code: String) -> Object.Answer?

    func question(_ action: Object.Action) throws -> ChainQuestion

    /// What the encoded row says; nil where there is none.
    func answer(toRead row: [UInt8]?, _ action: Object.Action) throws -> Object.Answer
}

struct ChainQuestion: Sendable {
    let contract: String
    let name: String
    let arguments: [UInt8]
}

/// A record's commitment in the consent contract, which its custodian overwrites, and which counts its revisions.
struct RecordRegister: ChainObject {
    typealias Object = CountedRegister

    let key: ClientKey
    let id: Digest

    func call(_ action: CountedRegister.Action) throws -> (call: Call, key: ClientKey)? {
        guard case .write(let value) = action else { return nil }
        var method = CommitRecord()
        method.record = id
        method.pseudonym = key.account
        method.commitment = Digest(number: value)
        return (TestTransactions.call("consent", CommitRecord.name, try method.encoded()), key)
    }

    func answer(toWrite code: String) -> CountedRegister.Answer? { code == "OK" ? .done : nil }

    func question(_ action: CountedRegister.Action) throws -> ChainQuestion {
        var query = RecordQuery()
        query.record = id
        return ChainQuestion(contract: "consent", name: RecordQuery.name, arguments: try query.encoded())
    }

    func answer(toRead row: [UInt8]?, _ action: CountedRegister.Action) throws -> CountedRegister.Answer {
        guard let row else { return .read(value: nil, revision: 0) }
        let record = try RecordRow(decoding: row)
        return .read(value: record.commitment.number, revision: Int(record.revision))
    }
}

/// A consent, which exists once, is amended while it lives and withdrawn for good.
struct ConsentGrant: ChainObject {
    typealias Object = Grant

    let key: ClientKey
    let id: Digest
    /// Far enough ahead for the test to be over by then.
    let until: UInt64

    private func terms(_ number: Int) throws -> ConsentTerms {
        var terms = ConsentTerms()
        terms.purpose = .constant("city-planning")
        terms.dataClasses = DataClasses(.profile)
        terms.until = until
        terms.notice = Digest(number: number)
        return terms
    }

    func call(_ action: Grant.Action) throws -> (call: Call, key: ClientKey)? {
        switch action {
        case .read: return nil
        case .grant(let number):
            var method = GrantConsent()
            method.consent = id
            method.terms = try terms(number)
            return (TestTransactions.call("consent", GrantConsent.name, try method.encoded()), key)
        case .amend(let number):
            var method = AmendConsent()
            method.consent = id
            method.terms = try terms(number)
            return (TestTransactions.call("consent", AmendConsent.name, try method.encoded()), key)
        case .withdraw:
            var method = WithdrawConsent()
            method.consent = id
            return (TestTransactions.call("consent", WithdrawConsent.name, try method.encoded()), key)
        }
    }

    func answer(toWrite code: String) -> Grant.Answer? { code == "OK" ? .done : .refused(code) }

    func question(_ action: Grant.Action) throws -> ChainQuestion {
        var query = ConsentQuery()
        query.consent = id
        return ChainQuestion(contract: "consent", name: ConsentQuery.name, arguments: try query.encoded())
    }

    func answer(toRead row: [UInt8]?, _ action: Grant.Action) throws -> Grant.Answer {
        guard let row else { return .read(.absent) }
        let consent = try ConsentRow(decoding: row)
        let terms = consent.terms.notice.number
        let revision = Int(consent.revision)
        return .read(
            consent.state == .withdrawn
                ? .withdrawn(terms: terms, revision: revision) : .live(terms: terms, revision: revision)
        )
    }
}

/// Two accounts that pay each other points.
struct PursePair: ChainObject {
    typealias Object = Purses

    let keys: [ClientKey]

    func call(_ action: Purses.Action) throws -> (call: Call, key: ClientKey)? {
        guard case .transfer(let from, let amount) = action else { return nil }
        var method = TransferValue()
        method.to = keys[1 - from].account
        method.amount = UInt64(amount)
        return (TestTransactions.call("marketplace", TransferValue.name, try method.encoded()), keys[from])
    }

    func answer(toWrite code: String) -> Purses.Answer? { code == "OK" ? .done : .refused(code) }

    func question(_ action: Purses.Action) throws -> ChainQuestion {
        guard case .balance(let account) = action else { throw TestFailure("a transfer is no question") }
        var query = BalanceQuery()
        query.account = keys[account].account
        return ChainQuestion(contract: "marketplace", name: BalanceQuery.name, arguments: try query.encoded())
    }

    func answer(toRead row: [UInt8]?, _ action: Purses.Action) throws -> Purses.Answer {
        .balance(Int(try row.map { try Balance(decoding: $0) }?.held ?? 0))
    }

    /// Gives both what a history begins with.
    func endow(by issuer: ClientKey) throws -> [(call: Call, key: ClientKey)] {
        try keys.map { key in
            var method = IssueValue()
            method.to = key.account
            method.amount = UInt64(Purses.endowment)
            return (TestTransactions.call("marketplace", IssueValue.name, try method.encoded()), issuer)
        }
    }
}

extension Digest {
    /// A number as a digest, so that what is read says which write it was.
    fileprivate init(number: Int) { self.init(words: (1, 2, 3, UInt64(number))) }

    fileprivate var number: Int { bytes.suffix(8).reduce(0) { $0 << 8 | Int($1) } }
}
