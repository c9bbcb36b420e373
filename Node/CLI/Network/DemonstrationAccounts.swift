internal import AkashiClient
internal import ContractKit
internal import Foundation
internal import Ledger
internal import LedgerCrypto
internal import Primitives

/// The organisations and accounts that a test network starts with: two cities and two companies, from Japan and the EU.
///
/// All are invented; their numbers have right check digits and stand in no register.
enum DemonstrationAccounts {
    private struct Organisation {
        let id: String
        /// 12 digits without the check digit, or 18 characters without the two check digits.
        let base: String
        let jurisdiction: String
    }

    private static let members = [
        Organisation(id: "harbour-city", base: "AKSH00HARBOURCITY0", jurisdiction: "eu"),
        Organisation(id: "kaze-sensing", base: "990001999901", jurisdiction: "jp"),
        Organisation(id: "minato-city", base: "000020999990", jurisdiction: "jp"),
        Organisation(id: "nordlys-data", base: "AKSH0NORDLYSDATA00", jurisdiction: "eu"),
    ]

    /// Key name, organisation, roles. Registrars enrol everybody else while the network runs.
    private static let accounts: [(name: String, organisation: String, roles: [Role])] = [
        ("harbour-registrar", "harbour-city", [.registrar]),
        ("harbour-founder", "harbour-city", [.founder, .member, .verifier]),
        ("kaze-registrar", "kaze-sensing", [.registrar]),
        ("kaze-scheme", "kaze-sensing", [.schemeOwner, .organisation]),
        ("minato-registrar", "minato-city", [.registrar]),
        ("minato-founder", "minato-city", [.founder, .member, .verifier]),
        ("minato-custodian", "minato-city", [.custodian, .dataOwner]),
        ("nordlys-registrar", "nordlys-data", [.registrar]),
        ("nordlys-operator", "nordlys-data", [.operator, .arbiter, .supervisor]),
        ("nordlys-issuer", "nordlys-data", [.valueIssuer]),
        ("nordlys-assessor", "nordlys-data", [.assessor, .auditor]),
    ]

    /// Makes keys for all accounts in a store under a random passphrase, and says what the genesis holds of them.
    static func make(in directory: String) throws -> [Genesis.Account] {
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let passphrase = Hex.encode(randomBytes(count: 32))
        try SecretFile.write(Array((passphrase + "\n").utf8), to: directory + "/passphrase")
        var store = try KeyStore(passphrase: Array(passphrase.utf8), strength: .random)
        var genesis: [Genesis.Account] = []
        for account in accounts {
            let key = try store.generate(identifier(account.name))
            genesis.append(
                Genesis.Account(
                    id: key.account,
                    key: key.signing.publicKey,
                    organisation: try identifier(account.organisation),
                    roles: try account.roles.map { try identifier($0.name) }
                )
            )
        }
        try SecretFile.write(store.encoded, to: directory + "/keys")
        return genesis.sorted { $0.id < $1.id }
    }

    static func organisation(ofValidator index: Int) throws -> Identifier {
        try identifier(members[index % members.count].id)
    }

    static func organisations() throws -> [Genesis.Organisation] {
        try members.map { member in
            let isCorporate = member.base.utf8.count == 12
            return Genesis.Organisation(
                id: try identifier(member.id),
                register: isCorporate ? .corporateNumber : .legalEntityIdentifier,
                number: try isCorporate ? corporateNumber(member.base) : legalEntityIdentifier(member.base),
                jurisdiction: try identifier(member.jurisdiction)
            )
        }
    }

    // Check digits are found by trying them, with the very checks that the contracts apply.

    private static func corporateNumber(_ base: String) throws -> String {
        for digit in 1...9 where CorporateNumber("\(digit)\(base)") != nil { return "\(digit)\(base)" }
        throw ClientError("FAULT", "\(base) is not the base of a corporate number")
    }

    private static func legalEntityIdentifier(_ base: String) throws -> String {
        for digits in 0...99 {
            let candidate = base + (digits < 10 ? "0" : "") + String(digits)
            if LegalEntityIdentifier(candidate) != nil { return candidate }
        }
        throw ClientError("FAULT", "\(base) is not the base of a legal entity identifier")
    }
}
