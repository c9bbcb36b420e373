import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives
import Testing

@Suite struct EnrolmentTests {
    @Test("a registrar enrols an account in its own organisation, and the account can act")
    func enrols() throws {
        var bed = founded()
        bed.advance(blocks: 5)
        let method = enrolment("new", roles: Roles(.buyer, .seller))
        try bed.run(method, of: Governance.self, by: Who.registrar)
        let account = try row(method.account, in: bed)
        #expect(account.organisation == TestOrganisation.city)
        #expect(account.roles == Roles(.buyer, .seller))
        #expect(account.status == .active)
        #expect(account.keys == [AccountKey(from: bed.height, key: method.key)])
        #expect(try bed.events(AccountEnrolled.self).first?.account == method.account)
        let caller = try bed.caller(TestActor("new"))
        #expect(caller.jurisdiction == .japan && caller.sector == .publicBody && caller.has(.seller))
    }

    @Test(
        "an enrolment is refused for each of its reasons and changes nothing",
        arguments: [
            ("by an account that is no registrar", ErrorCode.role, Who.citizen, enrolment("new")),
            ("by an operator", .role, Who.operatorAccount, enrolment("new")),
            (
                "granting a privileged role of others", .role, Who.registrar,
                enrolment("new", roles: Roles(.valueIssuer))
            ),
            ("hiding one among others", .role, Who.registrar, enrolment("new", roles: Roles(.buyer, .supervisor))),
            ("an account there is", .duplicate, Who.registrar, again(account: Who.citizen.account)),
            ("a key there is", .duplicate, Who.registrar, again(key: Who.citizen.key)),
            ("a key of another organisation", .duplicate, Who.registrar, again(key: Who.issuer.key)),
            ("a key that is not held", .reveal, Who.registrar, unproven()),
            ("a proof for another account", .reveal, Who.registrar, misproven()),
            ("the zero account", .schema, Who.registrar, zero()),
        ]
    )
    func refuses(what: String, code: ErrorCode, actor: TestActor, method: EnrolAccount) {
        var bed = founded()
        let before = bed.state
        #expect(bed.refusal(of: method, of: Governance.self, by: actor) == code)
        #expect(bed.state == before)
    }

    private static func again(account: AccountID) -> EnrolAccount {
        var method = enrolment("new")
        method.account = account
        method.possession = TestActor.possession(of: TestActor.key("new"), for: account)
        return method
    }

    private static func again(key: PrivateKey) -> EnrolAccount {
        var method = enrolment("new")
        method.key = key.publicKey
        method.possession = TestActor.possession(of: key, for: method.account)
        return method
    }

    private static func unproven() -> EnrolAccount {
        var method = enrolment("new")
        method.key = TestActor.key("somebody else").publicKey
        return method
    }

    private static func misproven() -> EnrolAccount {
        var method = enrolment("new")
        method.possession = TestActor.possession(of: TestActor.key("new"), for: Who.citizen.account)
        return method
    }

    private static func zero() -> EnrolAccount {
        var method = enrolment("new")
        method.account = .unset
        method.possession = TestActor.possession(of: TestActor.key("new"), for: .unset)
        return method
    }

    @Test(
        "privileged roles are granted by organisations that genesis declared so, and by no other",
        arguments: Role.allCases
    )
    func privileges(role: Role) {
        let isPrivileged = Governance.privilegedRoles.contains(role)
        for (registrar, own) in [(Who.registrar, Role.operator), (Who.makersRegistrar, .valueIssuer)] {
            var bed = founded()
            let code = bed.refusal(of: enrolment("new", roles: Roles(role)), of: Governance.self, by: registrar)
            #expect(code == (isPrivileged && role != own ? .role : nil))
        }
    }
}

/// The attacks of one who wants more than was given.
@Suite struct EscalationTests {
    @Test("nobody gives itself a role, registrars included", arguments: Role.allCases)
    func ownRoles(role: Role) {
        for actor in Who.all {
            var bed = founded()
            let before = bed.state
            var method = SetRoles()
            method.account = actor.account
            method.roles = actor.roles.union(Roles(role))
            #expect(bed.refusal(of: method, of: Governance.self, by: actor) == .role)
            #expect(bed.state == before)
        }
    }

    @Test("a registrar cannot give a second registrar what it may not give itself, nor through it")
    func throughAnother() throws {
        var bed = founded()
        try bed.run(enrolment("accomplice", roles: Roles(.registrar)), of: Governance.self, by: Who.registrar)
        let accomplice = TestActor("accomplice", of: TestOrganisation.city, .registrar)
        var method = SetRoles()
        method.account = Who.registrar.account
        method.roles = Roles(.registrar, .valueIssuer)
        #expect(bed.refusal(of: method, of: Governance.self, by: accomplice) == .role)
        method.account = accomplice.account
        #expect(bed.refusal(of: method, of: Governance.self, by: Who.registrar) == .role)
    }

