package import Primitives

// How a call finds its method.

extension Contract {
    /// Everything that can be said of a call without the state: the method exists, the arguments follow its schema
    /// and hold nothing that looks like a person's data.
    package static func check(method: Identifier, arguments: [UInt8]) throws(ContractError) {
        try PersonalDataFilter.inspect(arguments)
        var visitor = MethodChecker(name: method, arguments: arguments)
        try methods(&visitor)
        guard visitor.isFound else { throw .noSuchMethod }
    }

    /// Runs a method with this contract's tables open. All of it takes effect, or nothing.
    package static func execute(
        method: Identifier,
        arguments: [UInt8],
        _ context: inout ContractContext
    ) throws(ContractError) {
        try context.charge(Price.bytes(arguments.count))
        try PersonalDataFilter.inspect(arguments)
        try context.call(into: id) { context throws(ContractError) in
            var visitor = MethodRunner(name: method, arguments: arguments, context: context)
            // The runner holds the context while it looks for the method, and gives it back.
            defer { context = visitor.context }
            try methods(&visitor)
            guard visitor.isFound else { throw .noSuchMethod }
        }
    }

    /// Answers a question. The caller drops what the context holds afterwards.
    package static func query(
        name: Identifier,
        arguments: [UInt8],
        _ context: inout ContractContext
    ) throws(ContractError) -> [UInt8] {
        try PersonalDataFilter.inspect(arguments)
        return try context.call(into: id) { context throws(ContractError) in
            var visitor = QueryRunner(name: name, arguments: arguments, context: context)
            defer { context = visitor.context }
            try queries(&visitor)
            guard let answer = visitor.answer else { throw .noSuchQuery }
            return answer
        }
    }
}

extension ContractError {
    package static var noSuchMethod: ContractError { ContractError(.schema, "no such method") }
    package static var noSuchQuery: ContractError { ContractError(.schema, "no such query") }
}

/// Decodes the arguments of the method with a name.
package struct MethodChecker: MethodVisitor {
    package let name: Identifier
    package let arguments: [UInt8]
    package var isFound = false

    package init(name: Identifier, arguments: [UInt8]) {
        self.name = name
        self.arguments = arguments
    }

    package mutating func method<Method: ContractMethod>(_: Method.Type) throws(ContractError) {
        guard !isFound, name.matches(Method.name) else { return }
        isFound = true
        _ = try Method(decoding: arguments)
    }
}

/// Runs the method with a name.
package struct MethodRunner: MethodVisitor {
    package let name: Identifier
    package let arguments: [UInt8]
    package var context: ContractContext
    package var isFound = false

    package init(name: Identifier, arguments: [UInt8], context: ContractContext) {
        self.name = name
        self.arguments = arguments
        self.context = context
    }

    package mutating func method<Method: ContractMethod>(_: Method.Type) throws(ContractError) {
        guard !isFound, name.matches(Method.name) else { return }
        isFound = true
        try Method(decoding: arguments).execute(&context)
    }
}

/// Answers the question with a name.
package struct QueryRunner: QueryVisitor {
    package let name: Identifier
    package let arguments: [UInt8]
    package var context: ContractContext
    package var answer: [UInt8]?

    package init(name: Identifier, arguments: [UInt8], context: ContractContext) {
        self.name = name
        self.arguments = arguments
        self.context = context
    }

    package mutating func query<Query: ContractQuery>(_: Query.Type) throws(ContractError) {
        guard answer == nil, name.matches(Query.name) else { return }
        answer = try Query(decoding: arguments).answer(&context).encoded()
    }
}
