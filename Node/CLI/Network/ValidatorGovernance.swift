internal import AkashiClient
internal import ContractKit
internal import Governance
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import NodeRuntime
internal import PeerNetwork
internal import Primitives

/// What the commands about validators have in common. What they sign comes from the operator or is proven, never a node's
/// word.
struct ValidatorGovernance {
    let session: Session

    /// A validator in force, as the chain's state says.
    struct Seat {
        let index: UInt64
        let key: [UInt8]
        let address: String
        let organisation: String
    }

    func seat(_ index: UInt64) async throws -> Seat {
        let row = try await session.askProven("governance", "validator", ["index": .unsigned(index)]).answer
        guard let key = row["consensus_key"]?.bytes, let address = row["address"]?.bytes,
            let organisation = row["organisation"]?.text
        else { throw ClientError("MALFORMED", "the validator's row cannot be read") }
        return Seat(
            index: index,
            key: key,
            address: String(decoding: address, as: UTF8.self),
            organisation: organisation
        )
    }

    /// A node's list says where to look; the row itself is proven.
    func seat(ofKey key: [UInt8]) async throws -> Seat? {
        let rows = try await session.ask("governance", "validators")["validators"]?.elements ?? []
        guard let index = rows.firstIndex(where: { $0["consensus_key"]?.bytes == key }) else { return nil }
        let seat = try await seat(UInt64(index))
        return seat.key == key ? seat : nil
    }

    /// A validator by its index, or by its consensus key.
    func seat(named text: String) async throws -> Seat {
        if let index = UInt64(text), text.count <= 2 { return try await seat(index) }
        guard let seat = try await seat(ofKey: ValidatorGovernance.key(text)) else {
            throw ClientError("REFERENCE", "no validator of the present epoch has the key \(text)")
        }
        return seat
    }

    static func key(_ text: String) throws(ClientError) -> [UInt8] {
        guard let bytes = Hex.decode(text), bytes.count == PublicKey.byteCount else {
            throw ClientError(
                "USAGE",
                "a consensus key is \(2 * PublicKey.byteCount) hexadecimal digits, as 'admin validator status' shows them"
            )
        }
        return bytes
    }

    func organisation(of registrar: ClientKey) async throws -> Identifier {
        let account = try await session.askProven("governance", "account", ["account": .hex(registrar.account.digest)])
        guard let organisation = account.answer["organisation"]?.text.flatMap({ Identifier($0) }) else {
            throw ClientError("REFERENCE", "the registrar's account cannot be read")
        }
        return organisation
    }

    /// The signature by which a key shows that it is held, for its organisation, and how far its machine has come.
    func possession(_ key: PrivateKey, _ organisation: Identifier, _ height: Height) -> JSONValue {
        let statement = Governance.consensusKeyStatement(
            chain: session.chain.id,
            organisation: organisation,
            key: key.publicKey,
            height: height
        )
        return .hex(key.sign(statement).bytes)
    }

    // MARK: Boundaries

    /// Waits until no change of the validators is pending any more, and says in which epoch that is.
    ///
    /// - Parameter seconds: nil for not at all.
    func awaitBoundary(_ seconds: Int?) async throws -> [String: JSONValue] {
        guard let seconds else { return [:] }
        let deadline = ContinuousClock.now + .seconds(seconds)
        var shown: UInt64?
        while ContinuousClock.now < deadline {
            // At the boundary every node is away for a moment.
            if let answer = try? await session.askProven("governance", "succession", [:]) {
                guard let boundary = answer.answer["boundary"]?.number else {
                    return ["epoch": answer.answer["epoch"] ?? .null]
                }
                if shown != answer.height.number {
                    progress("the epoch ends with block \(boundary); the chain is at \(answer.height.number)…")
                }
                shown = answer.height.number
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw ClientError(
            "TIMEOUT",
            "final, but not in force after \(seconds) seconds: 'akashi admin validator status' shows when it is"
        )
    }
}

/// A home, as the commands beside its node read it.
struct LocalHome {
    let configuration: NodeConfiguration

    init(_ path: String) async throws {
        configuration = try await LocalHome.reading { try await NodeConfiguration.load(home: path) }
    }

    var keys: KeyFiles { KeyFiles(configuration) }
    var certificates: CertificateFiles { CertificateFiles(configuration) }

    func presentKey() async throws -> PrivateKey { try await LocalHome.reading { try keys.presentKey() } }
    func presentPin() async throws -> Digest { try await LocalHome.reading { try certificates.present().pin } }

    static func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ConfigurationError {
            throw ClientError("CONFIGURATION", error.description)
        } catch let error as NetworkError {
            throw ClientError("CONFIGURATION", "\(error)")
        }
    }
}
