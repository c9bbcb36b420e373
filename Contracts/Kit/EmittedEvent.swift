internal import Primitives

/// What a contract says it did: a record with a name and a version, which readers follow.
package protocol ContractEvent: Record {
    static var name: String { get }
    /// Raised when the fields change.
    static var version: UInt64 { get }
}

extension ContractEvent {
    package static var version: UInt64 { 1 }
}

/// An event as it goes into the receipt.
package struct EmittedEvent: Hashable, Sendable {
    package let contract: ContractID
    package let name: String
    package let version: UInt64
    /// The encoded record.
    package let fields: [UInt8]
}
