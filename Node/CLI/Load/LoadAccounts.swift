internal import AkashiClient
internal import Governance
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

/// Makes the accounts that the load is signed by: enrolled by a registrar of the test network, and given points.
struct LoadAccounts {
    let session: Session
    let keys: KeyStore

    /// Calls in one transaction of the preparation; each enrolment verifies a signature in the contract.
    private static let callsTogether = 8
    /// Transactions in one request of the preparation, below what one account may have waiting.
    private static let transactionsTogether = 16

    /// Accounts with the roles that the kinds of load need.
    func make(_ count: Int, for mix: LoadMix) async throws -> [ClientKey] {
        let registrar = try keys.open(identifier("nordlys-registrar"))
        let accounts = try (0..<count).map { position in
            ClientKey(name: try identifier("load-\(position)"), signing: PrivateKey.generate())
        }
        let roles = JSONValue.array([.string("buyer"), .string("device"), .string("custodian")])
        let enrolments = try accounts.map { account in
            try session.call(
                "governance",
                "enrol-account",
                .object([
                    "account": .hex(account.account.digest), "key": .hex(account.signing.publicKey.bytes),
                    "roles": roles, "possession": .hex(possession(of: account).bytes),
                ])
            )
        }
        try await send(enrolments, as: registrar, "enrolling \(count) accounts")
        if mix.kinds.contains(.transfer) {
            let issuer = try keys.open(identifier("nordlys-issuer"))
            let issues = try accounts.map { account in
                try session.call(
                    "marketplace",
                    "issue",
                    .object([
                        "unit": .string("point"), "to": .hex(account.account.digest),
                        "amount": .unsigned(1_000_000_000),
                    ])
                )
            }
            try await send(issues, as: issuer, "giving them points")
        }
        return accounts
    }

    private func possession(of key: ClientKey) -> Signature {
        key.signing.sign(
            Governance.possessionStatement(
                chain: session.chain.id,
                account: key.account,
                key: key.signing.publicKey
            )
        )
    }

    /// Sends the calls, some together, and waits until all took effect.
    private func send(_ calls: [Call], as key: ClientKey, _ what: String) async throws {
        progress("\(what)…")
        let sender = TransactionSender(client: session.client, chain: session.chain)
        let together = min(
            LoadAccounts.callsTogether,
            session.chain.genesis.parameters.transactionLimits.callCount
        )
        let span = together * LoadAccounts.transactionsTogether
        for start in stride(from: 0, to: calls.count, by: span) {
            let part = calls[start..<min(start + span, calls.count)]
            let height = try await session.client.status().certifiedHeight
            let transactions = stride(from: part.startIndex, to: part.endIndex, by: together).map { first in
                sender.sign(Array(part[first..<min(first + together, part.endIndex)]), as: key, height: height)
            }
            let answers = try await session.client.submit(many: transactions.map(\.bytes), waitSeconds: 30)
            for answer in answers {
                try Session.check(answer)
                guard answer.tookEffect else { throw ClientError("TIMEOUT", "\(what): not final after 30 s") }
            }
        }
    }
}
