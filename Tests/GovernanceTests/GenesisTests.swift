import ContractKit
import ContractTesting
import Contracts
import Governance
import LedgerCrypto
import Primitives
import SeededRandom
import Testing

@Suite struct GenesisTests {
    private func found(
        organisations: [GenesisOrganisation] = TestOrganisation.all,
        accounts: [GenesisAccount] = Who.all.map(\.genesis),
        validators: [ValidatorRow] = []
    ) -> (ErrorCode?, Testbed) {
        var bed = Testbed()
        bed.height = .genesis
        let code = refusal { () throws(ContractError) in
            try bed.apply(by: .chain) { context throws(ContractError) in
                try ContractRegistry.genesis(
                    organisations: organisations,
                    accounts: accounts,
                    validators: validators,
                    parameters: ParametersRow(),
                    &context
                )
            }
        }
        return (code, bed)
    }

    @Test("the same genesis in another order gives the same state")
    func order() {
        let (_, forwards) = found()
        let (_, backwards) = found(
            organisations: TestOrganisation.all.reversed(),
            accounts: Who.all.reversed().map(\.genesis)
        )
        #expect(!forwards.state.isEmpty && forwards.state == backwards.state)
    }

    @Test("two organisations cannot be founded on one real-world number")
    func oneNumber() {
        let twin = GenesisOrganisation(
            id: .constant("twin"),
            number: TestOrganisation.all[0].number,
            jurisdiction: .japan
        )
        #expect(found(organisations: TestOrganisation.all + [twin]).0 == .duplicate)
    }

    @Test("a genesis that contradicts itself is refused")
    func contradictions() {
        var stranger = TestActor("stranger", of: .constant("nowhere"), .buyer)
        #expect(found(accounts: [stranger.genesis]).0 == .reference)
        #expect(found(accounts: [Who.citizen.genesis, Who.citizen.genesis]).0 == .duplicate)
        stranger = TestActor("stranger", of: TestOrganisation.city, .buyer)
        stranger.key = Who.citizen.key
        #expect(found(accounts: [Who.citizen.genesis, stranger.genesis]).0 == .duplicate)
        #expect(found(organisations: TestOrganisation.all + [TestOrganisation.all[1]]).0 == .duplicate)
        let zero = GenesisAccount(
            id: .unset,
            key: Who.citizen.key.publicKey,
            organisation: TestOrganisation.city,
            roles: Roles()
        )
        #expect(found(accounts: [zero]).0 == .schema)
        var validator = ValidatorRow()
        validator.organisation = .constant("nowhere")
        validator.tlsPins = [.zero]
        validator.address = [1]
        #expect(found(validators: [validator]).0 == .reference)
    }

    @Test("questions answer with what genesis wrote, in pages")
    func questions() throws {
        let bed = founded(validity: 77)
        #expect(try bed.ask(ParametersQuery(), of: Governance.self).validity == 77)
        var organisation = OrganisationQuery()
        organisation.organisation = TestOrganisation.port
        let port = try bed.ask(organisation, of: Governance.self)
        #expect(port.jurisdiction == .europeanUnion && port.status == .active && port.sector == .privateOperator)
        organisation.organisation = .constant("nowhere")
        #expect(
            refusal { () throws(ContractError) in _ = try bed.ask(organisation, of: Governance.self) } == .reference
        )

        var all = OrganisationsQuery()
        all.page.limit = 2
        let first = try bed.ask(all, of: Governance.self)
        #expect(first.organisations.map(\.id.text) == ["city", "maker"])
        all.page.after = first.next
        let second = try bed.ask(all, of: Governance.self)
        #expect(second.organisations.map(\.id.text) == ["port"] && second.next == nil)

        var accounts = AccountsQuery()
        accounts.organisation = TestOrganisation.maker
        let makers = try bed.ask(accounts, of: Governance.self)
        #expect(Set(makers.accounts.map(\.id)) == [Who.issuer.account, Who.makersRegistrar.account])
        #expect(try !bed.ask(DeadlinesQuery(), of: Governance.self).isBehind)
        #expect(try bed.ask(ValidatorsQuery(), of: Governance.self).validators.isEmpty)
    }
}

@Suite struct RegistryTests {
    @Test("calls are found by contract and method, and nothing else is")
    func dispatch() throws {
        let arguments = try enrolment("new").encoded()
        func code(_ contract: String, _ method: String, _ arguments: [UInt8]) -> ErrorCode? {
            refusal { () throws(ContractError) in
                try ContractRegistry.check(
                    contract: .constant(contract),
                    method: .constant(method),
                    arguments: arguments
                )
            }
        }
        #expect(code("governance", "enrol-account", arguments) == nil)
        #expect(code("governance", "enrol", arguments) == .schema)
        #expect(code("government", "enrol-account", arguments) == .schema)
        #expect(code("governance", "enrol-account", [0xA0]) == .schema)
        let address = CBORValue.map([.init(.unsigned(1), .text("taro@example.jp"))]).encoded
        #expect(code("government", "enrol-account", address) == .personalData)
        #expect(code("governance", "enrol-account", address) == .personalData)
        #expect(code("governance", "enrol-account", [0xFF]) == .schema)
    }

