internal import AkashiClient
internal import AkashiVerifier
internal import ContractKit
internal import Governance
internal import LedgerCrypto
internal import Marketplace
internal import NodeAPI
internal import Primitives
internal import TFC
internal import TrustStore

/// One transaction of a life cycle: who signs, and what.
struct LoadStep: Sendable {
    let signer: ClientKey
    let contract: String
    let method: String
    /// The arguments of each call of the method.
    let calls: [JSONValue]

    init(_ signer: ClientKey, _ contract: String, _ method: String, _ calls: JSONValue...) {
        self.init(signer, contract, method, calls: calls)
    }

    init(_ signer: ClientKey, _ contract: String, _ method: String, calls: [JSONValue]) {
        self.signer = signer
        self.contract = contract
        self.method = method
        self.calls = calls
    }
}

/// The steps of life cycles. All ids follow from what the signers choose, so that all steps can be signed beforehand.
struct LoadStories: Sendable {
    let cast: LoadCast
    let session: Session
    /// About how many bytes a transaction with evidence has; 0 for one window with one reading.
    var payload = 0

    /// As many steps as the kind says; what differs between life cycles is random.
    func steps(of kind: LoadKind, number: Int) throws -> [LoadStep] {
        switch kind {
        case .transfer: [transfer(number)]
        case .evidence: [evidence(number)]
        case .commit: [commit(number)]
        case .order: order(number)
        case .consent: consent(number)
        case .verdict: try verdict(number)
        case .vote: vote(number)
        case .account: account(number)
        }
    }

    private func random() -> JSONValue { .hex(randomBytes(count: 32)) }
    private func hex(_ account: ClientKey) -> JSONValue { .hex(account.account.digest) }

    private func transfer(_ number: Int) -> LoadStep {
        let (sender, receiver) = cast.pair(number)
        return LoadStep(
            sender,
            "marketplace",
            "transfer",
            ["unit": "point", "to": .hex(receiver.digest), "amount": 1]
        )
    }

    private func evidence(_ number: Int) -> LoadStep {
        let sender = cast.pair(number).sender
        let windows = EvidenceSize(payload).readings.map { readings in
            window(of: hex(sender), step: "window", parents: [], readings: readings)
        }
        return LoadStep(sender, "trust-store", "append", calls: windows)
    }

    private func window(
        of subject: JSONValue,
        step: String,
        parents: [JSONValue],
        readings: [JSONValue] = []
    ) -> JSONValue {
        [
            "process": "load", "step": .string(step), "subject": subject, "parents": .array(parents),
            "observed_at": .unsigned(cast.time), "content": random(), "media_type": "cbor", "disclosure": "open",
            "readings": .array(readings),
        ]
    }

    private func commit(_ number: Int) -> LoadStep {
        let (sender, subject) = cast.pair(number)
        return commit(record: random(), of: .hex(subject.digest), by: sender, dataClass: "climate")
    }

    private func commit(
        record: JSONValue,
        of pseudonym: JSONValue,
        by custodian: ClientKey,
        dataClass: String
    ) -> LoadStep {
        LoadStep(
            custodian,
            "consent",
            "commit-record",
            ["record": record, "pseudonym": pseudonym, "data_class": .string(dataClass), "commitment": random()]
        )
    }

    private func order(_ number: Int) -> [LoadStep] {
        let (buyer, seller, _) = cast.trio(number)
        let listing = Marketplace.listingPreimage(seller: seller.account, name: .constant("load"))
        let reference = randomBytes(count: 16)
        let order: JSONValue = .hex(
            SHA256Function.digest(of: Marketplace.orderPreimage(buyer: buyer.account, reference: reference))
        )
        let root = random()
        func step(_ signer: ClientKey, _ method: String, _ arguments: JSONValue) -> LoadStep {
            LoadStep(signer, "marketplace", method, arguments)
        }
        return [
            step(
                buyer,
                "order",
                [
                    "reference": .hex(reference), "listing": .hex(SHA256Function.digest(of: listing)), "version": 1,
                    "plan": 0, "quantity": 1, "max_price": 10, "purpose": .string(LoadCast.purpose),
                    "buyer_key": random(),
                ]
            ),
            step(
                seller,
                "deliver",
                ["order": order, "cipher_root": root, "key_commitment": random(), "location": random()]
            ),
            step(buyer, "confirm", ["order": order, "cipher_root": root]),
            step(seller, "open", ["order": order, "sealed_key": .hex(randomBytes(count: 80))]),
            step(buyer, "accept", ["order": order]),
        ]
    }

    private func consent(_ number: Int) -> [LoadStep] {
        let (subject, custodian, reader) = cast.trio(number)
        let (record, consent, access) = (random(), random(), random())
        let terms: JSONValue = [
            "purpose": .string(LoadCast.purpose), "data_classes": ["profile"], "recipient": "private-operator",
            "country": "eu", "until": .unsigned(cast.time + 86_400_000), "notice": random(),
        ]
        func step(_ signer: ClientKey, _ method: String, _ arguments: JSONValue) -> LoadStep {
            LoadStep(signer, "consent", method, arguments)
        }
        return [
            commit(record: record, of: hex(subject), by: custodian, dataClass: "profile"),
            step(subject, "grant-consent", ["consent": consent, "terms": terms]),
            step(
                reader,
                "request-access",
                ["access": access, "record": record, "consent": consent, "purpose": .string(LoadCast.purpose)]
            ),
            step(custodian, "decide-access", ["access": access, "is_allowed": true]),
            step(custodian, "serve-access", ["access": access]),
            step(subject, "withdraw-consent", ["consent": consent]),
        ]
    }

