internal import Consent
internal import ContractKit
internal import Contracts
internal import Governance
package import Ledger
package import LedgerCrypto
package import Primitives
internal import Storage

/// A chain with four validators, one registrar and eight subjects, and the means to make transactions and blocks.
package struct ChainWorld: Sendable {
    package let chain: Chain
    private let validatorKeys: [PrivateKey]

    package static let genesisTime: UInt64 = 1_700_000_000_000
    package static let subjectCount = 8
    package static let farAhead = TimeFormat.latest

    package init(
        window: UInt64 = 16,
        validity: UInt64 = 4096,
        snapshotInterval: UInt64 = 1024,
        name: String = "test-chain",
        adjust: (inout Parameters) -> Void = { _ in }
    ) throws {
        validatorKeys = (0..<4).map { ChainWorld.key("validator \($0)") }
        var parameters = Parameters.standard
        parameters.window = window
        parameters.validity = validity
        parameters.snapshotInterval = snapshotInterval
        adjust(&parameters)
        let city = Identifier.constant("city")
        let registrar = Genesis.Account(
            id: ChainWorld.account("registrar"),
            key: ChainWorld.key("registrar").publicKey,
            organisation: city,
            roles: [.constant("registrar")]
        )
        let subjects = (0..<ChainWorld.subjectCount).map { number in
            Genesis.Account(
                id: ChainWorld.account("subject \(number)"),
                key: ChainWorld.key("subject \(number)").publicKey,
                organisation: city,
                roles: [.constant("subject")]
            )
        }
        chain = try Chain(
            Genesis(
                chainName: .constant(name),
                time: ChainWorld.genesisTime,
                validators: validatorKeys.enumerated().map { index, key in
                    Validator(
                        consensusKey: key.publicKey,
                        tlsPins: [SHA256Function.digest(of: [UInt8(index)])],
                        address: "127.0.0.1:\(7200 + index)",
                        organisation: city
                    )
                },
                parameters: parameters,
                organisations: [
                    Genesis.Organisation(
                        id: city,
                        register: .corporateNumber,
                        number: "7000012050002",
                        jurisdiction: .constant("jp")
                    )
                ],
                accounts: ([registrar] + subjects).sorted { $0.id < $1.id }
            )
        )
    }

    package static func key(_ name: String) -> PrivateKey {
        guard let key = PrivateKey(bytes: SHA256Function.digest(of: Array(name.utf8)).bytes) else {
            preconditionFailure("a digest is a key")
        }
        return key
    }

    package static func account(_ name: String) -> AccountID {
        AccountID(SHA256Function.digest(of: Array(("account of " + name).utf8)))
    }

    // MARK: Transactions

    package func transaction(
        by name: String,
        keyName: String? = nil,
        nonce: UInt64,
        validUntil: UInt64 = 1000,
        _ calls: [Call]
    ) throws -> SignedTransaction {
        let draft = TransactionDraft(
            account: ChainWorld.account(name),
            chain: chain.id,
            nonce: Digest(words: (nonce, 0, 0, 0)).bytes,
            validUntil: Height(validUntil),
            calls: calls
        )
        let bytes = draft.signed(with: ChainWorld.key(keyName ?? name))
        return try SignedTransaction(decoding: bytes, limits: .greatest)
    }

    package static func grant(_ consent: Digest, until: UInt64) throws -> Call {
        var method = GrantConsent()
        method.consent = consent
        method.terms.purpose = .constant("research")
        method.terms.dataClasses = DataClasses(DataClass.allCases[0])
        method.terms.until = until
        method.terms.notice = SHA256Function.digest(of: [1])
        return Call(
            contract: .constant(Consent.name),
            method: .constant(GrantConsent.name),
            arguments: try method.encoded()
        )
    }

    package func enrol(_ name: String) throws -> Call {
        var method = EnrolAccount()
        method.account = ChainWorld.account(name)
        method.key = ChainWorld.key(name).publicKey
        method.roles = Roles(.subject)
        method.possession = possession(of: name, keyName: name)
        return Call(
            contract: .constant(Governance.name),
            method: .constant(EnrolAccount.name),
            arguments: try method.encoded()
        )
    }

    package func rotate(_ name: String, to keyName: String) throws -> Call {
        var method = RotateKey()
        method.account = ChainWorld.account(name)
        method.key = ChainWorld.key(keyName).publicKey
        method.possession = possession(of: name, keyName: keyName)
        return Call(
            contract: .constant(Governance.name),
            method: .constant(RotateKey.name),
            arguments: try method.encoded()
        )
    }

    private func possession(of name: String, keyName: String) -> Signature {
        let key = ChainWorld.key(keyName)
        let account = ChainWorld.account(name)
        return key.sign(Governance.possessionStatement(chain: chain.id, account: account, key: key.publicKey))
    }

    // MARK: Blocks

    package func batch(_ height: UInt64, time: UInt64? = nil, _ transactions: [SignedTransaction]) -> OrderedBatch {
        OrderedBatch(
            height: Height(height),
            originView: 3,
            proposer: 2,
            time: time ?? ChainWorld.genesisTime + height * 1000,
            transactions: transactions,
            bodies: transactions.isEmpty ? .none : .new(proposalDigest(height))
        )
    }

    /// Under which a batch's bodies are kept.
    package func proposalDigest(_ height: UInt64) -> Digest {
        SHA256Function.digest(of: StorageKey.height(height))
    }

    /// The same block for a height, whoever makes it: grants with deadlines some blocks ahead, an enrolment now and
    /// then, failures, empty and null batches.
    package func ordinaryBatch(_ height: UInt64, size: Int = 6) throws -> OrderedBatch {
        if height % 7 == 0 { return OrderedBatch(nullAt: Height(height)) }
        if height % 11 == 0 { return batch(height, []) }
        var transactions: [SignedTransaction] = []
        for index in 0..<size {
            let nonce = height * 1000 + UInt64(index)
            let consent = SHA256Function.digest(of: StorageKey.height(nonce))
            let until = ChainWorld.genesisTime + (height + 1 + nonce % 5) * 1000
            let name = "subject \(nonce % UInt64(ChainWorld.subjectCount))"
            transactions.append(try transaction(by: name, nonce: nonce, [ChainWorld.grant(consent, until: until)]))
        }
        let enrolment = try transaction(by: "registrar", nonce: height, [enrol("newcomer \(height)")])
        transactions.append(enrolment)
        // A registrar is no subject: fails with ROLE, and so does its first call with it.
        transactions.append(
            try transaction(
                by: "registrar",
                nonce: height + 1_000_000,
                [enrol("nobody \(height)"), ChainWorld.grant(enrolment.id, until: ChainWorld.farAhead)]
            )
        )
        return batch(height, transactions)
    }

    /// A certificate of a quorum or of more, by the validators of genesis or by others, which are given in their order.
    package func certificate(
        _ header: Header,
        by names: [String]? = nil,
        signerCount: Int? = nil
    ) throws -> Certificate {
        let message = header.attestation.encoded
        let keys = names?.map { ChainWorld.key($0) } ?? validatorKeys
        let count = signerCount ?? (keys.count + (keys.count - 1) / 3) / 2 + 1
        let entries = (0..<count).map { Certificate.Entry(index: UInt64($0), signature: keys[$0].sign(message)) }
        guard let certificate = Certificate(epoch: header.epoch, headerDigest: header.digest, attestations: entries)
        else { preconditionFailure("distinct indexes") }
        return certificate
    }
}
