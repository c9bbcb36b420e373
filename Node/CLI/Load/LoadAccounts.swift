internal import AkashiClient
internal import Governance
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

/// Prepares a network for load: accounts enrolled by three registrars, points, listings to order from, a rule to assess
/// by.
struct LoadAccounts {
    let session: Session
    let keys: KeyStore

    /// Calls in one transaction of the preparation; each enrolment verifies a signature in the contract.
    private static let callsTogether = 8
    /// Transactions in one request of the preparation, below what one account may have waiting.
    private static let transactionsTogether = 16
    /// The accounts may do whatever the kinds of load need, and nothing that binds others.
    private static let roles: [JSONValue] = [
        "seller", "buyer", "device", "custodian", "subject", "organisation", "founder", "member", "verifier",
        "applicant",
    ]

    private typealias SignedCall = (signer: ClientKey, call: Call)

    func make(_ count: Int, for mix: LoadMix) async throws -> LoadCast {
        let registrars = try await registrars()
        let accounts = try (0..<count).map { position in
            ClientKey(name: try identifier("load-\(position)"), signing: PrivateKey.generate())
        }
        let enrolments = try accounts.enumerated().map { place, account in
            let arguments = LoadAccounts.enrolment(of: account, roles: LoadAccounts.roles, chain: session.chain.id)
            return SignedCall(
                registrars[place % 3].key,
                try session.call("governance", "enrol-account", arguments)
            )
        }
        try await send(enrolments, "enrolling \(count) accounts")
        let cast = LoadCast(
            accounts: accounts,
            registrars: registrars,
            bystander: try keys.open(identifier("nordlys-issuer")).account,
            rule: try identifier(LoadCast.randomName()),
            time: wallClock()
        )
        if !mix.kinds.isDisjoint(with: [.transfer, .order]) { try await givePoints(accounts) }
        if mix.kinds.contains(.order) { try await publish(cast) }
        if mix.kinds.contains(.verdict) { try await registerRule(cast.rule) }
        return cast
    }

    /// Three registrars of three organisations, the third of which is in the EU.
    private func registrars() async throws -> [LoadCast.Registrar] {
        var registrars: [LoadCast.Registrar] = []
        for name in ["harbour-registrar", "kaze-registrar", "nordlys-registrar"] {
            let key = try keys.open(identifier(name))
            let organisation = try await session.client.account(key.account).organisation
            registrars.append(LoadCast.Registrar(key: key, organisation: try identifier(organisation)))
        }
        return registrars
    }

    /// The arguments that enrol an account under a key that proves that it is held.
    static func enrolment(of key: ClientKey, roles: [JSONValue], chain: Digest) -> JSONValue {
        let statement = Governance.possessionStatement(chain: chain, account: key.account, key: key.signing.publicKey)
        return [
            "account": .hex(key.account.digest), "key": .hex(key.signing.publicKey.bytes), "roles": .array(roles),
            "possession": .hex(key.signing.sign(statement).bytes),
        ]
    }

    private func givePoints(_ accounts: [ClientKey]) async throws {
        let issuer = try keys.open(identifier("nordlys-issuer"))
        let issues = try accounts.map { account in
            SignedCall(
                issuer,
                try session.call(
                    "marketplace",
                    "issue",
                    ["unit": "point", "to": .hex(account.account.digest), "amount": 1_000_000_000]
                )
            )
        }
        try await send(issues, "giving them points")
    }

    /// One listing of each seller.
    private func publish(_ cast: LoadCast) async throws {
        let hour: JSONValue = 3_600_000
        let terms: JSONValue = [
            "catalogue": .hex(randomBytes(count: 32)), "kind": "dataset", "data_class": "climate",
            "schema": .hex(randomBytes(count: 32)), "content_root": .hex(randomBytes(count: 32)),
            "plans": [["unit": "point", "price": 10, "model": "once"]], "policy": .hex(randomBytes(count: 32)),
            "personal": "none", "basis": "none", "origin": "jp", "evidence": [], "deposit_unit": "point",
            "deposit": 1, "windows": ["delivery": hour, "confirmation": hour, "key": hour, "dispute": hour],
        ]
        let publications = try stride(from: 0, to: cast.accounts.count / 3 * 3, by: 3).map { start in
            SignedCall(
                cast.trio(start / 3).1,
                try session.call(
                    "marketplace",
                    "publish",
                    ["name": .string(LoadCast.listingName), "terms": terms, "bond": 1_000_000]
                )
            )
        }
        try await send(publications, "publishing \(publications.count) listings")
    }

    /// A subject passes where something was made and installed.
    private func registerRule(_ name: Identifier) async throws {
        let rule: JSONValue = [
            "conditions": [["step": "made", "count": 1], ["step": "installed", "count": 1]], "ancestry": 1,
        ]
        let call = try session.call("trust-store", "register-rule", ["name": .string(name.text), "rule": rule])
        try await send([(try keys.open(identifier("kaze-scheme")), call)], "registering a rule")
    }

    /// Sends the calls, those of one signer together, and waits until all took effect.
    private func send(_ calls: [SignedCall], _ what: String) async throws {
        progress("\(what)…")
        let sender = TransactionSender(client: session.client, chain: session.chain)
        let limit = session.chain.genesis.parameters.transactionLimits.callCount
        let groups = LoadAccounts.groups(calls, of: min(LoadAccounts.callsTogether, limit))
        for start in stride(from: 0, to: groups.count, by: LoadAccounts.transactionsTogether) {
            let height = try await session.client.status().certifiedHeight
            let transactions = groups[start..<min(start + LoadAccounts.transactionsTogether, groups.count)]
                .map { sender.sign($0.calls, as: $0.signer, height: height) }
            let answers = try await session.client.submit(many: transactions.map(\.bytes), waitSeconds: 30)
            for answer in answers {
                try Session.check(answer)
                guard answer.tookEffect else { throw ClientError("TIMEOUT", "\(what): not final after 30 s") }
            }
        }
    }

    /// The calls of each signer, so many at a time.
    private static func groups(_ calls: [SignedCall], of size: Int) -> [(signer: ClientKey, calls: [Call])] {
        var groups: [(signer: ClientKey, calls: [Call])] = []
        var open: [AccountID: Int] = [:]
        for (signer, call) in calls {
            if let place = open[signer.account], groups[place].calls.count < size {
                groups[place].calls.append(call)
            } else {
                open[signer.account] = groups.count
                groups.append((signer, [call]))
            }
        }
        return groups
    }
}
