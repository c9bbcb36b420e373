internal import ContractKit
internal import Contracts
internal import Governance
internal import LedgerCrypto
internal import Primitives
internal import Storage

/// The state before the first block, as the contracts make it from the genesis file: the same everywhere.
enum GenesisState {
    /// Writes the state, its tree, and a header at height 0 that holds the first state root.
    ///
    /// Synced, and all in one batch: either the chain begins in this database or it does not.
    static func write(_ chain: Chain, into database: Database) throws(LedgerFault) {
        let world = WorldState(database, cachedByteCount: 1 << 20)
        world.apply(try writes(of: chain, world))
        let changes = world.changes()
        if let failure = world.failure { throw .storage(failure) }
        var tree = try onStorage { () throws(StorageError) in try StateTree(database, at: .genesis) }
        var batch = database.makeBatch()
        try BlockWriter.stage(changes, in: &tree, at: .genesis, into: &batch)
        let record = BlockRecord(header: header(of: chain, stateRoot: tree.root), bodies: nil, dropped: [])
        batch.put(.blocks, StorageKey.height(0), record.encoded)
        batch.put(.meta, MetaKey.genesis.bytes, chain.bytes)
        batch.put(.meta, MetaKey.executed.bytes, StorageKey.height(0))
        batch.put(.meta, MetaKey.certified.bytes, StorageKey.height(0))
        do throws(StorageError) { try database.write(batch, synced: true) } catch { throw .storage(error) }
    }

    private static func header(of chain: Chain, stateRoot: Digest) -> Header {
        Header(
            chain: chain.id,
            epoch: 0,
            height: .genesis,
            parent: .zero,
            originView: 0,
            proposer: nil,
            time: chain.genesis.time,
            transactionsRoot: BlockTree.root(leaves: []),
            receiptsRoot: BlockTree.root(leaves: []),
            stateRoot: stateRoot,
            validatorsDigest: chain.validators.digest,
            nextValidatorsDigest: chain.validators.digest
        )
    }

    private static func writes(of chain: Chain, _ world: WorldState) throws(LedgerFault) -> [StateWrite] {
        let genesis = chain.genesis
        var organisations: [GenesisOrganisation] = []
        for organisation in genesis.organisations { organisations.append(try convert(organisation)) }
        var accounts: [GenesisAccount] = []
        for account in genesis.accounts { accounts.append(try convert(account)) }
        var context = ContractContext(
            host: Host.functions(of: world),
            chain: chain.id,
            height: .genesis,
            time: genesis.time,
            transaction: .zero,
            caller: .chain,
            limit: .max
        )
        do throws(ContractError) {
            try ContractRegistry.genesis(
                organisations: organisations,
                accounts: accounts,
                validators: genesis.validators.map(convert),
                parameters: try convert(genesis.parameters),
                &context
            )
        } catch {
            throw .genesis("\(error.code.text): \(error.message)")
        }
        return context.writes
    }

    private static func convert(_ organisation: Genesis.Organisation) throws(LedgerFault) -> GenesisOrganisation {
        let number: OrganisationNumber?
        switch organisation.register {
        case .corporateNumber:
            number = UInt64(organisation.number).flatMap { CorporateNumber($0) }.map { .corporate($0) }
        case .legalEntityIdentifier:
            number = LegalEntityIdentifier(Array(organisation.number.utf8)).map { .legalEntity($0) }
        }
        guard let number else {
            throw .genesis("\(organisation.id.text) has a number that its register cannot have given")
        }
        guard let jurisdiction = Jurisdiction.allCases.first(where: { organisation.jurisdiction.matches($0.name) })
        else {
            throw .genesis("\(organisation.id.text) has an unknown jurisdiction")
        }
        return GenesisOrganisation(id: organisation.id, number: number, jurisdiction: jurisdiction)
    }

    private static func convert(_ account: Genesis.Account) throws(LedgerFault) -> GenesisAccount {
        var roles = Roles()
        for name in account.roles {
            guard let role = Role.allCases.first(where: { name.matches($0.name) }) else {
                throw .genesis("there is no role \(name.text)")
            }
            roles.insert(role)
        }
        return GenesisAccount(id: account.id, key: account.key, organisation: account.organisation, roles: roles)
    }

    private static func convert(_ validator: Validator) -> ValidatorRow {
        var row = ValidatorRow()
        row.consensusKey = validator.consensusKey
        row.tlsPins = validator.tlsPins
        row.address = Array(validator.address.utf8)
        row.organisation = validator.organisation
        return row
    }

    /// The row has the same fields under the same numbers as the genesis file.
    private static func convert(_ parameters: Parameters) throws(ContractError) -> ParametersRow {
        var encoder = CBOREncoder()
        parameters.encode(into: &encoder)
        return try ParametersRow(decoding: encoder.bytes)
    }
}
