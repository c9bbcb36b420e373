package import Primitives

/// One call of a contract's method: `[contract, method, arguments]`.
package struct Call: Hashable, Sendable {
    package let contract: Identifier
    package let method: Identifier
    /// An encoded map, whose schema the contract knows.
    package let arguments: [UInt8]

    package init(contract: Identifier, method: Identifier, arguments: [UInt8]) {
        self.contract = contract
        self.method = method
        self.arguments = arguments
    }

    init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.array(exactly: 3)
        contract = try decoder.identifier()
        method = try decoder.identifier()
        arguments = Array(decoder.bytes[try decoder.skipRecord()])
    }

    package func encode(into encoder: inout CBOREncoder) {
        encoder.array(3)
        encoder.text(contract)
        encoder.text(method)
        encoder.raw(arguments)
    }
}
