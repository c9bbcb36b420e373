import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives
import Testing

@Suite struct KeyTests {
    @Test("after a rotation the old key is no longer the account's, and the new one is")
    func rotates() throws {
        var bed = founded()
        bed.advance(blocks: 10)
        try bed.run(rotation(of: Who.citizen, to: TestActor.key("next")), of: Governance.self, by: Who.registrar)
        #expect(refusal { () throws(ContractError) in _ = try bed.caller(Who.citizen) } == .role)
        var renewed = Who.citizen
        renewed.key = TestActor.key("next")
        #expect(try bed.caller(renewed).account == Who.citizen.account)
        #expect(try bed.events(KeyRotated.self).first?.key == renewed.key.publicKey)
    }

    @Test("the key as of a height is the one that was current then, for every height that ordering looks back to")
    func asOf() throws {
        var bed = founded(validity: 100)
        // Height of each rotation and its key; the first is from genesis.
        var history = [(height: UInt64(0), key: Who.citizen.key)]
        for round in 0..<4 {
            bed.advance(blocks: 100)
            let key = TestActor.key("round \(round)")
            try bed.run(rotation(of: Who.citizen, to: key), of: Governance.self, by: Who.registrar)
            history.append((bed.height.number, key))
            let row = try row(Who.citizen.account, in: bed)
            // As of any height within V before now.
            for back in UInt64(0)..<100 {
                let height = bed.height.reduced(by: back)
                let expected = history.last { $0.height <= height.number }?.key.publicKey
                #expect(Governance.key(of: row, asOf: height) == expected)
            }
        }
        #expect(try row(Who.citizen.account, in: bed).keys.count == 2)
    }

    @Test("before its enrolment an account has no key")
    func beforeEnrolment() throws {
        var bed = founded()
        bed.advance(blocks: 20)
        let method = enrolment("new")
        try bed.run(method, of: Governance.self, by: Who.registrar)
        let row = try row(method.account, in: bed)
        #expect(Governance.key(of: row, asOf: bed.height.reduced(by: 1)) == nil)
        #expect(Governance.key(of: row, asOf: bed.height) == method.key)
    }

    @Test("a second rotation within V blocks is LIMIT, at V it is taken")
    func rate() throws {
        var bed = founded(validity: 50)
        try bed.run(rotation(of: Who.citizen, to: TestActor.key("one")), of: Governance.self, by: Who.registrar)
        bed.advance(blocks: 49)
        let second = rotation(of: Who.citizen, to: TestActor.key("two"))
        #expect(bed.refusal(of: second, of: Governance.self, by: Who.registrar) == .limit)
        bed.advance(blocks: 1)
        #expect(bed.refusal(of: second, of: Governance.self, by: Who.registrar) == nil)
    }

    @Test("a key that was ever an account's comes back for nobody")
    func reuse() throws {
        var bed = founded(validity: 16)
        try bed.run(rotation(of: Who.citizen, to: TestActor.key("one")), of: Governance.self, by: Who.registrar)
        bed.advance(blocks: 20)
        #expect(
            bed.refusal(of: rotation(of: Who.citizen, to: Who.citizen.key), of: Governance.self, by: Who.registrar)
                == .duplicate
        )
        #expect(
            bed.refusal(
                of: rotation(of: Who.operatorAccount, to: Who.citizen.key),
                of: Governance.self,
                by: Who.registrar
            ) == .duplicate
        )
        #expect(
            bed.refusal(of: rotation(of: Who.citizen, to: TestActor.key("one")), of: Governance.self, by: Who.registrar)
                == .duplicate
        )
    }

    @Test("a rotation without proof that the key is held is refused, and so is one by no registrar")
    func proofs() {
        var bed = founded()
        var method = rotation(of: Who.citizen, to: TestActor.key("one"))
        method.key = TestActor.key("two").publicKey
        #expect(bed.refusal(of: method, of: Governance.self, by: Who.registrar) == .reveal)
        // The account's own key does not suffice: whoever stole it would lock the owner out.
        #expect(
            bed.refusal(of: rotation(of: Who.citizen, to: TestActor.key("one")), of: Governance.self, by: Who.citizen)
                == .role
        )
        var missing = rotation(of: Who.citizen, to: TestActor.key("one"))
        missing.account = AccountID(TestOrganisation.digest("nobody"))
        #expect(bed.refusal(of: missing, of: Governance.self, by: Who.registrar) == .reference)
    }

    @Test("a registrar rotates its own key")
    func ownKey() throws {
        var bed = founded()
        try bed.run(rotation(of: Who.registrar, to: TestActor.key("fresh")), of: Governance.self, by: Who.registrar)
        var renewed = Who.registrar
        renewed.key = TestActor.key("fresh")
        #expect(bed.refusal(of: enrolment("new"), of: Governance.self, by: renewed) == nil)
        #expect(bed.refusal(of: enrolment("newer"), of: Governance.self, by: Who.registrar) == .role)
    }

    @Test("a proof of possession holds on its own chain only")
    func foreignChain() {
        var bed = founded()
        var method = enrolment("new")
        method.possession = TestActor.key("new").sign(
            Governance.possessionStatement(
                chain: TestOrganisation.digest("other"),
                account: method.account,
                key: method.key
            )
        )
        #expect(bed.refusal(of: method, of: Governance.self, by: Who.registrar) == .reveal)
    }
}
