import Simulator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `SCENARIO=path simulate`: runs one text scenario, prints its trace, and says what it expected in vain.
enum ScenarioCommand {
    /// False if the scenario failed.
    static func run(_ path: String, _ mutation: Mutation?, isTraced: Bool) -> Bool {
        guard let text = read(path) else {
            print("\(path): cannot be read")
            return false
        }
        do throws(ScenarioError) {
            let run = ScenarioRun(try TextScenario(parsing: text), mutation: mutation, isTraced: isTraced)
            defer {
                for line in run.world.trace { print(line) }
                print(run.trace, terminator: "")
            }
            try run.run()
            return true
        } catch {
            print("\(path): \(error)")
            return false
        }
    }

    static func read(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = unsafe fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
