package import ContractKit
package import Governance
package import LedgerCrypto
package import Primitives

/// An account with its key, the same in every run.
package struct TestActor: Sendable {
    package let name: String
    package let account: AccountID
    package var key: PrivateKey
    package let organisation: Identifier
    package let roles: Roles

    package init(_ name: String, of organisation: Identifier = TestOrganisation.city, _ roles: Role...) {
        self.name = name
        self.account = AccountID(SHA256Function.digest(of: Array(("account " + name).utf8)))
        self.key = TestActor.key(name)
        self.organisation = organisation
        var set = Roles()
        for role in roles { set.insert(role) }
        self.roles = set
    }

    /// The key that follows from a name.
    package static func key(_ name: String) -> PrivateKey {
        guard let key = PrivateKey(bytes: SHA256Function.digest(of: Array(("key " + name).utf8)).bytes) else {
            preconditionFailure("a digest outside the curve's order")
        }
        return key
    }

    package var genesis: GenesisAccount {
        GenesisAccount(id: account, key: key.publicKey, organisation: organisation, roles: roles)
    }

    /// The signature that shows that a key is held.
    package static func possession(of key: PrivateKey, for account: AccountID) -> Signature {
        key.sign(Governance.possessionStatement(chain: Testbed.chain, account: account, key: key.publicKey))
    }
}

/// Organisations for tests. Their numbers are made up, with right check digits.
package enum TestOrganisation {
    /// A Japanese public body.
    package static let city = Identifier.constant("city")
    /// A Japanese company.
    package static let maker = Identifier.constant("maker")
    /// A company in the European Union.
    package static let port = Identifier.constant("port")

    package static var all: [GenesisOrganisation] {
        [
            GenesisOrganisation(id: city, number: .corporate(corporate(base: 20_999_001)), jurisdiction: .japan),
            GenesisOrganisation(id: maker, number: .corporate(corporate(base: 999_901_999_999)), jurisdiction: .japan),
            GenesisOrganisation(
                id: port,
                number: .legalEntity(legalEntity("AKASHITEST00000001")),
                jurisdiction: .europeanUnion
            ),
        ]
    }

    /// The number over twelve digits, found by trying the ten that could stand in front.
    package static func corporate(base: UInt64) -> CorporateNumber {
        for first in UInt64(1)...9 {
            if let number = CorporateNumber(first * 1_000_000_000_000 + base) { return number }
        }
        preconditionFailure("one of the digits must fit")
    }

    /// The identifier over 18 characters, found by trying the hundred pairs of check digits.
    package static func legalEntity(_ base: String) -> LegalEntityIdentifier {
        for check in 0..<100 {
            let digits = check < 10 ? "0\(check)" : "\(check)"
            if let identifier = LegalEntityIdentifier(base + digits) { return identifier }
        }
        preconditionFailure("one of the pairs must fit")
    }

    /// A digest that stands for something, the same in every run.
    package static func digest(_ text: String) -> Digest { SHA256Function.digest(of: Array(text.utf8)) }
}
