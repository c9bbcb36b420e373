import Consent
import ContractKit
import ContractTesting
import Governance
import Primitives
import Testing

@Suite struct RecordTests {
    private func commit(_ record: Digest = recordID, _ text: String = "second") -> CommitRecord {
        var method = CommitRecord()
        method.record = record
        method.pseudonym = Who.citizen.account
        method.commitment = TestOrganisation.digest(text)
        return method
    }

    private func row(_ bed: Testbed) throws -> RecordRow {
        var query = RecordQuery()
        query.record = recordID
        return try bed.ask(query, of: Consent.self)
    }

    @Test("a custodian commits to a record, and again when the data changed")
    func commits() throws {
        var bed = try prepared()
        #expect(try row(bed).revision == 1)
        try bed.run(commit(), of: Consent.self, by: Who.vault)
        #expect(try row(bed).revision == 2)
        #expect(try row(bed).commitment == TestOrganisation.digest("second"))
        var list = RecordsQuery()
        list.pseudonym = Who.citizen.account
        #expect(try bed.ask(list, of: Consent.self).records.map(\.id) == [recordID])
    }

    @Test("a record stays with its custodian, subject and class")
    func stays() throws {
        var bed = try prepared()
        #expect(bed.refusal(of: commit(), of: Consent.self, by: Who.citizen) == .role)
        #expect(bed.refusal(of: commit(), of: Consent.self, by: Who.otherVault) == .role)
        var method = commit()
        method.pseudonym = Who.neighbour.account
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.vault) == .policy)
        method = commit()
        method.dataClass = .homeCare
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.vault) == .policy)
        method = commit(TestOrganisation.digest("new"))
        method.pseudonym = AccountID(TestOrganisation.digest("nobody"))
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.vault) == .reference)
    }

    @Test("the subject and the custodian can restrict a record, nobody else, and once")
    func restricts() throws {
        for actor in [Who.citizen, Who.vault] {
            var bed = try prepared()
            var method = RestrictRecord()
            method.record = recordID
            #expect(bed.refusal(of: method, of: Consent.self, by: Who.neighbour) == .role)
            #expect(bed.refusal(of: method, of: Consent.self, by: actor) == nil)
            #expect(bed.refusal(of: method, of: Consent.self, by: actor) == .state)
            #expect(bed.refusal(of: commit(), of: Consent.self, by: Who.vault) == .state)
            method.record = TestOrganisation.digest("none")
            #expect(bed.refusal(of: method, of: Consent.self, by: actor) == .reference)
        }
    }
}

@Suite struct AccessTests {
    private func request(purpose: String = "city-planning", _ access: Digest = accessID) -> RequestAccess {
        var method = RequestAccess()
        method.access = access
        method.record = recordID
        method.consent = consentID
        method.purpose = .constant(purpose)
        return method
    }

    private func decision(_ isAllowed: Bool) -> DecideAccess {
        var method = DecideAccess()
        method.access = accessID
        method.isAllowed = isAllowed
        return method
    }

    private var serving: ServeAccess {
        var method = ServeAccess()
        method.access = accessID
        return method
    }

    private func log(_ bed: Testbed, of actor: TestActor = Who.citizen) throws -> [AccessState] {
        var query = AccessesQuery()
        query.pseudonym = actor.account
        return try bed.ask(query, of: Consent.self).accesses.map(\.access.state)
    }

    @Test("an access is asked for, allowed and served, and the subject sees each step")
    func serves() throws {
        var bed = try prepared()
        try bed.run(request(), of: Consent.self, by: Who.maker)
        #expect(try log(bed) == [.requested])
        try bed.run(decision(true), of: Consent.self, by: Who.vault)
        #expect(try log(bed) == [.allowed])
        try bed.run(serving, of: Consent.self, by: Who.vault)
        #expect(try log(bed) == [.served])
        #expect(try log(bed, of: Who.neighbour) == [])
        let event = try bed.events(AccessLogged.self).first
        #expect(event?.access == accessID && event?.row.requester == Who.maker.account)
    }

