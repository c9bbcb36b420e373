import Consent
import ContractKit
import ContractTesting
import Primitives

enum Who {
    static let citizen = TestActor("citizen", of: TestOrganisation.city, .subject)
    static let neighbour = TestActor("neighbour", of: TestOrganisation.city, .subject)
    static let vault = TestActor("vault", of: TestOrganisation.city, .custodian)
    static let otherVault = TestActor("other vault", of: TestOrganisation.maker, .custodian)
    static let maker = TestActor("maker", of: TestOrganisation.maker, .buyer)
    static let port = TestActor("port", of: TestOrganisation.port, .buyer)
    static let registrar = TestActor("registrar", of: TestOrganisation.city, .registrar)
    static let makersRegistrar = TestActor("makers", of: TestOrganisation.maker, .registrar)

    static let all = [citizen, neighbour, vault, otherVault, maker, port, registrar, makersRegistrar]
}

let consentID = TestOrganisation.digest("consent")
let recordID = TestOrganisation.digest("record")
let accessID = TestOrganisation.digest("access")
/// How long the consents of these tests last, in milliseconds.
let duration: UInt64 = 1000

/// Terms for a Japanese company that wants profiles for city planning.
func terms(_ bed: Testbed, lasting milliseconds: UInt64 = duration) -> ConsentTerms {
    var terms = ConsentTerms()
    terms.purpose = .constant("city-planning")
    terms.dataClasses = DataClasses(.profile, .park)
    terms.recipient = .privateOperator
    terms.country = .japan
    terms.until = bed.time + milliseconds
    terms.notice = TestOrganisation.digest("notice")
    return terms
}

func grant(_ bed: Testbed, lasting milliseconds: UInt64 = duration) -> GrantConsent {
    var method = GrantConsent()
    method.consent = consentID
    method.terms = terms(bed, lasting: milliseconds)
    return method
}

let use = DataUse(
    purpose: .constant("city-planning"),
    dataClass: .profile,
    recipient: .privateOperator,
    country: .japan
)

/// A chain on which the citizen granted a consent and the vault committed to a record.
func prepared() throws -> Testbed {
    var bed = Testbed(actors: Who.all)
    try bed.run(grant(bed), of: Consent.self, by: Who.citizen)
    var commit = CommitRecord()
    commit.record = recordID
    commit.pseudonym = Who.citizen.account
    commit.commitment = TestOrganisation.digest("commitment")
    try bed.run(commit, of: Consent.self, by: Who.vault)
    return bed
}

func withdrawal(_ consent: Digest = consentID) -> WithdrawConsent {
    var method = WithdrawConsent()
    method.consent = consent
    return method
}

func amendment(_ bed: Testbed, lasting milliseconds: UInt64 = duration) -> AmendConsent {
    var method = AmendConsent()
    method.consent = consentID
    method.terms = terms(bed, lasting: milliseconds)
    return method
}

func state(_ bed: Testbed, _ consent: Digest = consentID) throws -> ConsentState {
    var query = ConsentQuery()
    query.consent = consent
    return try bed.ask(query, of: Consent.self).state
}

/// The refusal of a use, or nil if the consent covers it now.
func objection(_ bed: Testbed, _ use: DataUse = use, _ consent: Digest = consentID) -> ErrorCode? {
    refusal { () throws(ContractError) in
        try bed.peek { context throws(ContractError) in
            // As another contract asks.
            try context.call(into: .marketplace) { context throws(ContractError) in
                _ = try Consent.requireLive(consent, for: use, &context)
            }
        }
    }
}

func refusal(_ body: () throws(ContractError) -> Void) -> ErrorCode? {
    do throws(ContractError) {
        try body()
        return nil
    } catch { return error.code }
}
