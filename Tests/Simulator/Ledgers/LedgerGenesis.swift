import Consensus
import ContractKit
import Ledger
import LedgerCrypto
import Primitives

/// The genesis of a simulated chain with a real ledger: validators of four organisations, a registrar in each, and
/// accounts that may do anything else.
enum LedgerGenesis {
    static let organisations = (0..<4).map { Identifier.constant("organisation-\($0)") }
    /// Their ids are those that sampled arguments name.
    static let actors = (1...3).map { account(UInt8($0)) }

    static func account(_ byte: UInt8) -> AccountID {
        guard let digest = Digest([UInt8](repeating: byte, count: Digest.byteCount)) else {
            preconditionFailure("a digest has so many bytes")
        }
        return AccountID(digest)
    }

    static func registrar(of organisation: Int) -> AccountID { account(0x10 + UInt8(organisation)) }

    /// Hosts belong to the organisations in turn.
    static func organisation(of host: ReplicaID) -> Int { host.index % organisations.count }

    static func key(of account: AccountID, generation: Int = 0) -> PrivateKey {
        SimulatedKey.named("account \(account.digest.hex) \(generation)")
    }

    static func pin(of key: ReplicaID) -> Digest { SHA256Function.digest(of: Array("pin \(key.index)".utf8)) }

    static func address(of host: ReplicaID) -> String { "127.0.0.1:\(7200 + host.index)" }

    static func chain(
        hosts: Int,
        time: UInt64,
        parameters: Parameters,
        key: (ReplicaID) -> PublicKey
    ) throws(CBORError) -> Ledger.Chain {
        let validators = (0..<hosts).map { host in
            Validator(
                consensusKey: key(ReplicaID(host)),
                tlsPins: [pin(of: ReplicaID(host))],
                address: address(of: ReplicaID(host)),
                organisation: organisations[organisation(of: ReplicaID(host))]
            )
        }
        let names = Role.allCases.filter { $0 != .registrar }.map { Identifier.constant($0.name) }.sorted()
        var accounts = actors.enumerated().map { place, account in
            entry(account, organisations[place], names)
        }
        for place in organisations.indices {
            accounts.append(entry(registrar(of: place), organisations[place], [.constant(Role.registrar.name)]))
        }
        return try Ledger.Chain(
            Genesis(
                chainName: .constant("simulated"),
                time: time,
                validators: validators,
                parameters: parameters,
                organisations: organisations.enumerated().map { place, name in
                    Genesis.Organisation(
                        id: name,
                        register: .corporateNumber,
                        number: corporateNumber(place),
                        jurisdiction: .constant("jp")
                    )
                },
                accounts: accounts.sorted { $0.id < $1.id }
            )
        )
    }

    private static func entry(_ account: AccountID, _ organisation: Identifier, _ roles: [Identifier])
        -> Genesis.Account
    {
        Genesis.Account(id: account, key: key(of: account).publicKey, organisation: organisation, roles: roles)
    }

    /// A made-up number with the right check digit.
    private static func corporateNumber(_ place: Int) -> String {
        for first in UInt64(1)...9 {
            let number = first * 1_000_000_000_000 + 20_999_000 + UInt64(place)
            if CorporateNumber(number) != nil { return "\(number)" }
        }
        preconditionFailure("one of the digits must fit")
    }
}
