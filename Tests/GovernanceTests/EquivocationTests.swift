import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives
import Testing

/// Rule 28: two statements that contradict each other prove themselves, and stay.
@Suite struct EquivocationTests {
    var bed = SuccessionTests.founded(with: SuccessionTests.seats)

    static let one = Digest(words: (1, 1, 1, 1))
    static let other = Digest(words: (2, 2, 2, 2))

    func proof(
        _ name: String = "two",
        _ kind: EquivocationKind = .prepare,
        epoch: UInt64 = 0,
        view: UInt64 = 3,
        digests: (Digest, Digest) = (one, other)
    ) -> ProveEquivocation {
        let key = SuccessionTests.key(name)
        func sign(_ digest: Digest) -> Signature {
            let kind = Statement.Kind(rawValue: kind.rawValue) ?? .newView
            let statement = Statement(
                kind: kind,
                chain: Testbed.chain,
                epoch: epoch,
                view: view,
                position: 17,
                digest: digest
            )
            return key.sign(statement.encoded)
        }
        var method = ProveEquivocation()
        method.key = key.publicKey
        method.kind = kind
        method.epoch = epoch
        method.view = view
        method.position = 17
        method.firstDigest = digests.0
        method.firstSignature = sign(digests.0)
        method.secondDigest = digests.1
        method.secondSignature = sign(digests.1)
        return method
    }

    mutating func refusal(_ method: ProveEquivocation) -> ErrorCode? {
        bed.refusal(of: method, of: Governance.self, by: Who.citizen)
    }

    @Test(
        "anybody proves it, of every kind of statement, and the proof can be read with the offender",
        arguments: EquivocationKind.allCases
    )
    mutating func proves(kind: EquivocationKind) throws {
        #expect(refusal(proof("two", kind)) == nil)
        #expect(try bed.events(EquivocationProven.self).map(\.organisation) == [TestOrganisation.maker])
        let rows = try bed.ask(EquivocationsQuery(), of: Governance.self).equivocations
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row.key == SuccessionTests.key("two").publicKey && row.kind == kind)
        #expect(row.organisation == TestOrganisation.maker && row.position == 17 && row.height == bed.height)
        #expect(row.view == (kind == .attest ? 0 : 3))
        #expect(
            refusal(proof("two", kind, view: 4)) == .duplicate,
            "one for each key and epoch, so that it stays bounded"
        )
    }

    @Test("what a correct validator can have signed proves nothing")
    mutating func provesNothing() {
        #expect(refusal(proof(digests: (Self.one, Self.one))) == .reveal, "the same statement twice")
        var otherView = proof()
        otherView.secondSignature = proof(view: 4).secondSignature
        #expect(refusal(otherView) == .reveal, "of two views")
        var otherKind = proof()
        otherKind.firstSignature = proof("two", .prePrepare).firstSignature
        #expect(refusal(otherKind) == .reveal, "a PRE-PREPARE and a PREPARE")
        var forged = proof()
        forged.secondSignature = proof("three").secondSignature
        #expect(refusal(forged) == .reveal, "by two validators")
        var malleated = proof()
        malleated.secondDigest = malleated.firstDigest
        malleated.secondSignature = malleated.firstSignature
        #expect(refusal(malleated) == .reveal)
    }

    @Test("the key must have been a validator's in that epoch")
    mutating func epochs() throws {
        #expect(refusal(proof("nobody")) == .reference)
        #expect(refusal(proof(epoch: 1)) == .reference, "an epoch to come")
        var tests = SuccessionTests()
        try tests.bed.run(
            tests.rekey("two", to: "new", of: TestOrganisation.maker),
            of: Governance.self,
            by: Who.makersRegistrar
        )
        bed = tests.bed
        #expect(refusal(proof("new")) == .reference, "it does not vote yet")
        try tests.reach(5)
        bed = tests.bed
        #expect(refusal(proof("new", epoch: 0)) == .reference)
        #expect(refusal(proof("new", epoch: 1)) == nil)
        #expect(refusal(proof("two", epoch: 1)) == .reference, "it votes no more")
        #expect(refusal(proof("two", epoch: 0)) == nil, "what it did before is not forgotten")
        #expect(try bed.ask(EquivocationsQuery(), of: Governance.self).equivocations.count == 2)
    }
}
