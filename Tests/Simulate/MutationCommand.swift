import Consensus
import Simulator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `MUTATIONS=1 SCENARIOS=folder simulate`: breaks every rule and every invariant, one at a time, and prints what
/// notices it. The exit status is 1 if something goes unnoticed.
enum MutationCommand {
    private static let schedules: UInt64 = 200

    static func run(from seed: UInt64, folder: String) -> Bool {
        guard let search = search(folder) else { return false }
        let sound = search.inScenarios(nil)
        for finding in sound { print("nothing is broken, and \(finding.place) fails: \(finding.reason)") }
        var missed = sound.count
        print("| Rule broken | Scenarios that fail | Scripted order | First of \(schedules) random schedules |")
        print("| --- | --- | --- | --- |")
        for mutation in Mutation.all where !report(mutation, search, from: seed) { missed += 1 }
        print("")
        print("| Invariant broken | The simulator says |")
        print("| --- | --- |")
        for invariant in Invariant.allCases {
            let notice = MutationSearch.notice(invariant)
            print("| \(invariant.rawValue) | \(notice ?? "NOTHING") |")
            if notice != "INVARIANT of 0: \(invariant.rawValue)" { missed += 1 }
        }
        print("")
        print("\(Mutation.all.count) rules and \(Invariant.allCases.count) invariants, \(missed) unnoticed")
        return missed == 0
    }

    /// One row; false if nothing noticed.
    private static func report(_ mutation: Mutation, _ search: MutationSearch, from seed: UInt64) -> Bool {
        let scenarios = search.inScenarios(mutation)
        let order = search.inOrder(mutation)
        let chance = search.byChance(mutation, from: seed, schedules: schedules)
        let first = scenarios.first.map { "\($0.place) (\($0.reason))" } ?? "–"
        let others = scenarios.count > 1 ? " and \(scenarios.count - 1) more" : ""
        let random = chance.map { "\($0.place): \($0.reason.prefix(60))" } ?? "–"
        print("| \(mutation.name) | \(first)\(others) | \(order?.reason ?? "–") | \(random) |")
        let isNoticed = !scenarios.isEmpty || order != nil || chance != nil
        if !isNoticed { print("| ^ NOT NOTICED | | | |") }
        return isNoticed
    }

    private static func search(_ folder: String) -> MutationSearch? {
        var scenarios: [(name: String, scenario: TextScenario)] = []
        do throws(ScenarioError) {
            for name in names(folder) {
                guard let text = ScenarioCommand.read("\(folder)/\(name)") else { continue }
                scenarios.append((String(name.dropLast(9)), try TextScenario(parsing: text)))
            }
        } catch {
            print("\(folder): \(error)")
            return nil
        }
        guard !scenarios.isEmpty else {
            print("\(folder): no scenarios")
            return nil
        }
        return MutationSearch(scenarios: scenarios)
    }

    private static func names(_ folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.hasSuffix(".scenario") { names.append(name) }
        }
        return names.sorted()
    }
}
