internal import AkashiClient
internal import AkashiVerifier
internal import ContractKit
internal import Contracts
internal import NodeAPI
internal import Primitives

extension ProvenStatement {
    /// What is proven, for people and scripts.
    var json: JSONValue {
        var members: [String: JSONValue] = [
            "verified": true, "kind": .string(content.kind), "chain": .hex(chainID), "height": .unsigned(height),
            "time": .unsigned(time), "state_root": .hex(stateRoot),
        ]
        switch content {
        case .transaction(let transaction, let receipt):
            members["transaction"] = .hex(transaction.id)
            members["account"] = .hex(transaction.account)
            members["calls"] = .texts(transaction.calls.map { "\($0.contract).\($0.method)" })
            members["result"] = .string(receipt.code)
            members["events"] = .texts(receipt.events.map(\.name))
        case .receipt(let receipt):
            members["transaction"] = .hex(receipt.transaction)
            members["result"] = .string(receipt.code)
            members["events"] = .texts(receipt.events.map(\.name))
        case .event(let index, let receipt):
            let event = receipt.events[index]
            members["transaction"] = .hex(receipt.transaction)
            members["contract"] = .string(event.contract)
            members["event"] = .string(event.name)
            members["fields"] = .hex(event.fields)
        case .state(let rows):
            members["rows"] = .array(rows.map(\.json))
        }
        return .object(members)
    }
}

extension ProvenRow {
    fileprivate var json: JSONValue {
        let contract = key.first.map { ContractRegistry.name(of: ContractID($0)).text }
        return [
            "contract": .text(contract), "key": .hex(key), "value": value.map { .hex($0) } ?? .null,
            "present": .boolean(value != nil),
        ]
    }
}

extension ClientError {
    init(_ error: VerificationError) {
        let isOfOthers = error.check != .genesis && error.check != .trustedHeader
        self.init(isOfOthers ? "PROOF" : "MALFORMED", error.explanation)
    }
}
