import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives
import Testing

/// A validator in force is an account of its organisation: what it saw it can bring before the chain.
@Suite struct ValidatorAccountTests {
    var succession = SuccessionTests()

    static func account(of key: PublicKey) -> AccountID {
        AccountID(SHA256Function.digest(of: Governance.validatorAccountStatement(key)))
    }

    func account(of name: String) -> AccountRow? {
        try? row(Self.account(of: SuccessionTests.key(name).publicKey), in: succession.bed)
    }

    @Test("genesis opens one for each validator, without roles, under its consensus key")
    func genesis() throws {
        for (name, organisation) in SuccessionTests.seats {
            let row = try #require(account(of: name))
            #expect(row.currentKey == SuccessionTests.key(name).publicKey && row.organisation == organisation)
            #expect(row.roles.isEmpty && row.status == .active)
        }
    }

    @Test("with a new key comes a new account, and the one of the key that was given up is closed for good")
    mutating func rekeyed() throws {
        let (name, organisation) = try #require(SuccessionTests.seats.first)
        let registrar = try #require(Who.all.first { $0.organisation == organisation && $0.roles.contains(.registrar) })
        #expect(succession.refusal(succession.rekey(name, to: "fresh", of: organisation), by: registrar) == nil)
        #expect(account(of: "fresh") == nil, "it does not vote yet")
        try succession.reach(5)
        #expect(account(of: name)?.status == .revoked)
        let fresh = try #require(account(of: "fresh"))
        #expect(fresh.status == .active && fresh.organisation == organisation && fresh.roles.isEmpty)
        #expect(try row(registrar.account, in: succession.bed).status == .active)
    }

    @Test("whoever took the account's name or enrolled the key before changes nothing for the epoch")
    mutating func squatted() throws {
        let (name, organisation) = try #require(SuccessionTests.seats.first)
        let registrar = try #require(Who.all.first { $0.organisation == organisation && $0.roles.contains(.registrar) })
        let squatter = TestActor.key("squatter")
        var enrol = EnrolAccount()
        enrol.account = Self.account(of: SuccessionTests.key("fresh").publicKey)
        enrol.key = squatter.publicKey
        enrol.possession = TestActor.possession(of: squatter, for: enrol.account)
        #expect(succession.bed.refusal(of: enrol, of: Governance.self, by: registrar) == nil)
        #expect(succession.refusal(succession.rekey(name, to: "fresh", of: organisation), by: registrar) == nil)
        try succession.reach(5)
        #expect(account(of: "fresh")?.currentKey == squatter.publicKey)
        #expect(try succession.validators().contains(SuccessionTests.key("fresh").publicKey))
    }
}
