import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives
import TFC

/// The organisations of an evacuation list (SIP B2), one account each, and one account without a role.
enum Who {
    static func actor(_ name: String) -> TestActor {
        TestActor(name, of: .constant(name), .founder, .member, .applicant, .verifier)
    }

    static let city = actor("city")
    static let school = actor("school")
    static let clinic = actor("clinic")
    static let post = actor("post")
    static let neighbours = actor("neighbours")
    static let everybody = [city, school, clinic, post, neighbours]
    /// Of the city, and with nothing but its name.
    static let nobody = TestActor("nobody", of: .constant("city"))
    /// A second account of the post office.
    static let clerk = TestActor("clerk", of: .constant("post"), .member, .applicant, .verifier)
    /// A second account of the school.
    static let teacher = TestActor("teacher", of: .constant("school"), .member)

    static var organisations: [GenesisOrganisation] {
        everybody.enumerated().map { index, actor in
            GenesisOrganisation(
                id: actor.organisation,
                number: .corporate(TestOrganisation.corporate(base: 700_100_000_000 + UInt64(index))),
                jurisdiction: .japan
            )
        }
    }
}

let training = Identifier.constant("training")
let pledge = Identifier.constant("pledge")

/// Two attributes, two verifiers of three, everybody's weight different.
func policy(_ change: (inout FieldPolicy) -> Void = { _ in }) -> FieldPolicy {
    var policy = FieldPolicy()
    policy.required = [training, pledge]
    policy.verifiersNeeded = 2
    policy.quorum = 5_000
    policy.threshold = 6_000
    policy.mutual = 1
    policy.disclosureTime = 1_000
    policy.verificationTime = 2_000
    policy.commitTime = 3_000
    policy.revealTime = 4_000
    policy.cooldown = 50_000
    change(&policy)
    return policy
}

/// A chain with a field of city (weight 3), school (2) and clinic (1), and the steps that lead through a case.
struct FieldBed {
    var bed: Testbed
    var field = Digest.zero
    var admission = Digest.zero

    init(_ policy: FieldPolicy = policy()) throws {
        bed = Testbed(
            organisations: Who.organisations,
            actors: Who.everybody + [Who.nobody, Who.clerk, Who.teacher]
        )
        try bed.run(FieldBed.create(policy), of: TFC.self, by: Who.city)
        field = FieldBed.id(founder: Who.city)
        for actor in [Who.school, Who.clinic] { try run(joining(), actor) }
    }

    static func create(_ policy: FieldPolicy) -> CreateField {
        var method = CreateField()
        method.name = .constant("evacuation")
        method.policy = policy
        method.founders = [
            Founder(organisation: Who.city.organisation, weight: 3, verifies: true),
            Founder(organisation: Who.school.organisation, weight: 2, verifies: true),
            Founder(organisation: Who.clinic.organisation, weight: 1, verifies: true),
        ]
        return method
    }

    static func id(founder: TestActor) -> Digest {
        SHA256Function.digest(
            of: TFC.fieldPreimage(founder: founder.account, name: .constant("evacuation"))
        )
    }

    mutating func run<Method: ContractMethod>(_ method: Method, _ actor: TestActor)
        throws(ContractError)
    {
        try bed.run(method, of: TFC.self, by: actor)
    }

    mutating func refusal<Method: ContractMethod>(_ method: Method, _ actor: TestActor) -> ErrorCode? {
        bed.refusal(of: method, of: TFC.self, by: actor)
    }

    var current: AdmissionCase {
        get throws {
            var query = CaseQuery()
            query.admission = admission
            return try bed.ask(query, of: TFC.self)
        }
    }

    var ballot: BallotQuery.Answer {
        get throws {
            var query = BallotQuery()
            query.admission = admission
            return try bed.ask(query, of: TFC.self)
        }
    }

    func applicant(_ organisation: Identifier) throws -> ApplicantRow {
        var query = ApplicantQuery()
        query.field = field
        query.organisation = organisation
        return try bed.ask(query, of: TFC.self)
    }

    func fieldRow() throws -> Field {
        var query = FieldQuery()
        query.field = field
        return try bed.ask(query, of: TFC.self)
    }

    func members() throws -> [MembersQuery.Entry] {
        var query = MembersQuery()
        query.field = field
        return try bed.ask(query, of: TFC.self).members
    }
}

// MARK: Calls, right in every respect

extension FieldBed {
    func joining() -> JoinField {
        var method = JoinField()
        method.field = field
        return method
    }

    func application() -> Apply {
        var method = Apply()
        method.field = field
        return method
    }

    func disclosure(_ types: Identifier...) -> Disclose {
        var method = Disclose()
        method.admission = admission
        method.attributes = types.map { type in
            var claim = AttributeClaim()
            claim.type = type
            claim.commitment = TestOrganisation.digest("commitment")
            claim.issuer = Who.school.organisation
            claim.credential = TestOrganisation.digest("credential")
            return claim
        }
        return method
    }

    func attestation(_ attribute: Identifier, ok: Bool = true) -> Attest {
        var method = Attest()
        method.admission = admission
        method.attribute = attribute
        method.ok = ok
        method.method = .constant("inspection")
        return method
    }

    func memberAttestation(_ member: TestActor, ok: Bool = true) -> AttestMember {
        var method = AttestMember()
        method.admission = admission
        method.organisation = member.organisation
        method.ok = ok
        method.method = .constant("visit")
        return method
    }

    func assent() -> Assent {
        var method = Assent()
        method.admission = admission
        return method
    }

    static func salt(_ actor: TestActor) -> [UInt8] {
        TestOrganisation.digest("salt " + actor.name).bytes
    }

    func vote(_ actor: TestActor, _ choice: VoteChoice) -> CommitVote {
        var method = CommitVote()
        method.admission = admission
        method.commitment = SHA256Function.digest(
            of: TFC.votePreimage(
                field: field,
                case: admission,
                voter: actor.account,
                choice: choice,
                salt: FieldBed.salt(actor)
            )
        )
        return method
    }

    func reveal(_ actor: TestActor, _ choice: VoteChoice) -> RevealVote {
        var method = RevealVote()
        method.admission = admission
        method.choice = choice
        method.salt = FieldBed.salt(actor)
        return method
    }
}

// MARK: Ways to a state

extension FieldBed {
    mutating func apply(_ actor: TestActor = Who.post, attempt: UInt64 = 1) throws {
        try run(application(), actor)
        admission = SHA256Function.digest(
            of: TFC.casePreimage(field: field, organisation: actor.organisation, attempt: attempt)
        )
    }

    mutating func disclose() throws { try run(disclosure(training, pledge), Who.post) }

    mutating func verify() throws {
        for attribute in [training, pledge] {
            for verifier in [Who.city, Who.school] { try run(attestation(attribute), verifier) }
        }
    }

    mutating func agree() throws {
        try run(memberAttestation(Who.city), Who.post)
        try run(assent(), Who.post)
    }

    mutating func openBallot() throws {
        try apply()
        try disclose()
        try verify()
        try agree()
    }

    /// The votes of a case whose ballot is open; with all three it goes on to the reveal at once.
    mutating func commit(_ votes: [(TestActor, VoteChoice)]) throws {
        for (actor, choice) in votes { try run(vote(actor, choice), actor) }
    }

    /// Lets a phase end by time: the present deadline is reached exactly.
    mutating func reachDeadline() throws {
        bed.time = try current.deadline
        bed.height = bed.height.advanced(by: 1)
    }
}
