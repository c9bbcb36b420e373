import AkashiClient
import ContractKit
import Governance
import Ledger
import Primitives
import Storage
import Testing

extension TestNetwork {
    /// Takes all roles from the custodian's account in the rows of a validator that does not run, past the state tree.
    func damageState(of validator: TestValidator) throws {
        let database = try Database(path: "\(validator.home)/data", chain: chain.id)
        let key = Governance.stateKey(ofAccount: custodian.account)
        var row = try AccountRow(decoding: try #require(try database.get(.state, key)))
        row.roles = Roles()
        var batch = database.makeBatch()
        batch.put(.state, key, try row.encoded())
        try database.write(batch, synced: true)
    }
}
