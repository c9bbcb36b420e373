/// A method: its record holds the arguments, `execute` does it.
package protocol ContractMethod: Record {
    static var name: String { get }
    /// One sentence for people.
    static var summary: String { get }
    /// The refusals of its own, beside SCHEMA, PERSONAL_DATA and LIMIT.
    static var errors: [ErrorCode] { get }
    func execute(_ context: inout ContractContext) throws(ContractError)
}

/// A question: its record holds the arguments, `answer` reads. What it writes is dropped, so it may apply a case's
/// due transition first, as methods do.
package protocol ContractQuery: Record {
    associatedtype Answer: Record
    static var name: String { get }
    static var summary: String { get }
    func answer(_ context: inout ContractContext) throws(ContractError) -> Answer
}

/// Walks a contract's methods; as with fields, one list serves execution, checking and description.
package protocol MethodVisitor {
    mutating func method<Method: ContractMethod>(_: Method.Type) throws(ContractError)
}

package protocol QueryVisitor {
    mutating func query<Query: ContractQuery>(_: Query.Type) throws(ContractError)
}

package protocol EventVisitor {
    mutating func event<Event: ContractEvent>(_: Event.Type)
}

/// A domain's rules: what can be called, asked and heard, and what happens when a deadline passes.
package protocol Contract {
    static var id: ContractID { get }
    static var name: String { get }
    static var version: UInt64 { get }
    static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError)
    static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError)
    static func events<Visitor: EventVisitor>(_ visitor: inout Visitor)
    /// Applies the due transition of a case, if it still is due. It must do exactly what the case's own methods do
    /// first, so that both ways come to the same state.
    static func due(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError)
    /// The rows of the contract's indexes that follow from one primary row, as execution leaves them: whoever takes a
    /// state from its leaves alone writes them beside it.
    static func indexRows(of entry: StateEntry) throws(ContractError) -> [StateEntry]
}

extension Contract {
    package static func due(_ dueCase: DueCase, _ context: inout ContractContext) throws(ContractError) {}

    package static func indexRows(of entry: StateEntry) throws(ContractError) -> [StateEntry] { [] }

    package static var description: ContractDescription {
        var describer = ContractDescriber()
        // Describing runs nothing, so nothing can be refused.
        do {
            try methods(&describer)
            try queries(&describer)
        } catch { preconditionFailure("a description cannot be refused") }
        events(&describer)
        return ContractDescription(
            name: name,
            version: version,
            methods: describer.methods,
            queries: describer.queries,
            events: describer.events
        )
    }
}

private struct ContractDescriber: MethodVisitor, QueryVisitor, EventVisitor {
    var methods: [MethodDescription] = []
    var queries: [QueryDescription] = []
    var events: [EventDescription] = []

    mutating func method<Method: ContractMethod>(_: Method.Type) {
        methods.append(
            MethodDescription(
                name: Method.name,
                summary: Method.summary,
                fields: Method.fieldDescriptions,
                errors: Method.errors
            )
        )
    }

    mutating func query<Query: ContractQuery>(_: Query.Type) {
        queries.append(
            QueryDescription(
                name: Query.name,
                summary: Query.summary,
                fields: Query.fieldDescriptions,
                answer: Query.Answer.fieldDescriptions
            )
        )
    }

    mutating func event<Event: ContractEvent>(_: Event.Type) {
        events.append(EventDescription(name: Event.name, version: Event.version, fields: Event.fieldDescriptions))
    }
}
