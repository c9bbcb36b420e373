internal import FoundationEssentials

/// A JSON document as a client sent it. Numbers with a fraction or beyond 64 bits are not values here.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case unsigned(UInt64)
    case negative(Int64)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The deepest nesting that is read; beyond it a document is refused before anything is built from it.
    package static let nestingLimit = 16

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        guard JSONValue.nesting(of: bytes) <= JSONValue.nestingLimit else {
            throw JSONError("nested deeper than \(JSONValue.nestingLimit)")
        }
        do {
            self = try JSONDecoder().decode(Tree.self, from: Data(bytes)).value
        } catch let error as JSONError {
            throw error
        } catch {
            throw JSONError("this is not JSON")
        }
    }

    /// Counts brackets outside strings, which is enough for a bound.
    private static func nesting(of bytes: [UInt8]) -> Int {
        var depth = 0
        var deepest = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }
}

/// A document that is not JSON, or not of a kind that is taken here.
package struct JSONError: Error, Equatable {
    package let message: String

    package init(_ message: String) { self.message = message }
}

/// The bridge to Foundation's parser.
private struct Tree: Decodable {
    let value: JSONValue

    init(from decoder: any Decoder) throws {
        if var elements = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !elements.isAtEnd { values.append(try elements.decode(Tree.self).value) }
            value = .array(values)
            return
        }
        if let members = try? decoder.container(keyedBy: Name.self) {
            var values: [String: JSONValue] = [:]
            for name in members.allKeys { values[name.stringValue] = try members.decode(Tree.self, forKey: name).value }
            value = .object(values)
            return
        }
        value = try Tree.scalar(in: try decoder.singleValueContainer())
    }

    private static func scalar(in container: any SingleValueDecodingContainer) throws -> JSONValue {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return .boolean(value) }
        if let value = try? container.decode(UInt64.self) { return .unsigned(value) }
        if let value = try? container.decode(Int64.self) { return .negative(value) }
        if let value = try? container.decode(String.self) { return .string(value) }
        throw JSONError("numbers are integers of at most 64 bits")
    }
}

private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
