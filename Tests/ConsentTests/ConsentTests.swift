import Consent
import ContractKit
import ContractTesting
import Governance
import Primitives
import Testing

@Suite struct ConsentStateTests {
    @Test("a granted consent is live until its end, and expired from that moment on")
    func lives() throws {
        var bed = try prepared()
        #expect(try state(bed) == .granted)
        #expect(objection(bed) == nil)
        bed.advance(milliseconds: duration - 1)
        #expect(objection(bed) == nil)
        bed.advance(milliseconds: 1)
        #expect(try state(bed) == .expired)
        #expect(objection(bed) == .consent)
    }

    @Test("a withdrawn consent is refused from that block on")
    func withdrawn() throws {
        var bed = try prepared()
        try bed.run(withdrawal(), of: Consent.self, by: Who.citizen)
        #expect(try state(bed) == .withdrawn)
        #expect(objection(bed) == .consent)
        #expect(try bed.events(ConsentChanged.self).first?.row.state == .withdrawn)
        // Its deadline went with it: later nothing comes.
        bed.advance(milliseconds: duration)
        #expect(try bed.applyDeadlines() == 0)
        #expect(try state(bed) == .withdrawn)
    }

    @Test("an amended consent covers what the amendment says, for as long as it says")
    func amended() throws {
        var bed = try prepared()
        var method = amendment(bed, lasting: 3 * duration)
        method.terms.country = .europeanUnion
        try bed.run(method, of: Consent.self, by: Who.citizen)
        #expect(try state(bed) == .amended)
        #expect(objection(bed) == .consent)
        let european = DataUse(
            purpose: use.purpose,
            dataClass: use.dataClass,
            recipient: use.recipient,
            country: .europeanUnion
        )
        #expect(objection(bed, european) == nil)
        // The first end passes without effect, the new one counts.
        bed.advance(milliseconds: duration)
        #expect(try bed.applyDeadlines() == 0)
        #expect(objection(bed, european) == nil)
        bed.advance(milliseconds: 2 * duration)
        #expect(try bed.applyDeadlines() == 1)
        #expect(try state(bed) == .expired)
    }

    @Test("an amendment can shorten a consent")
    func shortened() throws {
        var bed = try prepared()
        try bed.run(amendment(bed, lasting: 10), of: Consent.self, by: Who.citizen)
        bed.advance(milliseconds: 10)
        #expect(objection(bed) == .consent)
    }

