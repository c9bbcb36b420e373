import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives

/// The actors of these tests.
enum Who {
    /// The city's registrar; genesis gives the city an operator, so it may grant that role.
    static let registrar = TestActor("registrar", of: TestOrganisation.city, .registrar)
    static let secondRegistrar = TestActor("second", of: TestOrganisation.city, .registrar)
    static let operatorAccount = TestActor("operator", of: TestOrganisation.city, .operator)
    static let issuer = TestActor("issuer", of: TestOrganisation.maker, .valueIssuer)
    static let makersRegistrar = TestActor("makers", of: TestOrganisation.maker, .registrar)
    static let portsRegistrar = TestActor("ports", of: TestOrganisation.port, .registrar)
    static let citizen = TestActor("citizen", of: TestOrganisation.city, .subject)

    static let all = [registrar, secondRegistrar, operatorAccount, issuer, makersRegistrar, portsRegistrar, citizen]
}

func founded(validity: UInt64 = 100) -> Testbed {
    var parameters = ParametersRow()
    parameters.validity = validity
    return Testbed(actors: Who.all, parameters: parameters)
}

/// An enrolment that is right in every respect, to be spoilt by tests.
func enrolment(_ name: String, roles: Roles = Roles(.buyer)) -> EnrolAccount {
    let actor = TestActor(name)
    var method = EnrolAccount()
    method.account = actor.account
    method.key = actor.key.publicKey
    method.roles = roles
    method.possession = TestActor.possession(of: actor.key, for: actor.account)
    return method
}

func rotation(of actor: TestActor, to key: PrivateKey) -> RotateKey {
    var method = RotateKey()
    method.account = actor.account
    method.key = key.publicKey
    method.possession = TestActor.possession(of: key, for: actor.account)
    return method
}

func row(_ account: AccountID, in bed: Testbed) throws -> AccountRow {
    var query = AccountQuery()
    query.account = account
    return try bed.ask(query, of: Governance.self)
}

func refusal(_ body: () throws(ContractError) -> Void) -> ErrorCode? {
    do throws(ContractError) {
        try body()
        return nil
    } catch { return error.code }
}
