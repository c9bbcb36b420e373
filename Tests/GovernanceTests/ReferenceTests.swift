import ContractKit
import Contracts
import Foundation
import Testing

/// `docs/contracts-reference.md` is written from the descriptions, so that it cannot say anything else than the code.
@Suite struct ReferenceTests {
    private let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/contracts-reference.md")

    /// With AKASHI_WRITE_REFERENCE set it writes the file instead: `AKASHI_WRITE_REFERENCE=1 swift test --filter
    /// ReferenceTests`.
    @Test("the reference of contracts in the documents is what the code describes")
    func reference() throws {
        let expected = ContractRegistry.descriptions.reduce(into: Self.head) { $0 += Self.section($1) }
        if ProcessInfo.processInfo.environment["AKASHI_WRITE_REFERENCE"] != nil {
            try Data(expected.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == expected)
    }

    private static let head = """
        # Reference of contracts

        Written from the code; `AKASHI_WRITE_REFERENCE=1 swift test --filter ReferenceTests` writes it again. What the
        contracts mean is in [contracts.md](contracts.md). A field is given as key, name and type; `?` marks one that may
        be missing. Every method may also answer `SCHEMA`, `PERSONAL_DATA` and `LIMIT`.

        """

    private static func section(_ contract: ContractDescription) -> String {
        var text = "\n## \(contract.name), version \(contract.version)\n"
        text += "\n### Methods\n"
        for method in contract.methods {
            text += "\n**`\(method.name)`** \(method.summary)"
            text +=
                method.errors.isEmpty
                ? "\n" : " Errors: \(method.errors.map { "`\($0.text)`" }.joined(separator: " ")).\n"
            text += list(method.fields)
        }
        text += "\n### Questions\n"
        for query in contract.queries {
            text += "\n**`\(query.name)`** \(query.summary)\n\(list(query.fields))"
            text += "\nAnswer:\n\(list(query.answer))"
        }
        text += "\n### Events\n"
        for event in contract.events {
            text += "\n**`\(event.name)`** version \(event.version)\n\(list(event.fields))"
        }
        return text
    }

    private static func list(_ fields: [FieldDescription], indent: String = "") -> String {
        guard !fields.isEmpty else { return indent.isEmpty ? "\n- no fields\n" : "" }
        var text = indent.isEmpty ? "\n" : ""
        for field in fields {
            text += "\(indent)- \(field.key) `\(field.name)`\(field.isOptional ? "?" : "") \(name(field.type))\n"
            text += list(inner(field.type), indent: indent + "  ")
        }
        return text
    }

    private static func inner(_ type: FieldType) -> [FieldDescription] {
        switch type {
        case .record(let fields): fields
        case .list(let element, _): inner(element)
        default: []
        }
    }

    private static func name(_ type: FieldType) -> String {
        switch type {
        case .unsigned(let range):
            range.upperBound == .max
                ? "unsigned, from \(range.lowerBound)" : "unsigned, \(range.lowerBound) to \(range.upperBound)"
        case .integer(let range): "integer, \(range.lowerBound) to \(range.upperBound)"
        case .bytes(let count):
            count.lowerBound == count.upperBound
                ? "\(count.lowerBound) bytes" : "\(count.lowerBound) to \(count.upperBound) bytes"
        case .choice(let choices): "one of " + choices.map { "`\($0.name)` (\($0.number))" }.joined(separator: ", ")
        case .choices(let choices): "set of " + choices.map { "`\($0.name)` (\($0.number))" }.joined(separator: ", ")
        case .list(let element, let count): "list of \(count.lowerBound) to \(count.upperBound): \(name(element))"
        case .publicKey: "public key"
        case .corporateNumber: "corporate number"
        case .legalEntityIdentifier: "legal entity identifier"
        default: type.name
        }
    }
}
