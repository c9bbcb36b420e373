import ContractKit
import Primitives

/// A contract with one method, one query and one event: enough to see a schema at work at the edge.
enum Library: Contract {
    static let id = ContractID(200)
    static let name = "library"
    static let version: UInt64 = 1

    static func methods<Visitor: MethodVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.method(Lend.self)
    }

    static func queries<Visitor: QueryVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.query(Book.self)
    }

    static func events<Visitor: EventVisitor>(_ visitor: inout Visitor) { visitor.event(Lent.self) }

    enum Kind: UInt64, Choice {
        case novel = 0
        case atlas = 1

        var name: String { self == .novel ? "novel" : "atlas" }
    }

    /// The fields that the method, the query and the event share.
    struct Loan: Record {
        var book = Digest.zero
        var days: UInt64 = 1
        var shelf: Identifier?
        var kind: Kind?

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try visitor.digest(1, "book", &book)
            try visitor.unsigned(2, "days", &days, in: 1...30)
            try visitor.optional(3, "shelf", &shelf, IdentifierFormat())
            try visitor.optional(4, "kind", &kind, ChoiceFormat<Kind>())
        }
    }

    struct Lend: ContractMethod {
        static let name = "lend"
        static let summary = "Lends a book"
        static let errors: [ErrorCode] = [.state]
        var loan = Loan()

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try loan.fields(&visitor)
        }

        func execute(_ context: inout ContractContext) throws(ContractError) {}
    }

    struct Book: ContractQuery {
        static let name = "book"
        static let summary = "A book's loan"
        var loan = Loan()

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try loan.fields(&visitor)
        }

        func answer(_ context: inout ContractContext) throws(ContractError) -> Loan { loan }
    }

    struct Lent: ContractEvent {
        static let name = "lent"
        var loan = Loan()

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
            try loan.fields(&visitor)
        }
    }
}
