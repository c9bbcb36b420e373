internal import AkashiClient
internal import ArgumentParser
internal import Governance
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Pseudonymous accounts: a registrar enrols them in its own organisation.",
        discussion: "Example: akashi account enroll seller --roles seller --as city-registrar",
        subcommands: [Enrol.self, Show.self, Rotate.self, Revoke.self]
    )

    struct Enrol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enroll",
            abstract: "Enrol the account of a key in the store; the key shows that it is held.",
            aliases: ["enrol"]
        )

        @Argument(help: "The name of the key in the store.")
        var name: String

        @Option(help: ArgumentHelp("Roles with commas, for instance seller,buyer.", valueName: "roles"))
        var roles: String

        @OptionGroup var node: NodeOptions
        @OptionGroup var chain: ChainOptions
        @OptionGroup var signer: SignerOptions
        @OptionGroup var wait: WaitOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let session = try await Session.open(node, chain)
            let registrar = try signer.key()
            let key = try signer.store.open().open(identifier(name))
            let call = try session.call(
                "governance",
                "enrol-account",
                [
                    "account": .hex(key.account.digest), "key": .hex(key.signing.publicKey.bytes),
                    "roles": .texts(roles.split(separator: ",").map(String.init)),
                    "possession": .hex(possession(of: key, on: session.chain).bytes),
                ]
            )
            let outcome = try await session.send([call], as: registrar, wait)
            show(outcome.json(["account": .hex(key.account.digest)]), output)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show an account: organisation, roles, status, keys."
        )

        @Argument(help: "The account's id, or the name of its key in the store.")
        var account: String

        @OptionGroup var node: NodeOptions
        @OptionGroup var store: KeyStoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let id = try AkashiCLI.account(account, store)
            let answer = try await node.client().account(id)
            show(
                [
                    "id": .string(answer.id), "organisation": .string(answer.organisation),
                    "roles": .texts(answer.roles), "status": .string(answer.status),
                    "keys": .array(answer.keys.map { ["from": .unsigned($0.from), "key": .string($0.key)] }),
                    "height": .unsigned(answer.height),
                ],
                output
            )
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Replace the key of an account; the store keeps the new one once the chain has it."
        )

        @Argument(help: "The name of the key in the store.")
        var name: String

        @OptionGroup var node: NodeOptions
        @OptionGroup var chain: ChainOptions
        @OptionGroup var signer: SignerOptions
        @OptionGroup var wait: WaitOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard !wait.noWait else {
                throw ClientError("USAGE", "a rotation is waited for: the old key must not be lost before it is final")
            }
            let session = try await Session.open(node, chain)
            let registrar = try signer.key()
            let name = try identifier(name)
            let staged = try identifier("\(name.text)-next")
            let new = try stage(name, as: staged)
            var result: JSONValue = ["account": .hex(new.account.digest), "status": "final"]
            if try await !isCurrent(new, session) {
                let call = try session.call(
                    "governance",
                    "rotate-key",
                    [
                        "account": .hex(new.account.digest), "key": .hex(new.signing.publicKey.bytes),
                        "possession": .hex(possession(of: new, on: session.chain).bytes),
                    ]
                )
                do {
                    let outcome = try await session.send([call], as: registrar, wait)
                    result = outcome.json(["account": .hex(new.account.digest)])
                } catch let error as ClientError {
                    // Nobody can be sure that it never counts, so it stays.
                    standardError("the new key is kept as \(staged.text); the same command tries again with it")
                    throw error
                }
            }
            try signer.store.update { keys throws(ClientError) in
                keys.remove(staged)
                try keys.replace(new)
            }
            show(result, output)
        }

        /// The new key, kept under a name of its own until the chain has it; that of an earlier attempt if there is one.
        private func stage(_ name: Identifier, as staged: Identifier) throws(ClientError) -> ClientKey {
            try signer.store.update { keys throws(ClientError) in
                let present = try keys.open(name)
                if keys.listings.contains(where: { $0.name == staged }) {
                    let new = try keys.open(staged)
                    guard new.account == present.account else {
                        throw ClientError(
                            "DUPLICATE",
                            "the store has a key \(staged.text) of another account, in whose place the new key would wait"
                        )
                    }
                    return new.renamed(name)
                }
                let new = present.rotated(to: PrivateKey.generate())
                try keys.add(new.renamed(staged))
                return new
            }
        }

        /// Whether an earlier attempt did reach the chain.
        private func isCurrent(_ key: ClientKey, _ session: Session) async throws -> Bool {
            let account = try await session.askProven("governance", "account", ["account": .hex(key.account.digest)])
            return account.answer["keys"]?.elements.last?["key"]?.bytes == key.signing.publicKey.bytes
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke",
            abstract: "Revoke an account for good."
        )

        @Argument(help: "The account's id, or the name of its key in the store.")
        var account: String

        @OptionGroup var node: NodeOptions
        @OptionGroup var chain: ChainOptions
        @OptionGroup var signer: SignerOptions
        @OptionGroup var wait: WaitOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let session = try await Session.open(node, chain)
            let id = try AkashiCLI.account(account, signer.store)
            let call = try session.call("governance", "revoke-account", ["account": .hex(id.digest)])
            show(try await session.send([call], as: signer.key(), wait).json(), output)
        }
    }
}

/// The new key's word that its holder wants it for this account on this chain.
private func possession(of key: ClientKey, on chain: Chain) -> Signature {
    key.signing.sign(
        Governance.possessionStatement(chain: chain.id, account: key.account, key: key.signing.publicKey)
    )
}

extension TransactionSender.Outcome {
    /// `{"id", "status", "height", "code"}` with what the command adds.
    func json(_ more: [String: JSONValue] = [:]) -> JSONValue {
        guard case .object(let members) = answer.json(id: id) else { return .null }
        return .object(members.merging(more) { _, added in added })
    }
}
