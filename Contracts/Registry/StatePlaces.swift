package import ContractKit
internal import Primitives

extension ContractRegistry {
    /// A key of the state for people: whose table it is in, and the table's own key.
    package static func place(of key: StateKey) -> String {
        guard key.count >= 2 else { return Hex.encode(key) }
        return "\(name(of: ContractID(key[0])).text), table \(key[1]), key \(Hex.encode(Array(key[2...])))"
    }
}
