import ContractKit
import ContractTesting
import Governance
import LedgerCrypto
import Primitives
import Testing

/// Validators come, go and get new keys: who may ask for it, who decides, and when it takes effect.
@Suite struct SuccessionTests {
    static let window: UInt64 = 4
    static let validity: UInt64 = 20
    /// The city runs two validators, the maker and the port one each.
    static let seats: [(name: String, organisation: Identifier)] = [
        ("zero", TestOrganisation.city), ("one", TestOrganisation.city), ("two", TestOrganisation.maker),
        ("three", TestOrganisation.port),
    ]

    var bed = founded(with: SuccessionTests.seats)

    // MARK: Helpers

    static func founded(with seats: [(name: String, organisation: Identifier)]) -> Testbed {
        var parameters = ParametersRow()
        parameters.window = window
        parameters.validity = validity
        return Testbed(actors: Who.all, validators: seats.map { row($0, $1) }, parameters: parameters)
    }

    static func key(_ name: String) -> PrivateKey { TestActor.key("consensus " + name) }

    static func row(_ name: String, _ organisation: Identifier) -> ValidatorRow {
        var row = ValidatorRow()
        row.consensusKey = key(name).publicKey
        row.tlsPins = [SHA256Function.digest(of: Array(name.utf8))]
        row.address = Array("127.0.0.1:7200".utf8)
        row.organisation = organisation
        return row
    }

    static func possession(_ name: String, _ organisation: Identifier, _ height: UInt64) -> Signature {
        let statement = Governance.consensusKeyStatement(
            chain: Testbed.chain,
            organisation: organisation,
            key: key(name).publicKey,
            height: Height(height)
        )
        return key(name).sign(statement)
    }

    func report(_ name: String, of organisation: Identifier, height: UInt64? = nil) -> ReportCandidate {
        var method = ReportCandidate()
        let row = Self.row(name, organisation)
        method.key = row.consensusKey
        method.tlsPins = row.tlsPins
        method.address = row.address
        method.height = height.map { Height($0) } ?? bed.height
        method.possession = Self.possession(name, organisation, method.height.number)
        return method
    }

    func rekey(_ name: String, to newName: String?, of organisation: Identifier) -> RekeyValidator {
        var method = RekeyValidator()
        method.validator = Self.key(name).publicKey
        method.key = newName.map { Self.key($0).publicKey }
        method.tlsPins = Self.row((newName ?? name) + " pin", organisation).tlsPins
        method.address = Array("127.0.0.1:7300".utf8)
        method.height = bed.height
        method.possession = Self.possession(newName ?? name, organisation, bed.height.number)
        return method
    }

    func proposal(add candidate: String? = nil, remove validator: String? = nil) -> ProposeValidatorChange {
        var method = ProposeValidatorChange()
        method.change = candidate == nil ? .remove : validator == nil ? .add : .replace
        method.candidate = candidate.map { Self.key($0).publicKey }
        method.validator = validator.map { Self.key($0).publicKey }
        method.until = bed.time + 1000
        return method
    }

    mutating func refusal<Method: ContractMethod>(_ method: Method, by actor: TestActor) -> ErrorCode? {
        bed.refusal(of: method, of: Governance.self, by: actor)
    }

    /// Proposes and gives the id back, which is the transaction's.
    mutating func propose(_ method: ProposeValidatorChange, by actor: TestActor) throws -> Digest {
        try bed.run(method, of: Governance.self, by: actor)
        return try #require(try bed.events(ChangeProposed.self).first).proposal
    }

    mutating func vote(_ proposal: Digest, _ isFor: Bool = true, by actor: TestActor) -> ErrorCode? {
        var method = VoteOnProposal()
        method.proposal = proposal
        method.isFor = isFor
        return refusal(method, by: actor)
    }

    mutating func carryOut(_ proposal: Digest, by actor: TestActor = Who.registrar) -> ErrorCode? {
        var method = ExecuteProposal()
        method.proposal = proposal
        return refusal(method, by: actor)
    }

    /// Proposes, takes the other organisations' votes and carries it out.
    mutating func pass(_ method: ProposeValidatorChange, by actor: TestActor = Who.registrar) throws -> ErrorCode? {
        let proposal = try propose(method, by: actor)
        for voter in [Who.registrar, Who.makersRegistrar, Who.portsRegistrar] where voter.account != actor.account {
            #expect(vote(proposal, by: voter) == nil)
        }
        return carryOut(proposal, by: actor)
    }

    /// What the executor does behind each block's transactions.
    @discardableResult
    mutating func cross(isUsable: Bool = true) throws -> [ValidatorRow]? {
        try bed.apply(by: .chain) { context throws(ContractError) in
            try Governance.cross(&context) { _ in isUsable }
        }
    }

