internal import AkashiClient
internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import Vault

/// `akashi`: node, client and tools in one binary.
struct AkashiCommand: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "akashi",
        abstract: "A permissioned ledger for consortia: node, client and tools.",
        discussion: """
            Exit codes: 0 done, 1 refused (code and reason on standard error), 2 wrong usage.
            Every command explains itself with --help and prints one JSON document with --json.
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(
                name: "Node:",
                subcommands: [
                    InitCommand.self, GenesisCommand.self, RunCommand.self, AdminCommand.self, LedgerCommand.self,
                ]
            ),
            CommandGroup(name: "Look:", subcommands: [StatusCommand.self, DoctorCommand.self, EventsCommand.self]),
            CommandGroup(
                name: "Chain:",
                subcommands: [
                    KeysCommand.self, AccountCommand.self, TransactionCommand.self, QueryCommand.self,
                    StateCommand.self, BlockCommand.self, ProofCommand.self, VerifyCommand.self,
                ]
            ),
            CommandGroup(
                name: "Domains:",
                subcommands: [MarketCommand.self, TrustCommand.self, FieldCommand.self, ConsentCommand.self]
            ),
            CommandGroup(name: "Personal data:", subcommands: [VaultCommand.self]),
            CommandGroup(name: "Test networks:", subcommands: [TestnetCommand.self, LoadCommand.self]),
        ]
    )
}

/// The program: parses, runs, and turns every outcome into an exit code.
package enum AkashiProgram {
    package static func main() async -> Never {
        do {
            var command = try AkashiCommand.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            leave(0)
        } catch {
            leave(end(error))
        }
    }

    /// Ends the process without running destructors of globals: threads of tasks that nobody waits for any more may still
    /// use what those destroy. Everything that must last was written and synced before.
    private static func leave(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }

    private static func end(_ error: any Error) -> Int32 {
        if let error = error as? ClientError {
            standardError("akashi: \(error.description)")
            return error.code == "USAGE" ? 2 : 1
        }
        if let error = error as? VaultError {
            standardError("akashi: \(error.code): \(error.description)")
            return 1
        }
        if let error = error as? CocoaError {
            let place = error.filePath.map { "\($0): " } ?? ""
            standardError("akashi: FILE: \(place)\(error.localizedDescription)")
            return 1
        }
        let code = AkashiCommand.exitCode(for: error)
        let message = AkashiCommand.fullMessage(for: error)
        if code == .success {
            standardOutput(message)
            return 0
        }
        if !message.isEmpty { standardError(message) }
        // ArgumentParser's own number for wrong usage is 64.
        return code == .validationFailure ? 2 : 1
    }
}
