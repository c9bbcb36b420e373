internal import ArgumentParser

struct LedgerCompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Give back the space of what was deleted; the validator must be stopped.",
        discussion: "Example: akashi ledger compact /var/lib/akashi"
    )

    @Argument(help: ArgumentHelp("A home.", valueName: "directory"))
    var home: String

    @OptionGroup var output: OutputOptions

    func run() async throws { show(try await LedgerCompaction.run(on: home), output) }
}
