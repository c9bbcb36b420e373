/// A contract's number: the first byte of every key of its state. Contracts deployed later get the next numbers.
package struct ContractID: Hashable, Comparable, Sendable {
    package let number: UInt8

    package init(_ number: UInt8) { self.number = number }

    package static func < (left: ContractID, right: ContractID) -> Bool { left.number < right.number }

    /// The kit's own state: the queue of deadlines.
    package static let kit = ContractID(0)
    package static let governance = ContractID(1)
    package static let consent = ContractID(2)
    package static let marketplace = ContractID(3)
    package static let trustStore = ContractID(4)
    package static let tfc = ContractID(5)
}