    /// Lets blocks pass up to a height, this one included.
    mutating func reach(_ height: UInt64) throws {
        while bed.height.number < height {
            try cross()
            bed.advance()
        }
        try cross()
    }

    func succession() throws -> SuccessionRow { try bed.ask(SuccessionQuery(), of: Governance.self) }

    func validators() throws -> [PublicKey] {
        try bed.ask(ValidatorsQuery(), of: Governance.self).validators.map(\.consensusKey)
    }

    func keys(_ names: String...) -> [PublicKey] { names.map { Self.key($0).publicKey } }

    // MARK: Votes

    @Test("an organisation's candidate is added by a quorum of the organisations that run validators")
    mutating func adds() throws {
        try bed.run(report("four", of: TestOrganisation.maker), of: Governance.self, by: Who.makersRegistrar)
        #expect(try bed.events(CandidateReported.self).map(\.organisation) == [TestOrganisation.maker])
        let id = try propose(proposal(add: "four"), by: Who.registrar)
        #expect(vote(id, by: Who.secondRegistrar) == .duplicate, "an organisation has one vote, not each registrar")
        #expect(carryOut(id) == .quorum, "one of three, though it runs two of the four validators")
        #expect(vote(id, by: Who.portsRegistrar) == nil)
        #expect(carryOut(id) == nil)
        #expect(try bed.events(ValidatorsChanging.self).map(\.boundary) == [Height(1 + Self.window)])
        #expect(carryOut(id) == .state && vote(id, by: Who.registrar) == .state)
        let row = try succession()
        #expect(row.epoch == 0 && row.boundary == Height(5) && row.next.count == 5)
        #expect(try validators() == keys("zero", "one", "two", "three"), "not before the boundary")
        try reach(4)
        #expect(try validators().count == 4)
        try reach(5)
        #expect(try validators() == keys("zero", "one", "two", "three", "four"))
        #expect(try bed.events(EpochBegan.self).map(\.epoch) == [1])
        let after = try succession()
        #expect(after.epoch == 1 && after.start == Height(5) && after.boundary == nil && after.next.isEmpty)
        #expect(try bed.ask(CandidatesQuery(), of: Governance.self).candidates.isEmpty)
    }

    @Test("removing closes the ranks, replacing takes the same place")
    mutating func removesAndReplaces() throws {
        try bed.run(report("four", of: TestOrganisation.port), of: Governance.self, by: Who.portsRegistrar)
        #expect(try pass(proposal(remove: "one")) == nil)
        #expect(try pass(proposal(add: "four", remove: "zero")) == nil)
        #expect(refusal(proposal(remove: "one"), by: Who.registrar) == .reference, "it is gone from what comes")
        try reach(5)
        #expect(try validators() == keys("four", "two", "three"))
        #expect(try succession().epoch == 1)
    }

    @Test("only registrars of active organisations with a validator in force propose, vote and carry out")
    mutating func roles() throws {
        bed = Self.founded(with: [Self.seats[0], Self.seats[2]])
        #expect(refusal(proposal(remove: "zero"), by: Who.portsRegistrar) == .role, "the port runs no validator")
        #expect(refusal(proposal(remove: "zero"), by: Who.operatorAccount) == .role)
        let id = try propose(proposal(remove: "two"), by: Who.registrar)
        #expect(vote(id, by: Who.portsRegistrar) == .role && vote(id, by: Who.citizen) == .role)
        #expect(carryOut(id, by: Who.portsRegistrar) == .role)
        #expect(refusal(report("four", of: TestOrganisation.port), by: Who.issuer) == .role)
        #expect(vote(.zero, by: Who.registrar) == .reference && carryOut(.zero) == .reference)
    }

    @Test("a vote against counts against the quorum; proposals run out, and an organisation has one open at a time")
    mutating func runsOut() throws {
        let id = try propose(proposal(remove: "three"), by: Who.registrar)
        #expect(refusal(proposal(remove: "two"), by: Who.secondRegistrar) == .state)
        #expect(vote(id, false, by: Who.portsRegistrar) == nil && vote(id, by: Who.portsRegistrar) == .duplicate)
        #expect(carryOut(id) == .quorum)
        bed.advance(milliseconds: 1000)
        #expect(vote(id, by: Who.makersRegistrar) == .deadline && carryOut(id) == .deadline)
        let answer = try bed.ask(ProposalsQuery(), of: Governance.self)
        #expect(answer.proposals.map(\.proposal.status) == [.expired])
        #expect(refusal(proposal(remove: "two"), by: Who.secondRegistrar) == nil)
        var late = proposal(remove: "two")
        late.until = bed.time
        #expect(refusal(late, by: Who.makersRegistrar) == .deadline)
        late.until = bed.time + ProposeValidatorChange.longestMilliseconds + 1
        #expect(refusal(late, by: Who.makersRegistrar) == .deadline)
    }