    @Test("a registrar touches no account of another organisation")
    func otherOrganisations() {
        var bed = founded()
        let before = bed.state
        let target = Who.citizen.account
        var roles = SetRoles()
        roles.account = target
        var suspension = SuspendAccount()
        suspension.account = target
        var revocation = RevokeAccount()
        revocation.account = target
        var reinstatement = ReinstateAccount()
        reinstatement.account = target
        let rotated = rotation(of: Who.citizen, to: TestActor.key("stolen"))
        for actor in [Who.makersRegistrar, Who.portsRegistrar] {
            #expect(bed.refusal(of: roles, of: Governance.self, by: actor) == .role)
            #expect(bed.refusal(of: suspension, of: Governance.self, by: actor) == .role)
            #expect(bed.refusal(of: reinstatement, of: Governance.self, by: actor) == .role)
            #expect(bed.refusal(of: revocation, of: Governance.self, by: actor) == .role)
            #expect(bed.refusal(of: rotated, of: Governance.self, by: actor) == .role)
        }
        #expect(bed.state == before)
    }

    @Test("a suspended or revoked registrar can do nothing any more")
    func suspendedRegistrar() throws {
        var bed = founded()
        var suspension = SuspendAccount()
        suspension.account = Who.secondRegistrar.account
        try bed.run(suspension, of: Governance.self, by: Who.registrar)
        #expect(bed.refusal(of: enrolment("new"), of: Governance.self, by: Who.secondRegistrar) == .role)
        var reinstatement = ReinstateAccount()
        reinstatement.account = Who.secondRegistrar.account
        #expect(bed.refusal(of: reinstatement, of: Governance.self, by: Who.secondRegistrar) == .role)
        try bed.run(reinstatement, of: Governance.self, by: Who.registrar)
        #expect(bed.refusal(of: enrolment("new"), of: Governance.self, by: Who.secondRegistrar) == nil)
    }

    @Test("the chain's own caller has no role that a call could use")
    func chainItself() {
        var bed = founded()
        #expect(
            refusal { () throws(ContractError) in
                try bed.run(enrolment("new"), of: Governance.self, by: Caller.chain)
            } == .role
        )
    }
}

@Suite struct StatusTests {
    @Test(
        "an account moves between its states as drawn and no other way",
        arguments: [
            ("", "suspend", nil), ("", "reinstate", ErrorCode.state), ("", "revoke", nil),
            ("suspend", "suspend", .state), ("suspend", "reinstate", nil), ("suspend", "revoke", nil),
            ("revoke", "suspend", .state), ("revoke", "reinstate", .state), ("revoke", "revoke", .state),
        ] as [(String, String, ErrorCode?)]
    )
    func transitions(first: String, second: String, code: ErrorCode?) {
        var bed = founded()
        if !first.isEmpty { #expect(move(first, &bed) == nil) }
        #expect(move(second, &bed) == code)
    }

    private func move(_ name: String, _ bed: inout Testbed) -> ErrorCode? {
        switch name {
        case "suspend":
            var method = SuspendAccount()
            method.account = Who.citizen.account
            return bed.refusal(of: method, of: Governance.self, by: Who.registrar)
        case "reinstate":
            var method = ReinstateAccount()
            method.account = Who.citizen.account
            return bed.refusal(of: method, of: Governance.self, by: Who.registrar)
        default:
            var method = RevokeAccount()
            method.account = Who.citizen.account
            return bed.refusal(of: method, of: Governance.self, by: Who.registrar)
        }
    }

    @Test("an unknown account is REFERENCE, a revoked one takes neither roles nor keys")
    func missingAndRevoked() throws {
        var bed = founded()
        var suspension = SuspendAccount()
        suspension.account = AccountID(TestOrganisation.digest("nobody"))
        #expect(bed.refusal(of: suspension, of: Governance.self, by: Who.registrar) == .reference)
        var roles = SetRoles()
        roles.account = suspension.account
        #expect(bed.refusal(of: roles, of: Governance.self, by: Who.registrar) == .reference)

        var revocation = RevokeAccount()
        revocation.account = Who.citizen.account
        try bed.run(revocation, of: Governance.self, by: Who.registrar)
        roles.account = Who.citizen.account
        #expect(bed.refusal(of: roles, of: Governance.self, by: Who.registrar) == .state)
        let rotated = rotation(of: Who.citizen, to: TestActor.key("later"))
        #expect(bed.refusal(of: rotated, of: Governance.self, by: Who.registrar) == .state)
    }

    @Test("an organisation that leaves takes its accounts with it, and one with a validator cannot leave")
    func leaving() throws {
        var bed = founded()
        #expect(bed.refusal(of: LeaveConsortium(), of: Governance.self, by: Who.issuer) == .role)
        try bed.run(LeaveConsortium(), of: Governance.self, by: Who.makersRegistrar)
        #expect(try bed.events(OrganisationLeft.self).first?.organisation == TestOrganisation.maker)
        for actor in [Who.issuer, Who.makersRegistrar] {
            #expect(refusal { () throws(ContractError) in _ = try bed.caller(actor) } == .role)
        }
        #expect(refusal { () throws(ContractError) in _ = try bed.caller(Who.citizen) } == nil)

        var validator = ValidatorRow()
        validator.organisation = TestOrganisation.city
        validator.tlsPins = [.zero]
        validator.address = Array("localhost:7200".utf8)
        var other = Testbed()
        try other.apply(by: .chain) { context throws(ContractError) in
            try Governance.genesis(
                organisations: TestOrganisation.all,
                accounts: Who.all.map(\.genesis),
                validators: [validator],
                parameters: ParametersRow(),
                &context
            )
        }
        #expect(other.refusal(of: LeaveConsortium(), of: Governance.self, by: Who.registrar) == .state)
    }
}
