import FoundationEssentials

/// The keys of a two-level YAML file with the lines where they stand, so that a mistake can be named by its line.
struct ConfigurationLines {
    let path: String
    private var lineByKey: [String: Int] = [:]
    /// Where values come from that the file does not give, by key: a flag or a variable of the environment.
    var origins: [String: String] = [:]

    init(path: String) throws {
        self.path = path
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("\(path): cannot be read; 'akashi init' makes a validator's home")
        }
        guard bytes.count <= 1 << 20, let text = String(bytes: bytes, encoding: .utf8) else {
            throw ConfigurationError("\(path): is not a text file of at most one mebibyte")
        }
        var section = ""
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != "#" }
            guard let colon = content.firstIndex(of: ":"), let first = content.first(where: { $0 != " " }), first != "-"
            else {
                continue
            }
            let name = content[..<colon].filter { $0 != " " }
            if content.first == " " {
                lineByKey["\(section).\(name)"] = index + 1
            } else {
                section = String(name)
                if content[content.index(after: colon)...].contains(where: { $0 != " " }) {
                    lineByKey[section] = index + 1
                }
            }
        }
    }

    /// Refuses a key that nothing reads: most likely a typing error, which would otherwise go unnoticed.
    func check(known: [String]) throws {
        let unknown = lineByKey.filter { !known.contains($0.key) }.min { $0.value < $1.value }
        if let unknown {
            throw ConfigurationError(
                "\(path):\(unknown.value): unknown key '\(unknown.key)'; known are \(known.joined(separator: ", "))"
            )
        }
    }

    /// The same for the environment, in the sections that the file has: other names belong to other commands.
    func check(environment names: [String], known: [String]) throws {
        let sections = Set(known.compactMap { $0.split(separator: ".").first })
        let variables = Set(known.map { ConfigurationLines.variable(of: $0) })
        let unknown = names.sorted().first { name in
            !variables.contains(name) && sections.contains { name.hasPrefix("AKASHI_\($0.uppercased())_") }
        }
        if let unknown {
            throw ConfigurationError(
                "$\(unknown): is no setting; known are \(variables.sorted().map { "$" + $0 }.joined(separator: ", "))"
            )
        }
    }

    /// The variable of the environment that overrides a key.
    static func variable(of key: String) -> String {
        "AKASHI_" + String(key.map { $0 == "." ? "_" : $0 }).uppercased()
    }

    func error(_ key: String, _ message: String) -> ConfigurationError {
        let place = origins[key] ?? lineByKey[key].map { "\(path):\($0)" } ?? path
        return ConfigurationError("\(place): \(key): \(message)")
    }
}
