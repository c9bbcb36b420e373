internal import LedgerCrypto
package import Primitives

/// The file that a chain starts from. The same bytes give the same chain id and the same first state everywhere.
package struct Genesis: Hashable, Sendable {
    package static let version: UInt64 = 1
    package static let greatestByteCount = 16 << 20

    /// An organisation of the consortium; governance checks its number when it makes the first state.
    package struct Organisation: Hashable, Sendable {
        /// Which register the number is from.
        package enum Register: UInt64, Hashable, Sendable {
            /// 法人番号, 13 digits.
            case corporateNumber = 1
            /// Legal Entity Identifier, 20 characters (ISO 17442).
            case legalEntityIdentifier = 2
        }

        package let id: Identifier
        package let register: Register
        package let number: String
        /// `eu` or `jp`.
        package let jurisdiction: Identifier

        package init(id: Identifier, register: Register, number: String, jurisdiction: Identifier) {
            self.id = id
            self.register = register
            self.number = number
            self.jurisdiction = jurisdiction
        }
    }

    /// An account that exists from the start, usually a registrar, who enrols the others.
    package struct Account: Hashable, Sendable {
        package let id: AccountID
        package let key: PublicKey
        package let organisation: Identifier
        /// Names of roles, ascending.
        package let roles: [Identifier]

        package init(id: AccountID, key: PublicKey, organisation: Identifier, roles: [Identifier]) {
            self.id = id
            self.key = key
            self.organisation = organisation
            self.roles = roles.sorted()
        }
    }

    package let chainName: Identifier
    /// Milliseconds since 1970; the first block's time is later.
    package let time: UInt64
    package let validators: [Validator]
    package let parameters: Parameters
    package let organisations: [Organisation]
    package let accounts: [Account]

    package init(
        chainName: Identifier,
        time: UInt64,
        validators: [Validator],
        parameters: Parameters,
        organisations: [Organisation],
        accounts: [Account]
    ) {
        self.chainName = chainName
        self.time = time
        self.validators = validators
        self.parameters = parameters
        self.organisations = organisations
        self.accounts = accounts
    }
}

/// A genesis that was decoded and checked, with what follows from it.
package struct Chain: Sendable {
    package let genesis: Genesis
    /// The bytes of the file.
    package let bytes: [UInt8]
    /// The chain id: the SHA-256 of the file.
    package let id: Digest
    /// The validators of epoch 0.
    package let validators: ValidatorSet

    package init(decoding bytes: [UInt8]) throws(CBORError) {
        guard bytes.count <= Genesis.greatestByteCount else { throw .tooLong }
        var decoder = CBORDecoder(bytes)
        genesis = try Genesis(from: &decoder)
        try decoder.finish()
        guard let validators = ValidatorSet(genesis.validators), genesis.isConsistent else { throw .unexpectedValue }
        self.bytes = bytes
        self.id = SHA256Function.digest(of: bytes)
        self.validators = validators
    }

    /// Encodes a genesis and checks it the same way as one from a file.
    package init(_ genesis: Genesis) throws(CBORError) {
        try self.init(decoding: genesis.encoded)
    }
}

extension Genesis {
    /// Organisations and accounts ascend by id, each once, and name only organisations that are there.
    var isConsistent: Bool {
        let names = Set(organisations.map(\.id))
        return parameters.isValid && time > 0
            && zip(organisations, organisations.dropFirst()).allSatisfy { $0.id < $1.id }
            && zip(accounts, accounts.dropFirst()).allSatisfy { $0.id < $1.id }
            && accounts.allSatisfy { names.contains($0.organisation) && VerificationKey($0.key) != nil }
            && validators.allSatisfy { names.contains($0.organisation) }
    }

    package var encoded: [UInt8] {
        var encoder = CBOREncoder(capacity: 4096)
        encoder.map(7)
        encoder.unsigned(1)
        encoder.unsigned(Genesis.version)
        encoder.unsigned(2)
        encoder.text(chainName)
        encoder.unsigned(3)
        encoder.unsigned(time)
        encoder.unsigned(4)
        encoder.array(validators.count)
        for validator in validators { validator.encode(into: &encoder) }
        encoder.unsigned(5)
        parameters.encode(into: &encoder)
        encoder.unsigned(6)
        encoder.array(organisations.count)
        for organisation in organisations { organisation.encode(into: &encoder) }
        encoder.unsigned(7)
        encoder.array(accounts.count)
        for account in accounts { account.encode(into: &encoder) }
        return encoder.bytes
    }

    init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: 7)
        try decoder.key(1)
        guard try decoder.unsigned() == Genesis.version else { throw .unexpectedValue }
        try decoder.key(2)
        chainName = try decoder.identifier()
        try decoder.key(3)
        time = try decoder.unsigned()
        try decoder.key(4)
        var validators: [Validator] = []
        for _ in 0..<(try decoder.array(atMost: ValidatorSet.greatestCount)) {
            validators.append(try Validator(from: &decoder))
        }
        self.validators = validators
        try decoder.key(5)
        parameters = try Parameters(from: &decoder)
        try decoder.key(6)
        var organisations: [Organisation] = []
        for _ in 0..<(try decoder.array(atMost: 10_000)) { organisations.append(try Organisation(from: &decoder)) }
        self.organisations = organisations
        try decoder.key(7)
        var accounts: [Account] = []
        for _ in 0..<(try decoder.array(atMost: 100_000)) { accounts.append(try Account(from: &decoder)) }
        self.accounts = accounts
    }
}

extension Genesis.Organisation {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.map(4)
        encoder.unsigned(1)
        encoder.text(id)
        encoder.unsigned(2)
        encoder.unsigned(register.rawValue)
        encoder.unsigned(3)
        encoder.text(number)
        encoder.unsigned(4)
        encoder.text(jurisdiction)
    }

    fileprivate init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: 4)
        try decoder.key(1)
        id = try decoder.identifier()
        try decoder.key(2)
        guard let register = Register(rawValue: try decoder.unsigned()) else { throw .unexpectedValue }
        self.register = register
        try decoder.key(3)
        number = try decoder.text(atMost: 20)
        try decoder.key(4)
        jurisdiction = try decoder.identifier()
    }
}

extension Genesis.Account {
    fileprivate func encode(into encoder: inout CBOREncoder) {
        encoder.map(4)
        encoder.unsigned(1)
        encoder.byteString(id.digest)
        encoder.unsigned(2)
        encoder.byteString(key.bytes)
        encoder.unsigned(3)
        encoder.text(organisation)
        encoder.unsigned(4)
        encoder.array(roles.count)
        for role in roles { encoder.text(role) }
    }

    fileprivate init(from decoder: inout CBORDecoder) throws(CBORError) {
        try decoder.map(exactly: 4)
        try decoder.key(1)
        id = AccountID(try decoder.digest())
        try decoder.key(2)
        key = try decoder.publicKey()
        try decoder.key(3)
        organisation = try decoder.identifier()
        try decoder.key(4)
        var roles: [Identifier] = []
        for _ in 0..<(try decoder.array(atMost: 64)) {
            let role = try decoder.identifier()
            if let previous = roles.last, previous >= role { throw .keyOrder }
            roles.append(role)
        }
        self.roles = roles
    }
}
