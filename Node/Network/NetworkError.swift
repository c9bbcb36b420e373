/// Why certificates, keys or the listening socket cannot be used: something that the operator puts right.
package struct NetworkError: Error, Equatable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}
