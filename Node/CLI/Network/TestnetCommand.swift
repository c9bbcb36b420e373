internal import AkashiClient
internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import LedgerCrypto
internal import NodeAPI
internal import Primitives

struct TestnetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "testnet",
        abstract: "Networks on one machine, for development and tests.",
        discussion: "Example: akashi testnet init --validators 4 --out testnet/run",
        subcommands: [Init.self]
    )

    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init",
            abstract: "Keys, certificates, genesis, homes and the demonstration's accounts for N validators.",
            discussion: """
                Validator i serves HTTP on 127.0.0.1:7100+i and peers on 127.0.0.1:7200+i.
                The clients' keys lie in OUT/clients/keys, encrypted under OUT/clients/passphrase.
                """
        )

        @Option(help: ArgumentHelp("How many.", valueName: "number"))
        var validators = 4

        @Option(help: ArgumentHelp("An empty or new directory.", valueName: "directory"))
        var out: String

        @Option(name: .customLong("api-port"), help: ArgumentHelp("Validator 0's HTTP port.", valueName: "port"))
        var apiPort = 7100

        @Option(name: .customLong("peer-port"), help: ArgumentHelp("Validator 0's peer port.", valueName: "port"))
        var peerPort = 7200

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...31).contains(validators) else { throw ValidationError("--validators is 1 to 31") }
            for port in [apiPort, peerPort] where !(1024...65_000).contains(port) {
                throw ValidationError("ports are 1024 to 65000")
            }
            guard apiPort + validators <= peerPort || peerPort + validators <= apiPort else {
                throw ValidationError("the two ranges of ports overlap")
            }
        }

        func run() async throws {
            let genesisPath = out + "/genesis"
            guard !FileManager.default.fileExists(atPath: genesisPath) else {
                throw ClientError("DUPLICATE", "\(genesisPath) exists already and is not replaced")
            }
            let accounts = try DemonstrationAccounts.make(in: out + "/clients")
            var members: [Validator] = []
            for index in 0..<validators {
                let identity = try home(index).establish(index: index)
                members.append(
                    Validator(
                        consensusKey: identity.consensusKey,
                        tlsPins: [identity.pin],
                        address: "127.0.0.1:\(peerPort + index)",
                        organisation: try DemonstrationAccounts.organisation(ofValidator: index)
                    )
                )
            }
            let genesis = Genesis(
                chainName: try identifier("akashi-testnet"),
                time: wallClock(),
                validators: members,
                parameters: .standard,
                organisations: try DemonstrationAccounts.organisations(),
                accounts: accounts
            )
            let chain: Chain
            do throws(CBORError) {
                chain = try Chain(genesis)
            } catch {
                throw ClientError("FAULT", "the genesis does not hold together: \(error.explanation)")
            }
            try writeFile(chain.bytes, to: genesisPath)
            for index in 0..<validators { try complete(index, chain) }
            show(
                [
                    "chain": .hex(chain.id), "validators": .unsigned(UInt64(validators)),
                    "genesis": .string(genesisPath),
                    "keys": .string(out + "/clients/keys"),
                ],
                output
            )
        }

        private func home(_ index: Int) -> ValidatorHome { ValidatorHome(path: "\(out)/validator-\(index)") }

        private func complete(_ index: Int, _ chain: Chain) throws {
            try home(index).complete(
                genesis: chain.bytes,
                index: index,
                peers: "127.0.0.1:\(peerPort + index)",
                api: "127.0.0.1:\(apiPort + index)"
            )
        }
    }
}