    @Test(
        "what happens to a consent in a state is drawn, and everything else is refused",
        arguments: [
            ("", "amend", nil), ("", "withdraw", nil), ("amend", "amend", nil), ("amend", "withdraw", nil),
            ("withdraw", "withdraw", ErrorCode.state), ("withdraw", "amend", .state), ("expire", "withdraw", .state),
            ("expire", "amend", .state), ("withdraw", "grant", .duplicate), ("expire", "grant", .duplicate),
            ("", "grant", .duplicate),
        ] as [(String, String, ErrorCode?)]
    )
    func transitions(first: String, second: String, code: ErrorCode?) throws {
        var bed = try prepared()
        if !first.isEmpty { #expect(move(first, &bed) == nil) }
        let before = bed.state
        #expect(move(second, &bed) == code)
        if code != nil { #expect(bed.state == before) }
    }

    private func move(_ name: String, _ bed: inout Testbed) -> ErrorCode? {
        switch name {
        case "amend": return bed.refusal(of: amendment(bed), of: Consent.self, by: Who.citizen)
        case "withdraw": return bed.refusal(of: withdrawal(), of: Consent.self, by: Who.citizen)
        case "grant": return bed.refusal(of: grant(bed), of: Consent.self, by: Who.citizen)
        default:
            bed.advance(milliseconds: duration)
            return nil
        }
    }

    @Test("a consent is its pseudonym's own business")
    func owners() throws {
        var bed = try prepared()
        let before = bed.state
        for actor in [Who.neighbour, Who.vault, Who.maker, Who.registrar] {
            #expect(bed.refusal(of: withdrawal(), of: Consent.self, by: actor) == .role)
            #expect(bed.refusal(of: amendment(bed), of: Consent.self, by: actor) == .role)
        }
        var other = grant(bed)
        other.consent = TestOrganisation.digest("another")
        #expect(bed.refusal(of: other, of: Consent.self, by: Who.maker) == .role)
        #expect(
            bed.refusal(of: withdrawal(TestOrganisation.digest("none")), of: Consent.self, by: Who.citizen)
                == .reference
        )
        #expect(bed.state == before)
    }

    @Test("the data classes that consents can name are all there are")
    func dataClasses() {
        #expect(DataClass.allBits == DataClass.casesBits)
    }

    @Test("terms that allow nothing are refused")
    func emptyTerms() throws {
        var bed = Testbed(actors: Who.all)
        var method = grant(bed)
        method.terms.dataClasses = DataClasses()
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.citizen) == .schema)
        method = grant(bed, lasting: 0)
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.citizen) == .deadline)
        method.terms.until = bed.time - 1
        #expect(bed.refusal(of: method, of: Consent.self, by: Who.citizen) == .deadline)
    }

    @Test(
        "a consent covers its own purpose, data, recipients and country, and nothing next to them",
        arguments: [
            DataUse(
                purpose: .constant("advertising"),
                dataClass: .profile,
                recipient: .privateOperator,
                country: .japan
            ),
            DataUse(
                purpose: .constant("city-planning"),
                dataClass: .homeCare,
                recipient: .privateOperator,
                country: .japan
            ),
            DataUse(purpose: .constant("city-planning"), dataClass: .profile, recipient: .publicBody, country: .japan),
            DataUse(
                purpose: .constant("city-planning"),
                dataClass: .profile,
                recipient: .privateOperator,
                country: .europeanUnion
            ),
        ]
    )
    func covers(other: DataUse) throws {
        let bed = try prepared()
        #expect(objection(bed, other) == .consent)
        #expect(objection(bed, use, TestOrganisation.digest("none")) == .consent)
    }

    @Test("the consents of a pseudonym that can no longer withdraw do not count")
    func inactivePseudonyms() throws {
        var bed = try prepared()
        var suspension = SuspendAccount()
        suspension.account = Who.citizen.account
        try bed.run(suspension, of: Governance.self, by: Who.registrar)
        #expect(objection(bed) == .consent)
        var reinstatement = ReinstateAccount()
        reinstatement.account = Who.citizen.account
        try bed.run(reinstatement, of: Governance.self, by: Who.registrar)
        #expect(objection(bed) == nil)
    }
}

@Suite struct ConsentDeadlineTests {
    @Test("the queue and the next to ask come to the same state, whichever is first")
    func sameState() throws {
        var queued = try prepared()
        queued.advance(milliseconds: duration)
        #expect(try queued.applyDeadlines() == 1)
        let event = try queued.events(ConsentChanged.self)

        // The same transition, by asking with effect; the queue then finds nothing left.
        var asked = try prepared()
        asked.advance(milliseconds: duration)
        let now = asked.time
        try asked.apply(by: .chain) { context throws(ContractError) in
            try context.call(into: .consent) { context throws(ContractError) in
                try Consent.due(
                    DueCase(contract: .consent, kind: 1, key: consentID.bytes, at: now),
                    &context
                )
            }
        }
        #expect(try asked.events(ConsentChanged.self) == event)
        #expect(try asked.applyDeadlines() == 0)
        #expect(asked.state == queued.state)
        #expect(event.first?.row.state == .expired)
    }

    @Test("a deadline that comes for nothing, or twice, changes nothing")
    func spurious() throws {
        var bed = try prepared()
        let before = bed.state
        for (kind, key) in [(UInt8(1), consentID.bytes), (9, consentID.bytes), (1, [1, 2, 3])] {
            try bed.apply(by: .chain) { context throws(ContractError) in
                try context.call(into: .consent) { context throws(ContractError) in
                    try Consent.due(DueCase(contract: .consent, kind: kind, key: key, at: 0), &context)
                }
            }
        }
        #expect(bed.state == before)
    }

    @Test("a question after the end says EXPIRED though the queue has not come, and writes nothing")
    func askedBefore() throws {
        var bed = try prepared()
        bed.advance(milliseconds: duration)
        let before = bed.state
        #expect(try state(bed) == .expired)
        var list = ConsentsQuery()
        list.pseudonym = Who.citizen.account
        #expect(try bed.ask(list, of: Consent.self).consents.map(\.consent.state) == [.expired])
        #expect(bed.state == before)
    }
}
