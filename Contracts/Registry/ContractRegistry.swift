internal import Consent
package import ContractKit
internal import Governance
internal import Marketplace
package import Primitives
internal import TFC
internal import TrustStore

/// The contracts of this chain, listed once. The executor, admission, the API and clients reach them through here.
package enum ContractRegistry {
    /// The list. Its order is the order of descriptions, and so part of the schema digest.
    static func visit<Visitor: ContractVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.contract(KitContract.self)
        try visitor.contract(Governance.self)
        try visitor.contract(Consent.self)
        try visitor.contract(Marketplace.self)
        try visitor.contract(TrustStore.self)
        try visitor.contract(TFC.self)
    }

    /// Everything that can be said of a call without the state: contract and method exist, the arguments follow the
    /// method's schema and hold nothing that looks like a person's data. Admission asks this; execution asks again.
    package static func check(
        contract: Identifier,
        method: Identifier,
        arguments: [UInt8]
    ) throws(ContractError) {
        var visitor = CallChecker(contract: contract, method: method, arguments: arguments)
        try visit(&visitor)
        guard visitor.isFound else {
            // What hides behind an unknown name is looked at all the same.
            try PersonalDataFilter.inspect(arguments)
            throw ContractError(.schema, "no such contract")
        }
    }

    /// Runs one call of a transaction. All of it takes effect, or nothing and the error says why.
    package static func execute(
        contract: Identifier,
        method: Identifier,
        arguments: [UInt8],
        _ context: inout ContractContext
    ) throws(ContractError) {
        var visitor = CallRunner(contract: contract, method: method, arguments: arguments, context: context)
        defer { context = visitor.context }
        try visit(&visitor)
        guard visitor.isFound else { throw ContractError(.schema, "no such contract") }
    }

    /// Answers a question; the caller drops the context's writes and events.
    package static func query(
        contract: Identifier,
        name: Identifier,
        arguments: [UInt8],
        _ context: inout ContractContext
    ) throws(ContractError) -> [UInt8] {
        var visitor = QuestionRunner(contract: contract, name: name, arguments: arguments, context: context)
        defer { context = visitor.context }
        try visit(&visitor)
        guard let answer = visitor.answer else { throw ContractError(.schema, "no such contract") }
        return answer
    }

    /// What everybody can be told about the contracts: for the API and for clients, which convert by it.
    package static var descriptions: [ContractDescription] {
        var visitor = DescriptionCollector()
        do { try visit(&visitor) } catch { preconditionFailure("a description cannot be refused") }
        return visitor.descriptions
    }

    /// The name of a contract, as events and calls carry it.
    package static func name(of contract: ContractID) -> Identifier {
        var visitor = NameFinder(contract: contract)
        do { try visit(&visitor) } catch { preconditionFailure("a name cannot be refused") }
        return Identifier.constant(visitor.name)
    }

    /// The digest over the deterministic encoding of all descriptions and of the version of the personal-data filter.
    /// A client that has its own copy of the schema refuses a node with another digest.
    package static func schemaDigest<Hash: DigestFunction>(_: Hash.Type) -> Digest {
        var encoder = CBOREncoder(capacity: 16_384)
        encoder.array(3)
        encoder.text("akashi/schema/1")
        encoder.unsigned(PersonalDataFilter.version)
        let descriptions = descriptions
        encoder.array(descriptions.count)
        for description in descriptions { description.encode(into: &encoder) }
        return Hash.digest(of: encoder.bytes)
    }
}

protocol ContractVisitor {
    mutating func contract<Domain: Contract>(_: Domain.Type) throws(ContractError)
}

private struct CallChecker: ContractVisitor {
    let contract: Identifier
    let method: Identifier
    let arguments: [UInt8]
    var isFound = false

    mutating func contract<Domain: Contract>(_: Domain.Type) throws(ContractError) {
        guard !isFound, contract.matches(Domain.name) else { return }
        isFound = true
        try Domain.check(method: method, arguments: arguments)
    }
}

private struct CallRunner: ContractVisitor {
    let contract: Identifier
    let method: Identifier
    let arguments: [UInt8]
    var context: ContractContext
    var isFound = false

    mutating func contract<Domain: Contract>(_: Domain.Type) throws(ContractError) {
        guard !isFound, contract.matches(Domain.name) else { return }
        isFound = true
        try Domain.execute(method: method, arguments: arguments, &context)
    }
}

private struct QuestionRunner: ContractVisitor {
    let contract: Identifier
    let name: Identifier
    let arguments: [UInt8]
    var context: ContractContext
    var answer: [UInt8]?

    mutating func contract<Domain: Contract>(_: Domain.Type) throws(ContractError) {
        guard answer == nil, contract.matches(Domain.name) else { return }
        answer = try Domain.query(name: name, arguments: arguments, &context)
    }
}

private struct DescriptionCollector: ContractVisitor {
    var descriptions: [ContractDescription] = []

    mutating func contract<Domain: Contract>(_: Domain.Type) {
        descriptions.append(Domain.description)
    }
}

private struct NameFinder: ContractVisitor {
    let contract: ContractID
    /// For a number that no contract has.
    var name = "unknown"

    mutating func contract<Domain: Contract>(_: Domain.Type) {
        if contract == Domain.id { name = Domain.name }
    }
}
