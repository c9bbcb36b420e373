internal import AkashiClient
internal import ArgumentParser
internal import NodeAPI
internal import Primitives
internal import Vault

/// Where the vault and its operator's key are: in two places.
struct VaultOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The vault's directory. Default: $AKASHI_VAULT.", valueName: "directory"))
    var vault: String?

    @Option(
        name: .customLong("operator-key"),
        help: ArgumentHelp("The operator's key file. Default: $AKASHI_VAULT_KEY.", valueName: "file")
    )
    var operatorKey: String?

    func directory() throws(ClientError) -> String {
        guard let directory = vault ?? environment("AKASHI_VAULT") else {
            throw ClientError("USAGE", "name the vault's directory with --vault")
        }
        return directory
    }

    func keyPath() throws(ClientError) -> String {
        guard let path = operatorKey ?? environment("AKASHI_VAULT_KEY") else {
            throw ClientError("USAGE", "name the operator's key file with --operator-key")
        }
        return path
    }

    func open() throws -> ProfileVault {
        try ProfileVault.open(directory(), operatorKeyPath: keyPath())
    }
}

/// Who asks, and what for: goes into the access log.
struct AccessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Who asks, as an identifier.", valueName: "name"))
    var reader: String

    @Option(help: ArgumentHelp("What for, as an identifier.", valueName: "purpose"))
    var purpose: String

    func request() throws(ClientError) -> ProfileVault.Request {
        ProfileVault.Request(reader: try identifier(reader), purpose: try identifier(purpose), now: wallClock())
    }
}

extension Profile {
    private static let members = ["id", "user_name", "email", "gender", "age", "nationality"]

    /// Reads a profile from JSON; unknown members are refused, so that nothing is lost unseen.
    init(json: JSONValue) throws(ClientError) {
        guard case .object(let found) = json else { throw ClientError("SCHEMA", "a profile is a JSON object") }
        for name in found.keys.sorted() where !Profile.members.contains(name) {
            throw ClientError("SCHEMA", "a profile has no '\(name)'; it has \(Profile.members.joined(separator: ", "))")
        }
        func text(_ name: String) throws(ClientError) -> String {
            guard let text = json[name]?.text else { throw ClientError("SCHEMA", "'\(name)' is missing or no text") }
            return text
        }
        guard let age = json["age"]?.number else { throw ClientError("SCHEMA", "'age' is missing or no number") }
        self.init(
            id: try text("id"),
            userName: try text("user_name"),
            email: try text("email"),
            gender: try text("gender"),
            age: age,
            nationality: try text("nationality")
        )
    }

    var json: JSONValue {
        [
            "id": .string(id), "user_name": .string(userName), "email": .string(email), "gender": .string(gender),
            "age": .unsigned(age), "nationality": .string(nationality),
        ]
    }
}

extension AccessEntry {
    var json: JSONValue {
        [
            "number": .unsigned(UInt64(clamping: number)), "time": .unsigned(time), "subject": .hex(subject),
            "record": reference.map { .hex($0) } ?? .null, "reader": .string(reader.text),
            "purpose": .string(purpose.text), "outcome": .string(outcome.text),
        ]
    }
}

extension ErasureReport {
    var json: JSONValue {
        [
            "subject": .hex(subject),
            "records": .array(
                records.map { ["reference": .hex($0.reference), "commitment": .hex($0.commitment)] }
            ),
            "pseudonyms": .array(
                pseudonyms.map { ["context": .string($0.context.text), "pseudonym": .hex($0.pseudonym)] }
            ),
        ]
    }
}
