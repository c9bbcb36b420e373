import Consensus
import Governance
import Ledger
import LedgerCrypto
import NodeRuntime
import Primitives
import Testing

/// When evidence of equivocation goes to the chain, and how often.
@Suite struct EquivocationReportsTests {
    static let keys = (0..<4).map { _ in PrivateKey.generate() }

    static func validators() throws -> ValidatorSet {
        let organisation = try #require(Identifier("tester"))
        let validators = keys.enumerated().map { index, key in
            Validator(
                consensusKey: key.publicKey,
                tlsPins: [Digest(words: (UInt64(index), 0, 0, 1))],
                address: "127.0.0.1:\(7000 + index)",
                organisation: organisation
            )
        }
        return try #require(ValidatorSet(validators))
    }

    static func reports(of own: Int) throws -> EquivocationReports {
        var parameters = Parameters.standard
        parameters.window = 16
        parameters.validity = 100
        return EquivocationReports(own: own, validators: try validators(), parameters: parameters)
    }

    static func evidence(by offender: Int, sequence: UInt64 = 9, kind: Statement.Kind = .prepare) -> Evidence {
        let checks = [UInt64(1), 2].map { tag in
            let statement = Statement(
                kind: kind,
                chain: .zero,
                epoch: 0,
                view: 3,
                position: sequence,
                digest: Digest(words: (tag, tag, tag, tag))
            )
            return SignatureCheck(
                signer: ReplicaID(offender),
                statement: statement,
                signature: keys[offender].sign(statement.encoded)
            )
        }
        return Evidence(first: checks[0], second: checks[1])
    }

    @Test("the first proof of a key is kept, and each validator waits for those before it")
    func waits() throws {
        for own in 0..<3 {
            var reports = try Self.reports(of: own)
            let added = reports.add(Self.evidence(by: 3), at: Height(50))
            let proof = try #require(added)
            #expect(proof.key == Self.keys[3].publicKey && proof.position == 9 && proof.view == 3 && proof.epoch == 0)
            #expect(reports.add(Self.evidence(by: 3, sequence: 10), at: Height(51)) == nil)
            let due = 50 + UInt64(own) * 16
            if own > 0 { #expect(reports.takeDue(at: Height(due - 1)).isEmpty) }
            #expect(reports.takeDue(at: Height(due)) == [proof])
        }
    }

    @Test("it comes again only when its transaction has expired, and never once the chain has it")
    func repeats() throws {
        var reports = try Self.reports(of: 0)
        let added = reports.add(Self.evidence(by: 2), at: Height(50))
        let proof = try #require(added)
        #expect(reports.takeDue(at: Height(50)) == [proof])
        #expect(reports.takeDue(at: Height(150)).isEmpty, "valid for 100 blocks")
        #expect(reports.takeDue(at: Height(151)) == [proof])
        reports.remove(EquivocationKey(proof))
        #expect(reports.isEmpty && reports.takeDue(at: Height(10_000)).isEmpty)
    }

    @Test("what is no evidence of anybody is not kept")
    func useless() throws {
        var reports = try Self.reports(of: 0)
        #expect(reports.add(Self.evidence(by: 1, kind: .viewChange), at: Height(1)) == nil)
        var others = try Self.reports(of: 0)
        let stranger = Evidence(
            first: SignatureCheck(
                signer: ReplicaID(9),
                statement: Self.evidence(by: 1).first.statement,
                signature: Self.evidence(by: 1).first.signature
            ),
            second: Self.evidence(by: 1).second
        )
        #expect(others.add(stranger, at: Height(1)) == nil && others.isEmpty && reports.isEmpty)
    }
}
