internal import AkashiClient
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

/// A kind of transaction that the load generator makes.
package enum LoadKind: String, CaseIterable, Sendable {
    /// One point from one account to another: two balances change.
    case transfer
    /// A signed window of a device: one piece of evidence with a reading.
    case evidence
    /// A custodian's commitment to a record of an account.
    case commit

    /// The call's contract, method and arguments. Arguments are random where they have to differ.
    func call(
        from sender: ClientKey,
        to receiver: AccountID,
        at time: UInt64
    ) -> (contract: String, method: String, arguments: JSONValue) {
        switch self {
        case .transfer:
            return (
                "marketplace", "transfer",
                .object(["unit": .string("point"), "to": .hex(receiver.digest), "amount": .unsigned(1)])
            )
        case .evidence:
            return (
                "trust-store", "append",
                .object([
                    "process": .string("load"), "step": .string("window"), "subject": .hex(sender.account.digest),
                    "parents": .array([]), "observed_at": .unsigned(time), "content": .hex(randomBytes(count: 32)),
                    "media_type": .string("cbor"), "disclosure": .string("open"),
                    "readings": .array([
                        .object(["metric": .string("noise"), "value": .unsigned(52), "unit": .string("decibel")])
                    ]),
                ])
            )
        case .commit:
            return (
                "consent", "commit-record",
                .object([
                    "record": .hex(randomBytes(count: 32)), "pseudonym": .hex(receiver.digest),
                    "data_class": .string("climate"), "commitment": .hex(randomBytes(count: 32)),
                ])
            )
        }
    }
}

/// Kinds and how often each comes, for instance `transfer=3,evidence=1`.
package struct LoadMix: Sendable {
    package let text: String
    /// Each kind as often as its weight; a transaction takes the next one in turn.
    private let turn: [LoadKind]

    package init?(_ text: String) {
        var turn: [LoadKind] = []
        for part in text.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard let name = pair.first, let kind = LoadKind(rawValue: String(name)) else { return nil }
            guard let weight = pair.count == 2 ? Int(pair[1]) : 1, (1...100).contains(weight) else { return nil }
            turn += Array(repeating: kind, count: weight)
        }
        guard !turn.isEmpty else { return nil }
        self.text = text
        self.turn = turn
    }

    package subscript(position: Int) -> LoadKind { turn[position % turn.count] }
    package var kinds: Set<LoadKind> { Set(turn) }
}
