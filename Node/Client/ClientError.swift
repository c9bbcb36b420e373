/// Why something could not be done, with a stable code for scripts and a sentence for people.
package struct ClientError: Error, Equatable, Sendable, CustomStringConvertible {
    package let code: String
    package let message: String

    package init(_ code: String, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code): \(message)" }
}
