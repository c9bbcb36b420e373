package import ContractKit
package import Primitives

/// A registrar enrols an account in its own organisation. The key proves that somebody holds it, so that nobody can
/// take another's public key for an account of their own.
package struct EnrolAccount: ContractMethod {
    package static let name = "enrol-account"
    package static let summary = "A registrar enrols a pseudonymous account in its own organisation."
    package static let errors: [ErrorCode] = [.role, .duplicate, .reveal, .reference]

    package var account = AccountID.unset
    package var key = PublicKey.unset
    package var roles = Roles()
    /// The new key's signature over `Governance.possessionStatement`.
    package var possession = Signature.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.publicKey(2, "key", &key)
        try visitor.choices(3, "roles", &roles)
        try visitor.signature(4, "possession", &possession)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        let organisation = try Governance.registrarsOrganisation(&context)
        try Governance.checkGrant(roles, by: organisation)
        guard account != .unset else { throw ContractError(.schema, "the zero account is the chain's own") }
        try Governance.checkPossession(possession, of: key, for: account, &context)
        try Governance.open(
            account,
            key: key,
            organisation: context.caller.organisation,
            roles: roles,
            &context
        )
    }
}

/// A registrar replaces an account's key, its own included.
package struct RotateKey: ContractMethod {
    package static let name = "rotate-key"
    package static let summary = "A registrar replaces the key of an account of its organisation."
    package static let errors: [ErrorCode] = [.role, .reference, .state, .duplicate, .reveal, .limit]

    package var account = AccountID.unset
    package var key = PublicKey.unset
    package var possession = Signature.unset

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.publicKey(2, "key", &key)
        try visitor.signature(3, "possession", &possession)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        _ = try Governance.registrarsOrganisation(&context)
        var row = try Governance.accounts.existing(account, "account", &context)
        guard row.organisation == context.caller.organisation else {
            throw ContractError(.role, "the account belongs to another organisation")
        }
        guard row.status != .revoked else { throw ContractError(.state, "the account is revoked") }
        // Both keys of the row must cover every height that ordering still looks back to (rule 5 of the protocol).
        if row.keys.count == AccountRow.greatestKeyCount, let last = row.keys.last {
            let validity = try Governance.parameters.existing(Whole(), "parameters", &context).validity
            guard context.height >= last.from.advanced(by: validity) else {
                throw ContractError(.limit, "the account's key was rotated only recently")
            }
        }
        try Governance.checkPossession(possession, of: key, for: account, &context)
        try Governance.claim(key, for: account, &context)
        row.keys = row.keys.suffix(1) + [AccountKey(from: context.height, key: key)]
        try Governance.accounts.put(account, row, &context)
        var event = KeyRotated()
        event.account = account
        event.key = key
        try context.emit(event)
    }
}

/// A registrar sets the roles of another account of its organisation.
package struct SetRoles: ContractMethod {
    package static let name = "set-roles"
    package static let summary = "A registrar replaces the roles of another account of its organisation."
    package static let errors: [ErrorCode] = [.role, .reference, .state]

    package var account = AccountID.unset
    package var roles = Roles()

    package init() {}

    package mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(ContractError) {
        try visitor.account(1, "account", &account)
        try visitor.choices(2, "roles", &roles)
    }

    package func execute(_ context: inout ContractContext) throws(ContractError) {
        let organisation = try Governance.registrarsOrganisation(&context)
        var row = try Governance.governedAccount(account, &context)
        try Governance.checkGrant(roles, by: organisation)
        guard row.status != .revoked else { throw ContractError(.state, "the account is revoked") }
        row.roles = roles
        try Governance.accounts.put(account, row, &context)
        var event = RolesChanged()
        event.account = account
        event.roles = roles
        try context.emit(event)
    }
}

extension Governance {
    /// What a new key signs to show that its holder wants it for this account on this chain: the CBOR array
    /// `["akashi/possession/1", chain, account, key]`, under its SHA-256.
    package static func possessionStatement(chain: Digest, account: AccountID, key: PublicKey) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 128)
        encoder.array(4)
        encoder.text("akashi/possession/1")
        encoder.byteString(chain)
        encoder.byteString(account.digest)
        encoder.byteString(key.bytes)
        return encoder.bytes
    }

    static func checkPossession(
        _ signature: Signature,
        of key: PublicKey,
        for account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        let statement = possessionStatement(chain: context.chain, account: account, key: key)
        guard try context.verify(signature, by: key, over: try context.sha256(statement)) else {
            throw ContractError(.reveal, "the key does not show that it is held")
        }
    }

    /// A new account, whose key belongs to it for good.
    static func open(
        _ account: AccountID,
        key: PublicKey,
        organisation: Identifier,
        roles: Roles,
        _ context: inout ContractContext
    ) throws(ContractError) {
        try claim(key, for: account, &context)
        var row = AccountRow()
        row.keys = [AccountKey(from: context.height, key: key)]
        row.organisation = organisation
        row.roles = roles
        try accounts.insert(account, row, "account", &context)
        try accountsByOrganisation.add(Pair(organisation, account), &context)
        var event = AccountEnrolled()
        event.account = account
        event.organisation = organisation
        event.roles = roles
        event.key = key
        try context.emit(event)
    }

    /// Gives a key to an account for good.
    static func claim(
        _ key: PublicKey,
        for account: AccountID,
        _ context: inout ContractContext
    ) throws(ContractError) {
        var owner = KeyOwnerRow()
        owner.account = account
        try keys.insert(key, owner, "key", &context)
    }
}