    @Test("an access without covering consent can be denied but not allowed")
    func covering() throws {
        var bed = try prepared()
        try bed.run(request(purpose: "advertising"), of: Consent.self, by: Who.maker)
        #expect(bed.refusal(of: decision(true), of: Consent.self, by: Who.vault) == .consent)
        try bed.run(decision(false), of: Consent.self, by: Who.vault)
        #expect(try log(bed) == [.denied])

        // The consent is for Japan; the port is in the European Union.
        bed = try prepared()
        try bed.run(request(), of: Consent.self, by: Who.port)
        #expect(bed.refusal(of: decision(true), of: Consent.self, by: Who.vault) == .consent)
    }

    @Test("a consent withdrawn between the answer and the release stops the release")
    func withdrawnBetween() throws {
        var bed = try prepared()
        try bed.run(request(), of: Consent.self, by: Who.maker)
        try bed.run(decision(true), of: Consent.self, by: Who.vault)
        try bed.run(withdrawal(), of: Consent.self, by: Who.citizen)
        #expect(bed.refusal(of: serving, of: Consent.self, by: Who.vault) == .consent)
        #expect(try log(bed) == [.allowed])
    }

    @Test("a consent that ran out between the answer and the release stops it too, though no queue came")
    func expiredBetween() throws {
        var bed = try prepared()
        try bed.run(request(), of: Consent.self, by: Who.maker)
        try bed.run(decision(true), of: Consent.self, by: Who.vault)
        bed.advance(milliseconds: duration)
        #expect(bed.refusal(of: serving, of: Consent.self, by: Who.vault) == .consent)
    }

    @Test("only the record's own custodian answers and serves")
    func custodians() throws {
        var bed = try prepared()
        try bed.run(request(), of: Consent.self, by: Who.maker)
        for actor in [Who.maker, Who.citizen, Who.otherVault, Who.registrar] {
            #expect(bed.refusal(of: decision(true), of: Consent.self, by: actor) == .role)
            #expect(bed.refusal(of: serving, of: Consent.self, by: actor) == .role)
        }
    }

    @Test("steps out of order are refused")
    func order() throws {
        var bed = try prepared()
        #expect(bed.refusal(of: serving, of: Consent.self, by: Who.vault) == .reference)
        try bed.run(request(), of: Consent.self, by: Who.maker)
        #expect(bed.refusal(of: request(), of: Consent.self, by: Who.maker) == .duplicate)
        #expect(bed.refusal(of: serving, of: Consent.self, by: Who.vault) == .state)
        try bed.run(decision(false), of: Consent.self, by: Who.vault)
        #expect(bed.refusal(of: decision(true), of: Consent.self, by: Who.vault) == .state)
        #expect(bed.refusal(of: serving, of: Consent.self, by: Who.vault) == .state)
    }

    @Test("somebody else's consent opens no record, and a restricted record opens for nobody")
    func foreignConsent() throws {
        var bed = try prepared()
        var foreign = grant(bed)
        foreign.consent = TestOrganisation.digest("the neighbour's")
        try bed.run(foreign, of: Consent.self, by: Who.neighbour)
        var method = request()
        method.consent = foreign.consent
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.maker) == .policy)
        method = request()
        method.record = TestOrganisation.digest("none")
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.maker) == .reference)

        try bed.run(request(), of: Consent.self, by: Who.maker)
        var restriction = RestrictRecord()
        restriction.record = recordID
        try bed.run(restriction, of: Consent.self, by: Who.citizen)
        #expect(bed.refusal(of: decision(true), of: Consent.self, by: Who.vault) == .state)
        #expect(bed.refusal(of: request(TestOrganisation.digest("later")), of: Consent.self, by: Who.maker) == .state)
    }

    @Test("a requester whose organisation left is served nothing any more")
    func departed() throws {
        var bed = try prepared()
        try bed.run(request(), of: Consent.self, by: Who.maker)
        try bed.run(LeaveConsortium(), of: Governance.self, by: Who.makersRegistrar)
        #expect(bed.refusal(of: decision(true), of: Consent.self, by: Who.vault) == .role)
    }

    private func request(_ access: Digest) -> RequestAccess { request(purpose: "city-planning", access) }
}
