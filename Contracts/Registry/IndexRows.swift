package import ContractKit

extension ContractRegistry {
    /// The rows of indexes that follow from a leaf of the state tree. Indexes are no leaves: who takes the state from
    /// its leaves has them from here.
    package static func indexRows(of entry: StateEntry) throws(ContractError) -> [StateEntry] {
        guard let number = entry.key.first else { return [] }
        var visitor = IndexMaker(contract: ContractID(number), entry: entry)
        try visit(&visitor)
        return visitor.rows
    }
}

private struct IndexMaker: ContractVisitor {
    let contract: ContractID
    let entry: StateEntry
    var rows: [StateEntry] = []

    mutating func contract<Domain: Contract>(_: Domain.Type) throws(ContractError) {
        if Domain.id == contract { rows = try Domain.indexRows(of: entry) }
    }
}
