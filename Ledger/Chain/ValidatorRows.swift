internal import Governance
internal import Primitives

extension ValidatorSet {
    /// The set that governance's rows describe, by the same rules.
    init?(rows: [ValidatorRow]) {
        self.init(
            rows.map { row in
                Validator(
                    consensusKey: row.consensusKey,
                    tlsPins: row.tlsPins,
                    address: String(decoding: row.address, as: UTF8.self),
                    organisation: row.organisation
                )
            }
        )
    }
}