    @Test("a proposal names the keys that its change needs, and such as exist")
    mutating func keysOfProposals() {
        var method = proposal(remove: "zero")
        method.change = .add
        #expect(refusal(method, by: Who.registrar) == .schema)
        method.change = .replace
        #expect(refusal(method, by: Who.registrar) == .schema)
        #expect(refusal(proposal(add: "unreported"), by: Who.registrar) == .reference)
        #expect(refusal(proposal(remove: "unknown"), by: Who.registrar) == .reference)
    }

    @Test("a quorum of organisations is that of so many replicas", arguments: 1...31)
    mutating func quorums(count: Int) throws {
        let organisations = (0..<count).map { number in
            GenesisOrganisation(
                id: .constant("member-\(number)"),
                number: .corporate(TestOrganisation.corporate(base: UInt64(700_000_000_000 + number))),
                jurisdiction: .japan
            )
        }
        let actors = organisations.map { TestActor("registrar of \($0.id.text)", of: $0.id, .registrar) }
        let rows = organisations.map { Self.row("of \($0.id.text)", $0.id) }
        bed = Testbed(organisations: organisations, actors: actors, validators: rows)
        let id = try propose(proposal(remove: "of member-0"), by: actors[0])
        let faults = (count - 1) / 3
        let needed = (count + faults) / 2 + 1
        for voter in 1..<needed {
            #expect(carryOut(id, by: actors[0]) == .quorum)
            #expect(vote(id, by: actors[voter]) == nil)
        }
        #expect(carryOut(id, by: actors[0]) == (count == 1 ? .policy : nil), "but the last validator stays")
    }

    // MARK: Candidates

    @Test("a report is the machine's own, fresh when it comes and when the candidate is added")
    mutating func reports() throws {
        bed.advance(blocks: 30)
        var method = report("four", of: TestOrganisation.maker)
        method.possession = Self.possession("four", TestOrganisation.port, 31)
        #expect(refusal(method, by: Who.makersRegistrar) == .reveal, "signed for another organisation")
        method.possession = Self.possession("five", TestOrganisation.maker, 31)
        #expect(refusal(method, by: Who.makersRegistrar) == .reveal, "signed with another key")
        #expect(refusal(report("four", of: TestOrganisation.maker, height: 32), by: Who.makersRegistrar) == .deadline)
        #expect(refusal(report("four", of: TestOrganisation.maker, height: 10), by: Who.makersRegistrar) == .deadline)
        #expect(refusal(report("four", of: TestOrganisation.maker, height: 11), by: Who.makersRegistrar) == nil)
        bed.advance()
        #expect(try pass(proposal(add: "four")) == .deadline, "V blocks old by now")
        #expect(refusal(report("four", of: TestOrganisation.maker), by: Who.makersRegistrar) == nil)
        let entries = try bed.ask(ProposalsQuery(), of: Governance.self).proposals
        #expect(carryOut(try #require(entries.first).id) == nil)
    }

    @Test("a consensus key belongs to one organisation for good and never comes back")
    mutating func keysAreClaimed() throws {
        #expect(refusal(report("zero", of: TestOrganisation.maker), by: Who.makersRegistrar) == .duplicate)
        #expect(refusal(report("four", of: TestOrganisation.maker), by: Who.makersRegistrar) == nil)
        #expect(refusal(report("four", of: TestOrganisation.port), by: Who.portsRegistrar) == .duplicate)
        #expect(refusal(rekey("zero", to: "new", of: TestOrganisation.city), by: Who.registrar) == nil)
        try reach(5)
        #expect(refusal(report("zero", of: TestOrganisation.city), by: Who.registrar) == .duplicate)
        #expect(refusal(rekey("one", to: "zero", of: TestOrganisation.city), by: Who.registrar) == .duplicate)
    }

