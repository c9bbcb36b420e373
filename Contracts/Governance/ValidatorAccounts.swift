internal import ContractKit
package import Primitives

// Each validator in force is an account of its organisation, without any role, under its consensus key: so that it can
// bring before the chain what it saw, such as evidence of equivocation, without a secret beside the one it has.
extension Governance {
    /// What the account of a validator is named by, under its SHA-256: the CBOR array
    /// `["akashi/validator-account/1", key]`.
    package static func validatorAccountStatement(_ key: PublicKey) -> [UInt8] {
        var encoder = CBOREncoder(capacity: 64)
        encoder.array(2)
        encoder.text("akashi/validator-account/1")
        encoder.byteString(key.bytes)
        return encoder.bytes
    }

    private static func validatorAccount(
        of key: PublicKey,
        _ context: inout ContractContext
    ) throws(ContractError) -> AccountID {
        AccountID(try context.sha256(validatorAccountStatement(key)))
    }

    /// The organisation may have given the key, or somebody the name, to another account: that one stays as it is.
    static func openAccount(of validator: ValidatorRow, _ context: inout ContractContext) throws(ContractError) {
        let key = validator.consensusKey
        let account = try validatorAccount(of: key, &context)
        guard try !accounts.contains(account, &context), try !keys.contains(key, &context) else { return }
        try open(account, key: key, organisation: validator.organisation, roles: Roles(), &context)
    }

    /// A consensus key that was given up signs nothing any more.
    static func closeAccount(of key: PublicKey, _ context: inout ContractContext) throws(ContractError) {
        let account = try validatorAccount(of: key, &context)
        guard var row = try accounts.get(account, &context), row.currentKey == key, row.status != .revoked else {
            return
        }
        row.status = .revoked
        try accounts.put(account, row, &context)
        var event = AccountStatusChanged()
        event.account = account
        event.status = .revoked
        try context.emit(event)
    }
}
