internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI
internal import Primitives

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Keys in an encrypted key store.",
        discussion: "Example: akashi keys new seller",
        subcommands: [New.self, List.self]
    )

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new",
            abstract: "Make a key under a name, for a new account."
        )

        @Argument(help: "The key's name in the store.")
        var name: String

        @Option(
            help: ArgumentHelp(
                "The account it is for, such as a pseudonym; a random one if not given.",
                valueName: "id"
            )
        )
        var account: String?

        @OptionGroup var store: KeyStoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let account = try account.map { AccountID(try digest($0, "an account's id")) }
            let name = try identifier(name)
            let key = try store.update { keys throws(ClientError) in try keys.generate(name, account: account) }
            show(key.listing.json, output)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Show names, accounts and public keys; needs no passphrase."
        )

        @OptionGroup var store: KeyStoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard store.exists else { throw ClientError("KEY", "there is no key store at \(store.path)") }
            let listings = try KeyStore.listings(of: SecretFile.read(store.path))
            show(
                ["keys": .array(listings.map(\.json))],
                output,
                listings.map { "\($0.name.text)  account \($0.account.digest.hex)" }
            )
        }
    }
}

extension KeyStore.Listing {
    var json: JSONValue {
        [
            "name": .string(name.text), "account": .hex(account.digest), "public_key": .hex(publicKey.bytes),
            "sealing_key": .hex(sealingKey),
        ]
    }
}

/// An account given by the name of a key in the store or by its id.
func account(_ text: String, _ store: KeyStoreOptions) throws(ClientError) -> AccountID {
    if let digest = Digest(hex: text) { return AccountID(digest) }
    guard store.exists, let name = Identifier(text),
        let listing = try KeyStore.listings(of: SecretFile.read(store.path)).first(where: { $0.name == name })
    else { throw ClientError("USAGE", "'\(text)' is neither an account's id nor a name in the key store") }
    return listing.account
}
