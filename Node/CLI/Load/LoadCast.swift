internal import AkashiClient
internal import LedgerCrypto
internal import Primitives

/// Who takes part in the load, and what was prepared for it.
struct LoadCast: Sendable {
    struct Registrar: Sendable {
        let key: ClientKey
        let organisation: Identifier
    }

    /// Neighbours are of different organisations: the account at place i belongs to registrar i mod 3.
    let accounts: [ClientKey]
    let registrars: [Registrar]
    /// Receives the points of a load that has only one account.
    let bystander: AccountID
    /// Of the rule that verdicts are given by.
    let rule: Identifier
    /// When the load was signed: evidence was observed, and consents begin.
    let time: UInt64

    /// A buyer, a seller and a third one, of three organisations.
    func trio(_ number: Int) -> (ClientKey, ClientKey, ClientKey) {
        let start = number % (accounts.count / 3) * 3
        return (accounts[start], accounts[start + 1], accounts[start + 2])
    }

    /// Neighbours in the list, so that no account is sender more often than another.
    func pair(_ number: Int) -> (sender: ClientKey, receiver: AccountID) {
        let sender = accounts[number % accounts.count]
        return (sender, accounts.count > 1 ? accounts[(number + 1) % accounts.count].account : bystander)
    }

    /// What each seller offers; the listing's id follows from seller and name.
    static let listingName = "load"
    static let purpose = "load"

    /// A name that no run has had. Letters only: many digits in a row would be taken for somebody's number.
    static func randomName() -> String {
        "load-" + String(randomBytes(count: 12).map { Character(UnicodeScalar(0x61 + $0 % 26)) })
    }
}