    private func verdict(_ number: Int) throws -> [LoadStep] {
        let (maker, installer, assessor) = cast.trio(number)
        let subject = random()
        let made = window(of: subject, step: "made", parents: [])
        let body = try session.call("trust-store", "append", made).arguments
        let preimage = TrustStore.evidencePreimage(author: maker.account, body: body)
        let parent: JSONValue = .hex(SHA256Function.digest(of: preimage))
        return [
            LoadStep(maker, "trust-store", "append", made),
            LoadStep(installer, "trust-store", "append", window(of: subject, step: "installed", parents: [parent])),
            LoadStep(assessor, "trust-store", "assess", ["subject": subject, "rule": .string(cast.rule.text)]),
        ]
    }

    private func account(_ number: Int) -> [LoadStep] {
        let registrar = cast.registrars[number % cast.registrars.count].key
        let key = ClientKey(name: .constant("load"), signing: PrivateKey.generate())
        let names = ["suspend-account", "reinstate-account", "revoke-account"]
        let enrolment = LoadAccounts.enrolment(of: key, roles: ["buyer"], chain: session.chain.id)
        return [LoadStep(registrar, "governance", "enrol-account", enrolment)]
            + names.map { LoadStep(registrar, "governance", $0, ["account": hex(key)]) }
    }
}

extension LoadStories {
    /// A field with two founders that admits a third organisation by a sealed vote.
    private func vote(_ number: Int) -> [LoadStep] {
        let (first, second, applicant) = cast.trio(number)
        let name = LoadCast.randomName()
        let organisations = cast.registrars.map(\.organisation)
        guard let identifier = Identifier(name), organisations.count == 3 else { return [] }
        let field = SHA256Function.digest(of: TFC.fieldPreimage(founder: first.account, name: identifier))
        let admission = SHA256Function.digest(
            of: TFC.casePreimage(field: field, organisation: organisations[2], attempt: 1)
        )
        let salts = [first, second].map { _ in randomBytes(count: 32) }
        func step(_ signer: ClientKey, _ method: String, _ arguments: JSONValue) -> LoadStep {
            LoadStep(signer, "tfc", method, arguments)
        }
        func commitment(_ voter: ClientKey, _ salt: [UInt8]) -> JSONValue {
            .hex(
                SHA256Function.digest(
                    of: TFC.votePreimage(
                        field: field,
                        case: admission,
                        voter: voter.account,
                        choice: .yes,
                        salt: salt
                    )
                )
            )
        }
        let claim: JSONValue = [
            "type": "licence", "commitment": random(), "issuer": .string(organisations[2].text),
            "credential": random(), "audience": "verifiers",
        ]
        let founders = organisations.prefix(2).map { organisation -> JSONValue in
            ["organisation": .string(organisation.text), "weight": 1, "verifies": true]
        }
        return [
            step(
                first,
                "create-field",
                ["name": .string(name), "policy": LoadStories.policy, "founders": .array(founders)]
            ),
            step(second, "join-field", ["field": .hex(field)]),
            step(applicant, "apply", ["field": .hex(field)]),
            step(applicant, "disclose", ["case": .hex(admission), "attributes": [claim]]),
            step(
                first,
                "attest",
                ["case": .hex(admission), "attribute": "licence", "ok": true, "method": "document-check"]
            ),
            step(applicant, "assent", ["case": .hex(admission)]),
            step(first, "commit", ["case": .hex(admission), "commitment": commitment(first, salts[0])]),
            step(second, "commit", ["case": .hex(admission), "commitment": commitment(second, salts[1])]),
            step(first, "reveal", ["case": .hex(admission), "choice": "yes", "salt": .hex(salts[0])]),
            step(second, "reveal", ["case": .hex(admission), "choice": "yes", "salt": .hex(salts[1])]),
        ]
    }

    /// One attribute, confirmed by one verifier, both founders voting; each phase may take an hour.
    private static let policy: JSONValue = [
        "required": ["licence"], "verifiers_needed": 1, "quorum": 5000, "threshold": 6667, "member_weight": 1,
        "admitted_verify": false, "mutual": 0, "disclosure_time": 3_600_000, "verification_time": 3_600_000,
        "commit_time": 3_600_000, "reveal_time": 3_600_000, "cooldown": 0,
    ]
}

/// How evidence reaches a size: more readings in a window, longer names, more windows in a transaction.
package struct EvidenceSize: Sendable {
    /// The readings of each window.
    let readings: [[JSONValue]]

    // Bytes of a transaction without calls, of a window without readings, of a reading with long names.
    private static let frame = 208
    private static let window = 133
    private static let reading = 119
    private static let greatestReadingCount = 8

    package static let greatestPayload = 16_000

    package init(_ payload: Int) {
        guard payload > 0 else {
            readings = [[["metric": "noise", "value": 52, "unit": "decibel"]]]
            return
        }
        let full = EvidenceSize.window + EvidenceSize.greatestReadingCount * EvidenceSize.reading
        let count = max(1, (payload - EvidenceSize.frame + full - 1) / full)
        let budget = (payload - EvidenceSize.frame) / count - EvidenceSize.window
        let each = max(
            0,
            min((budget + EvidenceSize.reading / 2) / EvidenceSize.reading, EvidenceSize.greatestReadingCount)
        )
        let name = String(repeating: "x", count: 55)
        readings = Array(
            repeating: (0..<each).map { place in
                ["metric": .string("metric-\(place)-" + name.dropFirst(9)), "value": 52, "unit": .string(name)]
            },
            count: count
        )
    }

    package var windowCount: Int { readings.count }
}
