internal import AkashiClient
internal import ArgumentParser
internal import Foundation
internal import Glibc

/// Where the keys are, and the passphrase that opens them.
struct KeyStoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The key store.",
            discussion: "Default: $AKASHI_KEYS, or ~/.akashi/keys. The passphrase comes from the file that "
                + "$AKASHI_PASSPHRASE_FILE names, from $AKASHI_PASSPHRASE, or from the terminal.",
            valueName: "file"
        )
    )
    var keys: String?

    var path: String {
        keys ?? environment("AKASHI_KEYS") ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.akashi/keys"
    }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    func open() throws(ClientError) -> KeyStore {
        guard exists else { throw ClientError("KEY", "there is no key store at \(path); 'akashi keys new' makes one") }
        return try KeyStore(decoding: SecretFile.read(path), passphrase: passphrase(confirm: false))
    }

    /// The store, or a new one under a passphrase that is asked for twice.
    private func openOrCreate() throws(ClientError) -> KeyStore {
        guard !exists else { return try open() }
        return try KeyStore(passphrase: passphrase(confirm: true), strength: .remembered)
    }

    /// Reads the store, or begins one, changes it and writes it, while no other command does.
    func update<Result>(_ change: (inout KeyStore) throws(ClientError) -> Result) throws(ClientError) -> Result {
        try makeFolder()
        let lock = try FileLock(path + ".lock")
        var store = try openOrCreate()
        let result = try change(&store)
        try SecretFile.write(store.encoded, to: path)
        _ = consume lock
        return result
    }

    private func makeFolder() throws(ClientError) {
        do {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw ClientError("KEY", "\(path) cannot be written")
        }
    }

    private func passphrase(confirm: Bool) throws(ClientError) -> [UInt8] {
        if let file = environment("AKASHI_PASSPHRASE_FILE") {
            var bytes = try SecretFile.read(file)
            while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
            guard !bytes.isEmpty else { throw ClientError("KEY", "\(file) is empty") }
            return bytes
        }
        if let text = environment("AKASHI_PASSPHRASE") { return Array(text.utf8) }
        guard Terminal.isInteractive else {
            throw ClientError("KEY", "no passphrase: set AKASHI_PASSPHRASE_FILE, or run on a terminal")
        }
        let text = try Terminal.secret("Passphrase of \(path): ")
        if confirm {
            let again = try Terminal.secret("The same again: ")
            guard again == text else { throw ClientError("KEY", "the two passphrases differ") }
        }
        guard !text.isEmpty else { throw ClientError("KEY", "an empty passphrase protects nothing") }
        return text
    }
}

/// The terminal that a person sits at.
enum Terminal {
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Colour is for terminals, and for those who want it (no-color.org).
    static var hasColour: Bool { isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR") == nil }

    /// A line that is not shown as it is typed.
    static func secret(_ prompt: String) throws(ClientError) -> [UInt8] {
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw ClientError("KEY", "the terminal cannot be asked")
        }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        standardError(prompt, terminator: "")
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            standardError("")
        }
        guard let line = readLine(strippingNewline: true) else { throw ClientError("KEY", "no passphrase was given") }
        return Array(line.utf8)
    }
}
