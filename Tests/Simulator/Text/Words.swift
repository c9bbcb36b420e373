/// The words of one line, read from left to right.
struct Words {
    let line: Int
    private let replicas: Int
    private var rest: ArraySlice<Substring>

    init(_ text: Substring, line: Int, replicas: Int) {
        self.line = line
        self.replicas = replicas
        rest = text.split(whereSeparator: \.isWhitespace)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }
    var remainder: String { rest.joined(separator: " ") }

    func error(_ reason: String) -> ScenarioError { ScenarioError(line: line, reason: reason) }

    func end() throws(ScenarioError) {
        guard let word = rest.first else { return }
        throw error("'\(word)' is one word too many")
    }

    mutating func word(_ what: String) throws(ScenarioError) -> String {
        guard let word = rest.popFirst() else { throw error("\(what) is missing") }
        return String(word)
    }

    /// Takes the word if it is the next.
    mutating func take(_ word: String) -> Bool {
        guard let next = rest.first, next == word else { return false }
        rest.removeFirst()
        return true
    }

    mutating func require(_ word: String) throws(ScenarioError) {
        guard take(word) else { throw error("'\(word)' was expected, not '\(rest.first ?? "the end")'") }
    }

    mutating func number(_ what: String) throws(ScenarioError) -> UInt64 {
        let word = try word(what)
        if word == "max" { return .max }
        guard let number = UInt64(word) else { throw error("\(what) is a number, not '\(word)'") }
        return number
    }

    mutating func count(_ what: String, atMost limit: Int) throws(ScenarioError) -> Int {
        let number = try number(what)
        guard let count = Int(exactly: number), count <= limit else { throw error("\(what) is at most \(limit)") }
        return count
    }

    /// `30%`
    mutating func percent() throws(ScenarioError) -> Int {
        let word = try word("a percentage")
        guard word.hasSuffix("%"), let number = Int(word.dropLast()), (0...100).contains(number) else {
            throw error("a percentage is written like 30%, not '\(word)'")
        }
        return number
    }

    /// `200ms`, `5s`, `3min` or `1h`, in milliseconds.
    mutating func duration() throws(ScenarioError) -> UInt64 {
        let word = try word("a duration")
        for (unit, factor) in [("ms", 1), ("min", 60_000), ("s", 1000), ("h", 3_600_000)] as [(String, UInt64)]
        where word.hasSuffix(unit) {
            guard let number = UInt64(word.dropLast(unit.count)), number <= 1_000_000 else { break }
            return number * factor
        }
        throw error("a duration is written like 200ms, 5s, 3min or 1h, not '\(word)'")
    }

    mutating func replica() throws(ScenarioError) -> Int {
        let members = try members()
        guard members.count == 1 else { throw error("one replica was expected") }
        return members[0]
    }

    /// `0,2` or `all`.
    mutating func members() throws(ScenarioError) -> [Int] { try members(in: word("a list of replicas")) }

    func members(in word: some StringProtocol) throws(ScenarioError) -> [Int] {
        if word == "all" { return Array(0..<replicas) }
        var members: [Int] = []
        for part in word.split(separator: ",", omittingEmptySubsequences: false) {
            guard let member = Int(part), (0..<replicas).contains(member) else {
                throw error("'\(part)' is no replica: they are 0 to \(replicas - 1)")
            }
            members.append(member)
        }
        return members
    }

    /// `a,b`
    mutating func names() throws(ScenarioError) -> [String] {
        let word = try word("the names of transactions")
        return word.split(separator: ",").map(String.init)
    }
}
