internal import AkashiClient
internal import ArgumentParser
internal import ContractKit
internal import Foundation
internal import Ledger
internal import NodeAPI
internal import NodeRuntime
internal import Primitives

struct GenesisCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "genesis",
        abstract: "A genesis of several members: each describes itself, one puts it together, all check its id.",
        subcommands: [Member.self, Make.self]
    )

    struct Member: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "member",
            abstract: "Describe an organisation, its validator and its first accounts, for the genesis.",
            discussion: """
                Nothing in the description is secret. An organisation with several validators makes a description for each.
                Example: akashi genesis member --organisation ours --number 7000012050002 --jurisdiction jp \
                --home H --address ours.example:7200 --account our-registrar=registrar --out ours.json
                """
        )

        @Option(help: ArgumentHelp("The organisation's name on the chain.", valueName: "name"))
        var organisation: String

        @Option(help: ArgumentHelp("Its corporate number (13 digits) or LEI (20 characters).", valueName: "number"))
        var number: String

        @Option(help: ArgumentHelp("eu or jp.", valueName: "name"))
        var jurisdiction: String

        @Option(help: ArgumentHelp("The home of its validator, if it runs one; made if new.", valueName: "directory"))
        var home: String?

        @Option(help: ArgumentHelp("Where the others reach that validator.", valueName: "host:port"))
        var address: String?

        @Option(
            help: ArgumentHelp("A key of the key store for a first account, and its roles.", valueName: "name=role,…")
        )
        var account: [String] = []

        @Option(help: ArgumentHelp("The description's file.", valueName: "file"))
        var out: String

        @OptionGroup var store: KeyStoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (home == nil) == (address == nil) else {
                throw ValidationError("--home and --address go together: a validator is reached somewhere")
            }
        }

        func run() async throws {
            let accounts = try account.map { try described($0) }
            var document: [String: JSONValue] = [
                "organisation": .string(try identifier(organisation).text), "number": .string(number),
                "jurisdiction": .string(try identifier(jurisdiction).text), "accounts": .array(accounts),
            ]
            if let home, let address {
                let identity = try ValidatorHome(path: home).establish(index: 0)
                document["validator"] = [
                    "consensus_key": .hex(identity.consensusKey.bytes), "tls_pin": .hex(identity.pin),
                    "address": .string(address),
                ]
            }
            // Whatever would spoil the genesis is said now, to whom can mend it.
            _ = try GenesisMember(.object(document), out)
            try writeFile(Array((JSONValue.object(document).document + "\n").utf8), to: out)
            show(.object(document), output)
        }

        private func described(_ text: String) throws -> JSONValue {
            let (name, roles) = try pair(text, "--account")
            guard store.exists,
                let listing = try KeyStore.listings(of: SecretFile.read(store.path)).first(where: {
                    $0.name.text == name
                })
            else { throw ClientError("KEY", "there is no key '\(name)' in \(store.path); 'akashi keys new' makes one") }
            return [
                "id": .hex(listing.account.digest), "key": .hex(listing.publicKey.bytes),
                "roles": .texts(roles.split(separator: ",").map(String.init)),
            ]
        }
    }

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make",
            abstract: "Put the descriptions of all members together; validators get their indexes in this order.",
            discussion: """
                One member does this and gives the file to the others, who compare its id, the chain's, and run 'akashi init
                --chain' with it.
                Example: akashi genesis make --name our-chain --out genesis ours.json theirs.json
                """
        )

        @Option(help: ArgumentHelp("The chain's name.", valueName: "name"))
        var name: String

        @Option(help: ArgumentHelp("The genesis file, which must not be there yet.", valueName: "file"))
        var out: String

        @Argument(help: "The members' descriptions.")
        var members: [String]

        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard !FileManager.default.fileExists(atPath: out) else {
                throw ClientError("DUPLICATE", "\(out) exists already and is not replaced")
            }
            let described = try members.map { path in try GenesisMember(Self.read(path), path) }
            var organisations: [Genesis.Organisation] = []
            for member in described where !organisations.contains(member.organisation) {
                organisations.append(member.organisation)
            }
            let genesis = Genesis(
                chainName: try identifier(name),
                time: wallClock(),
                validators: described.compactMap(\.validator),
                parameters: .standard,
                organisations: organisations.sorted { $0.id < $1.id },
                accounts: described.flatMap(\.accounts).sorted { $0.id < $1.id }
            )
            let chain: Chain
            do throws(CBORError) {
                chain = try Chain(genesis)
            } catch {
                throw ClientError("MALFORMED", "the descriptions do not make a genesis: \(error.explanation)")
            }
            try writeFile(chain.bytes, to: out)
            show(
                [
                    "chain": .hex(chain.id), "genesis": .string(out),
                    "validators": .unsigned(UInt64(genesis.validators.count)),
                    "organisations": .unsigned(UInt64(organisations.count)),
                ],
                output
            )
        }

        private static func read(_ path: String) throws(ClientError) -> JSONValue {
            let bytes = try readFile(path, atMost: 1 << 20)
            do throws(JSONError) {
                return try JSONValue(parsing: bytes)
            } catch {
                throw ClientError("MALFORMED", "\(path): \(error.message)")
            }
        }
    }
}

/// What a member says of itself, read and checked as far as it can be by itself.
private struct GenesisMember {
    let organisation: Genesis.Organisation
    let validator: Validator?
    let accounts: [Genesis.Account]

    init(_ document: JSONValue, _ path: String) throws(ClientError) {
        func text(_ value: JSONValue, _ name: String) throws(ClientError) -> String {
            guard let text = value[name]?.text else { throw ClientError("MALFORMED", "\(path): there is no '\(name)'") }
            return text
        }
        func key(_ value: JSONValue, _ name: String) throws(ClientError) -> PublicKey {
            guard let key = value[name]?.bytes.flatMap({ PublicKey($0) }) else {
                throw ClientError("MALFORMED", "\(path): '\(name)' is no public key")
            }
            return key
        }
        let id = try identifier(text(document, "organisation"))
        let number = try text(document, "number")
        let isCorporate = CorporateNumber(number) != nil
        guard isCorporate || LegalEntityIdentifier(number) != nil else {
            throw ClientError("MALFORMED", "\(path): '\(number)' is neither a corporate number nor an LEI")
        }
        organisation = Genesis.Organisation(
            id: id,
            register: isCorporate ? .corporateNumber : .legalEntityIdentifier,
            number: number,
            jurisdiction: try identifier(text(document, "jurisdiction"))
        )
        if let entry = document["validator"] {
            let address = try text(entry, "address")
            guard NetworkAddress(address) != nil else {
                throw ClientError("MALFORMED", "\(path): '\(address)' is not host:port")
            }
            validator = Validator(
                consensusKey: try key(entry, "consensus_key"),
                tlsPins: [try digest(text(entry, "tls_pin"), "\(path): a TLS pin")],
                address: address,
                organisation: id
            )
        } else {
            validator = nil
        }
        var accounts: [Genesis.Account] = []
        for entry in document["accounts"]?.elements ?? [] {
            var roles: [Identifier] = []
            for role in entry["roles"]?.elements ?? [] {
                guard let name = role.text, Role.allCases.contains(where: { $0.name == name }) else {
                    throw ClientError("MALFORMED", "\(path): '\(role.text ?? "")' is no role")
                }
                roles.append(try identifier(name))
            }
            accounts.append(
                Genesis.Account(
                    id: AccountID(try digest(text(entry, "id"), "\(path): an account's id")),
                    key: try key(entry, "key"),
                    organisation: id,
                    roles: roles
                )
            )
        }
        self.accounts = accounts
    }
}
