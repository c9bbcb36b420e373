internal import AkashiClient
internal import ArgumentParser
internal import LedgerCrypto
internal import Marketplace
internal import NodeAPI
internal import Primitives

struct MarketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "market",
        abstract: "Sales of data: money locked on the chain, bytes delivered encrypted beside it.",
        discussion: "Example: akashi market search climate",
        subcommands: [
            MarketPublishCommand.self, Search.self, Listing.self, MarketOrderCommand.self, Show.self, Orders.self,
            MarketDeliverCommand.self, MarketConfirmCommand.self, MarketOpenCommand.self, MarketAcceptCommand.self,
            Cancel.self, Withdraw.self, Balance.self, Issue.self, Transfer.self,
        ]
    )

    struct Search: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "search",
            abstract: "What can be ordered of a class of data."
        )

        @Argument(help: "The class, for instance climate, park, photo.")
        var dataClass: String

        @Option(help: ArgumentHelp("Only from this area.", valueName: "name"))
        var area: String?

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            let session = try await asking.session()
            var listings: [JSONValue] = []
            var after: JSONValue = .null
            repeat {
                let page = try await session.ask(
                    "marketplace",
                    "catalogue",
                    ["data_class": .string(dataClass), "after": after, "limit": 100]
                )
                listings += page["listings"]?.elements ?? []
                after = page["next"] ?? .null
            } while after != .null
            if let area { listings = listings.filter { $0["terms"]?["area"]?.text == area } }
            show(["listings": .array(listings)], asking.output)
        }
    }

    struct Listing: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "listing",
            abstract: "A listing with its terms and what is left of its bond."
        )

        @Argument(help: "The listing's id.")
        var listing: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask("marketplace", "listing", ["listing": .string(listing)])
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "An order as it stands now.")

        @Argument(help: "The order's id.")
        var order: String

        @OptionGroup var asking: AskingOptions

        func run() async throws {
            try await asking.ask("marketplace", "order", ["order": .string(order)])
        }
    }

    struct Orders: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "orders",
            abstract: "An account's orders, as buyer and as seller."
        )

        @Argument(help: "The account's id, or the name of its key in the store.")
        var account: String

        @OptionGroup var store: KeyStoreOptions
        @OptionGroup var asking: AskingOptions

        func run() async throws {
            let id = try AkashiCLI.account(account, store)
            try await asking.ask("marketplace", "orders", ["account": .hex(id.digest), "limit": 100])
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "Cancel an order whose consent was lost; both sides get their money back."
        )

        @Argument(help: "The order's id.")
        var order: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send("marketplace", "cancel", ["order": .string(order)])
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "withdraw",
            abstract: "Take a listing out of the catalogue for good; open orders go on."
        )

        @Argument(help: "The listing's id.")
        var listing: String

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            try await signing.send("marketplace", "withdraw-listing", ["listing": .string(listing)])
        }
    }

    struct Balance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "balance",
            abstract: "What an account holds, and what is locked of it."
        )

        @Argument(help: "The account's id, or the name of its key in the store.")
        var account: String

        @Option(help: ArgumentHelp("point, coupon or currency.", valueName: "unit"))
        var unit = "point"

        @OptionGroup var store: KeyStoreOptions
        @OptionGroup var asking: AskingOptions

        func run() async throws {
            let id = try AkashiCLI.account(account, store)
            try await asking.ask("marketplace", "balance", ["account": .hex(id.digest), "unit": .string(unit)])
        }
    }

    struct Issue: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "issue",
            abstract: "Issue value to an account; for value issuers only."
        )

        @Argument(help: "The account's id, or the name of its key in the store.")
        var account: String

        @Argument(help: "The amount, in the unit's smallest step.")
        var amount: UInt64

        @Option(help: ArgumentHelp("point, coupon or currency.", valueName: "unit"))
        var unit = "point"

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            let id = try AkashiCLI.account(account, signing.signer.store)
            try await signing.send(
                "marketplace",
                "issue",
                ["unit": .string(unit), "to": .hex(id.digest), "amount": .unsigned(amount)]
            )
        }
    }

    struct Transfer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "transfer",
            abstract: "Transfer value to another account."
        )

        @Argument(help: "The account's id, or the name of its key in the store.")
        var account: String

        @Argument(help: "The amount, in the unit's smallest step.")
        var amount: UInt64

        @Option(help: ArgumentHelp("point, coupon or currency.", valueName: "unit"))
        var unit = "point"

        @OptionGroup var signing: SigningOptions

        func run() async throws {
            let id = try AkashiCLI.account(account, signing.signer.store)
            try await signing.send(
                "marketplace",
                "transfer",
                ["unit": .string(unit), "to": .hex(id.digest), "amount": .unsigned(amount)]
            )
        }
    }
}