    @Test("no set has a pin twice, more than 31 validators, none, or an address that is no text")
    mutating func sets() throws {
        var twin = report("four", of: TestOrganisation.maker)
        twin.tlsPins = Self.row("three", TestOrganisation.port).tlsPins
        try bed.run(twin, of: Governance.self, by: Who.makersRegistrar)
        #expect(try pass(proposal(add: "four")) == .duplicate)
        var odd = report("five", of: TestOrganisation.maker)
        odd.address = [0x20]
        try bed.run(odd, of: Governance.self, by: Who.makersRegistrar)
        #expect(try pass(proposal(add: "five"), by: Who.portsRegistrar) == .schema)
        bed = Self.founded(with: (0..<31).map { ("seat \($0)", TestOrganisation.city) })
        try bed.run(report("four", of: TestOrganisation.city), of: Governance.self, by: Who.registrar)
        let full = try propose(proposal(add: "four"), by: Who.registrar)
        #expect(carryOut(full) == .limit)
        bed = Self.founded(with: [Self.seats[0]])
        let last = try propose(proposal(remove: "zero"), by: Who.registrar)
        #expect(carryOut(last) == .policy)
    }

    // MARK: Rekeying

    @Test("a registrar renews its organisation's validator without a vote, once in V blocks (rule 20)")
    mutating func rekeys() throws {
        #expect(refusal(rekey("zero", to: "new", of: TestOrganisation.maker), by: Who.makersRegistrar) == .role)
        #expect(refusal(rekey("zero", to: "new", of: TestOrganisation.city), by: Who.citizen) == .role)
        #expect(refusal(rekey("nobody", to: "new", of: TestOrganisation.city), by: Who.registrar) == .reference)
        var stolen = rekey("zero", to: "new", of: TestOrganisation.city)
        stolen.possession = Self.possession("other", TestOrganisation.city, bed.height.number)
        #expect(refusal(stolen, by: Who.registrar) == .reveal)
        try bed.run(rekey("zero", to: "new", of: TestOrganisation.city), of: Governance.self, by: Who.registrar)
        #expect(try bed.events(ValidatorRekeyed.self).map(\.after) == keys("new"))
        #expect(refusal(rekey("new", to: "newer", of: TestOrganisation.city), by: Who.registrar) == .limit)
        try reach(5)
        #expect(try validators() == keys("new", "one", "two", "three"))
        try reach(20)
        #expect(refusal(rekey("new", to: "newer", of: TestOrganisation.city), by: Who.registrar) == .limit)
        bed.advance()
        #expect(refusal(rekey("new", to: "newer", of: TestOrganisation.city), by: Who.registrar) == nil)
        try reach(25)
        #expect(try validators() == keys("newer", "one", "two", "three") && succession().epoch == 2)
    }

    @Test("pins and address are renewed under the key that stays")
    mutating func renewsPins() throws {
        try bed.run(rekey("two", to: nil, of: TestOrganisation.maker), of: Governance.self, by: Who.makersRegistrar)
        try reach(5)
        let rows = try bed.ask(ValidatorsQuery(), of: Governance.self).validators
        #expect(rows[2].consensusKey == Self.key("two").publicKey && rows[2].address == Array("127.0.0.1:7300".utf8))
        #expect(rows[2].tlsPins == Self.row("two pin", TestOrganisation.maker).tlsPins)
        #expect(try succession().epoch == 1)
    }

    // MARK: Boundaries

    @Test("changes before a boundary come together, and those taken back are no change")
    mutating func takenBack() throws {
        try bed.run(report("four", of: TestOrganisation.port), of: Governance.self, by: Who.portsRegistrar)
        #expect(try pass(proposal(add: "four")) == nil)
        bed.advance(blocks: 2)
        #expect(try pass(proposal(remove: "four")) == nil)
        #expect(try succession().boundary == Height(5), "the first change's")
        try reach(5)
        let row = try succession()
        #expect(row.epoch == 0 && row.boundary == nil && row.next.isEmpty)
        #expect(try validators() == keys("zero", "one", "two", "three"))
    }

    @Test("a set that the ledger cannot use is dropped at the boundary, and nothing else changes")
    mutating func unusable() throws {
        try bed.run(rekey("zero", to: "new", of: TestOrganisation.city), of: Governance.self, by: Who.registrar)
        bed.advance(blocks: Self.window)
        #expect(try cross(isUsable: false) == nil)
        #expect(try succession().epoch == 0 && succession().boundary == nil)
        #expect(try validators() == keys("zero", "one", "two", "three"))
    }

    @Test("an organisation with a validator, in force or to come, does not leave")
    mutating func leaving() throws {
        bed = Self.founded(with: [Self.seats[0]])
        try bed.run(report("two", of: TestOrganisation.maker), of: Governance.self, by: Who.makersRegistrar)
        let id = try propose(proposal(add: "two"), by: Who.registrar)
        #expect(carryOut(id) == nil)
        #expect(refusal(LeaveConsortium(), by: Who.makersRegistrar) == .state)
        #expect(refusal(LeaveConsortium(), by: Who.portsRegistrar) == nil)
    }
}
