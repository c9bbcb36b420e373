internal import Foundation
package import NodeAPI
internal import Primitives

/// A line for people who watch, or for a log: never part of a result.
func standardError(_ text: String, terminator: String = "\n") {
    FileHandle.standardError.write(Data((text + terminator).utf8))
}

/// Progress, which a pipe does not want.
func progress(_ text: String) {
    if Terminal.isInteractive { standardError(text) }
}

func standardOutput(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

extension JSONValue {
    /// One document in one line, members in alphabetical order.
    var document: String {
        var text = JSONText()
        text.value(self)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// The same for people: one line for each member, indented.
    var lines: [String] {
        switch self {
        case .object(let members):
            return members.keys.sorted().flatMap { name in JSONValue.entry(name + ":", members[name] ?? .null) }
        case .array(let elements):
            return elements.flatMap { JSONValue.entry("-", $0) }
        default:
            return [scalar]
        }
    }

    private static func entry(_ label: String, _ value: JSONValue) -> [String] {
        switch value {
        case .object(let members) where members.isEmpty: return ["\(label) {}"]
        case .array(let elements) where elements.isEmpty: return ["\(label) []"]
        case .object, .array: return [label] + value.lines.map { "  " + $0 }
        default: return ["\(label) \(value.scalar)"]
        }
    }

    private var scalar: String {
        switch self {
        case .null: "-"
        case .boolean(let value): value ? "true" : "false"
        case .unsigned(let value): String(value)
        case .negative(let value): String(value)
        case .string(let value): value
        case .array, .object: document
        }
    }
}

extension JSONText {
    mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .boolean(let flag): boolean(flag)
        case .unsigned(let number): self.number(number)
        case .negative(let number): self.number(number)
        case .string(let text): string(text)
        case .array(let elements):
            array { text in
                for element in elements { text.value(element) }
            }
        case .object(let members):
            object { text in
                for name in members.keys.sorted() {
                    text.name(name)
                    text.value(members[name] ?? .null)
                }
            }
        }
    }
}

/// Prints a result: one JSON document, or lines for people.
func show(_ value: JSONValue, _ output: OutputOptions, _ lines: [String]? = nil) {
    standardOutput(output.json ? value.document : (lines ?? value.lines).joined(separator: "\n"))
}

// Arguments are built as JSON and converted by the method's schema, the same way for a person's JSON and for our own.
extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(integerLiteral value: UInt64) { self = .unsigned(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// Members that are null are left out.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var members: [String: JSONValue] = [:]
        for (name, value) in elements where value != .null { members[name] = value }
        self = .object(members)
    }

    static func hex(_ digest: Digest) -> JSONValue { .string(digest.hex) }
    static func hex(_ bytes: [UInt8]) -> JSONValue { .string(Hex.encode(bytes)) }
    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    static func number(_ value: UInt64?) -> JSONValue { value.map { .unsigned($0) } ?? .null }
    static func texts(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// A number, also one that travels as a string because it is beyond 2^53.
    var number: UInt64? {
        switch self {
        case .unsigned(let number): number
        case .string(let text): UInt64(text)
        default: nil
        }
    }

    var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    var elements: [JSONValue] {
        guard case .array(let elements) = self else { return [] }
        return elements
    }

    var bytes: [UInt8]? { text.flatMap { Hex.decode($0) } }
    var digest: Digest? { text.flatMap { Digest(hex: $0) } }
}