    @Test("a call through the registry does what the contract does")
    func execution() throws {
        var bed = founded()
        let caller = try bed.caller(Who.registrar)
        let arguments = try enrolment("new").encoded()
        try bed.apply(by: caller) { context throws(ContractError) in
            try ContractRegistry.execute(
                contract: .constant("governance"),
                method: .constant("enrol-account"),
                arguments: arguments,
                &context
            )
        }
        #expect(try row(TestActor("new").account, in: bed).status == .active)
        let answer = try bed.peek { context throws(ContractError) in
            try ContractRegistry.query(
                contract: .constant("governance"),
                name: .constant("parameters"),
                arguments: [0xA0],
                &context
            )
        }
        #expect(try ParametersRow(decoding: answer).validity == 100)
        for (contract, name) in [("governance", "nothing"), ("nothing", "parameters")] {
            #expect(
                refusal { () throws(ContractError) in
                    _ = try bed.peek { context throws(ContractError) in
                        try ContractRegistry.query(
                            contract: .constant(contract),
                            name: .constant(name),
                            arguments: [0xA0],
                            &context
                        )
                    }
                } == .schema
            )
        }
    }

    @Test("names in descriptions are identifiers, each once, and field keys and names are too")
    func descriptions() {
        let descriptions = ContractRegistry.descriptions
        #expect(descriptions.map(\.name).contains("governance"))
        #expect(Set(descriptions.map(\.name)).count == descriptions.count)
        for contract in descriptions {
            #expect(Identifier(contract.name) != nil)
            let groups = [contract.methods.map(\.name), contract.queries.map(\.name), contract.events.map(\.name)]
            for names in groups {
                #expect(Set(names).count == names.count)
                #expect(names.allSatisfy { Identifier($0) != nil })
            }
            for method in contract.methods {
                check(method.fields)
                #expect(!method.summary.isEmpty)
            }
            for query in contract.queries {
                check(query.fields)
                check(query.answer)
            }
            for event in contract.events { check(event.fields) }
        }
        #expect(ContractRegistry.name(of: .consent).text == "consent")
        #expect(ContractRegistry.name(of: .kit).text == "kit")
    }

    /// Keys ascend, names are snake case and unique; the same inside lists and records.
    private func check(_ fields: [FieldDescription]) {
        #expect(zip(fields, fields.dropFirst()).allSatisfy { $0.key < $1.key })
        #expect(Set(fields.map(\.name)).count == fields.count)
        for field in fields {
            #expect(
                field.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F || (0x30...0x39).contains($0) }
            )
            check(field.type)
        }
    }

    private func check(_ type: FieldType) {
        switch type {
        case .record(let fields): check(fields)
        case .list(let element, _): check(element)
        case .choice(let choices), .choices(let choices):
            #expect(Set(choices.map(\.number)).count == choices.count)
            #expect(Set(choices.map(\.name)).count == choices.count)
        default: break
        }
    }

    @Test("the schema digest is the same each time")
    func digest() {
        let digest = ContractRegistry.schemaDigest(SHA256Function.self)
        #expect(digest == ContractRegistry.schemaDigest(SHA256Function.self))
        #expect(digest != .zero)
    }

    /// Every method of every contract, with damaged arguments, on a founded chain by somebody with every role: refused
    /// with a code or done, never a trap, and a refusal leaves nothing (the testbed checks).
    @Test("no arguments make any method of any contract trap", arguments: 0..<4)
    func fuzz(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        var bed = founded()
        let everything = Role.allCases.reduce(into: Roles()) { $0.insert($1) }
        let caller = Caller(
            account: Who.citizen.account,
            organisation: TestOrganisation.city,
            roles: everything,
            jurisdiction: .japan
        )
        for contract in ContractRegistry.descriptions {
            for method in contract.methods {
                for _ in 0..<40 {
                    let arguments = CBORValue.map(method.fields.compactMap { $0.sample(&generator) }).encoded
                    let code = refusal { () throws(ContractError) in
                        try bed.apply(by: caller) { context throws(ContractError) in
                            try ContractRegistry.execute(
                                contract: .constant(contract.name),
                                method: .constant(method.name),
                                arguments: arguments,
                                &context
                            )
                        }
                    }
                    let checked = refusal { () throws(ContractError) in
                        try ContractRegistry.check(
                            contract: .constant(contract.name),
                            method: .constant(method.name),
                            arguments: arguments
                        )
                    }
                    // What admission refuses, execution refuses with the same code.
                    if let checked { #expect(code == checked) }
                }
            }
        }
    }
}
