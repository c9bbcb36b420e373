import Benchmark
import Consent
import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Marketplace
import Primitives
import TFC
import TrustStore

/// One call of each contract, from its encoded arguments to writes and events, on a state in memory that it leaves as it
/// was.
func contractStages() throws {
    let trader = TestActor("trader", of: TestOrganisation.maker, .seller, .buyer, .founder, .device, .subject)
    let other = TestActor("other", of: TestOrganisation.port, .buyer, .founder, .member)
    let registrar = TestActor("registrar", of: TestOrganisation.city, .registrar)
    let issuer = TestActor("issuer", of: TestOrganisation.maker, .valueIssuer)
    var bed = Testbed(actors: [trader, other, registrar, issuer])
    var issue = IssueValue()
    issue.to = trader.account
    issue.amount = 1_000_000
    try bed.run(issue, of: Marketplace.self, by: issuer)

    var transfer = TransferValue()
    transfer.to = other.account
    try call(transfer, of: Marketplace.self, by: trader, bed)
    try call(enrolment(), of: Governance.self, by: registrar, bed)
    var grant = GrantConsent()
    grant.consent = TestOrganisation.digest("consent")
    grant.terms.purpose = .constant("research")
    grant.terms.dataClasses = DataClasses(DataClass.allCases[0])
    grant.terms.until = bed.time + 1_000_000
    grant.terms.notice = TestOrganisation.digest("notice")
    try call(grant, of: Consent.self, by: trader, bed)
    var window = EvidenceBody()
    window.process = .constant("load")
    window.step = .constant("window")
    window.subject = TestOrganisation.digest("subject")
    window.observedAt = bed.time
    window.content = TestOrganisation.digest("content")
    window.mediaType = .constant("cbor")
    try call(AppendEvidence(window), of: TrustStore.self, by: trader, bed)
    try call(field(), of: TFC.self, by: trader, bed)
}

private func enrolment() -> EnrolAccount {
    let newcomer = TestActor("newcomer")
    var method = EnrolAccount()
    method.account = newcomer.account
    method.key = newcomer.key.publicKey
    method.roles = Roles(.buyer)
    method.possession = TestActor.possession(of: newcomer.key, for: newcomer.account)
    return method
}

private func field() -> CreateField {
    var method = CreateField()
    method.name = .constant("field")
    method.policy.required = [.constant("licence")]
    method.founders = [TestOrganisation.maker, TestOrganisation.port].map { organisation in
        Founder(organisation: organisation, weight: 1, verifies: true)
    }
    return method
}

private func call<Domain: Contract, Method: ContractMethod>(
    _ method: Method,
    of domain: Domain.Type,
    by actor: TestActor,
    _ bed: Testbed
) throws {
    let arguments = try method.encoded()
    let caller = try bed.caller(actor)
    stage("execute \(Domain.name) \(Method.name)", repetitions: 200) {
        bed
    } _: { bed, _ in
        var context = bed.makeContext(caller)
        try Domain.execute(method: .constant(Method.name), arguments: arguments, &context)
        guard !context.writes.isEmpty else { throw Failure() }
    }
}
