import Ledger
import LedgerCrypto
import Primitives
import Testing

/// A small chain with known keys.
struct Fixture {
    let validatorKeys: [PrivateKey]
    let accountKey: PrivateKey
    let account: AccountID
    let chain: Chain

    init(validators count: Int = 4, name: String = "test-chain") throws {
        validatorKeys = try (0..<count).map { try Fixture.key("validator \($0)") }
        accountKey = try Fixture.key("account")
        account = AccountID(SHA256Function.digest(of: Array("account id".utf8)))
        let organisation = try #require(Identifier("city"))
        let genesis = Genesis(
            chainName: try #require(Identifier(name)),
            time: 1_700_000_000_000,
            validators: validatorKeys.enumerated().map { index, key in
                Validator(
                    consensusKey: key.publicKey,
                    tlsPins: [SHA256Function.digest(of: Array("pin \(index)".utf8))],
                    address: "127.0.0.1:\(7200 + index)",
                    organisation: organisation
                )
            },
            parameters: .standard,
            organisations: [
                Genesis.Organisation(
                    id: organisation,
                    register: .corporateNumber,
                    number: "7000012050002",
                    jurisdiction: try #require(Identifier("jp"))
                )
            ],
            accounts: [
                Genesis.Account(
                    id: account,
                    key: accountKey.publicKey,
                    organisation: organisation,
                    roles: [try #require(Identifier("registrar"))]
                )
            ]
        )
        chain = try Chain(genesis)
    }

    static func key(_ name: String) throws -> PrivateKey {
        try #require(PrivateKey(bytes: SHA256Function.digest(of: Array(name.utf8)).bytes))
    }

    static func call(_ contract: String = "marketplace", _ method: String = "publish", padding: Int = 40) throws -> Call
    {
        Call(
            contract: try #require(Identifier(contract)),
            method: try #require(Identifier(method)),
            arguments: CBORValue.map([
                .init(.unsigned(1), .byteString([UInt8](repeating: 7, count: padding))),
                .init(.unsigned(2), .unsigned(100)),
            ]).encoded
        )
    }

    func draft(_ number: UInt64 = 0, validUntil: UInt64 = 100, padding: Int = 40) throws -> TransactionDraft {
        TransactionDraft(
            account: account,
            chain: chain.id,
            nonce: Digest(words: (number, 0, 0, 0)).bytes,
            validUntil: Height(validUntil),
            calls: [try Fixture.call(padding: padding)]
        )
    }

    func transaction(_ number: UInt64 = 0, validUntil: UInt64 = 100, padding: Int = 40) throws -> SignedTransaction {
        let draft = try draft(number, validUntil: validUntil, padding: padding)
        return try SignedTransaction(decoding: draft.signed(with: accountKey), limits: .greatest)
    }

    func standing() throws -> Standing {
        Standing(key: try #require(VerificationKey(accountKey.publicKey)), isActive: true)
    }

    func header(
        height: UInt64 = 7,
        epoch: UInt64 = 0,
        parent: Digest = SHA256Function.digest(of: [1]),
        transactionsRoot: Digest = .zero,
        receiptsRoot: Digest = .zero,
        stateRoot: Digest = .zero,
        validators: ValidatorSet? = nil,
        next: ValidatorSet? = nil
    ) -> Header {
        let current = validators ?? chain.validators
        return Header(
            chain: chain.id,
            epoch: epoch,
            height: Height(height),
            parent: parent,
            originView: 3,
            proposer: 2,
            time: 1_700_000_001_000,
            transactionsRoot: transactionsRoot,
            receiptsRoot: receiptsRoot,
            stateRoot: stateRoot,
            validatorsDigest: current.digest,
            nextValidatorsDigest: (next ?? current).digest
        )
    }

    func certificate(_ header: Header, signers: [Int], keys: [PrivateKey]? = nil) throws -> Certificate {
        let keys = keys ?? validatorKeys
        let message = header.attestation.encoded
        return try #require(
            Certificate(
                epoch: header.epoch,
                headerDigest: header.digest,
                attestations: signers.map {
                    Certificate.Entry(index: UInt64($0), signature: keys[$0].sign(message))
                }
            )
        )
    }

    /// A certified block of so many transactions, with the proof file of each.
    func proofs(count: Int, signers: [Int] = [0, 1, 3]) throws -> [ProofFile] {
        let transactions = try (0..<count).map { try transaction(UInt64($0)) }
        let receipts = transactions.enumerated().map { index, transaction in
            Receipt(
                transaction: transaction.id,
                height: Height(7),
                index: UInt64(index),
                status: .ok,
                events: [],
                used: 12
            )
        }
        let references = transactions.map(\.reference)
        let leaves = receipts.map(\.leaf)
        let header = header(
            transactionsRoot: BlockTree.root(leaves: references),
            receiptsRoot: BlockTree.root(leaves: leaves)
        )
        let certificate = try certificate(header, signers: signers)
        return try (0..<count).map { index in
            ProofFile(
                header: header,
                certificate: certificate,
                subject: .inclusion(
                    ProofFile.Inclusion(
                        transaction: transactions[index].bytes,
                        receipt: receipts[index].encoded,
                        transactionPath: try #require(InclusionPath(to: index, in: references)),
                        receiptPath: try #require(InclusionPath(to: index, in: leaves))
                    )
                )
            )
        }
    }
}

/// The other s of a signature: n − s.
func highSTwin(of signature: Signature) throws -> Signature {
    let order = try #require(Digest(hex: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")).bytes
    let s = signature.s.bytes
    var result = [UInt8](repeating: 0, count: 32)
    var borrow = 0
    for position in (0..<32).reversed() {
        let difference = Int(order[position]) - Int(s[position]) - borrow
        result[position] = UInt8(truncatingIfNeeded: difference)
        borrow = difference < 0 ? 1 : 0
    }
    return Signature(r: signature.r, s: try #require(Digest(result)))
}

/// The code of a refusal, nil where there was none.
func refusalCode(_ body: () throws(Refusal) -> Void) -> RefusalCode? {
    do throws(Refusal) {
        try body()
        return nil
    } catch {
        return error.code
    }
}
