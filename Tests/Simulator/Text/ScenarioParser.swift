import Consensus

extension TextScenario {
    /// Reads a scenario; the first line that is not understood ends it.
    package init(parsing text: String) throws(ScenarioError) {
        var imaged: Set<Int> = []
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = raw.prefix { $0 != "#" }
            var words = Words(content, line: index + 1, replicas: settings.hosts)
            guard !words.isAtEnd else { continue }
            let text = words.remainder
            let first = try words.word("a statement")
            if try setting(first, &words) { continue }
            let action = try TextScenario.action(first, &words, settings)
            try words.end()
            if case .image(let member) = action { imaged.insert(member) }
            if case .restore(let member) = action, !imaged.contains(member) {
                throw words.error("of \(member) there is no image to put back")
            }
            statements.append(Statement(line: index + 1, text: text, action: action))
        }
        guard !settings.shows.isEmpty else { throw ScenarioError(line: 1, reason: "'shows' says what it is for") }
    }

    /// True if the line was a setting, which stands before all actions.
    private mutating func setting(_ word: String, _ words: inout Words) throws(ScenarioError) -> Bool {
        switch word {
        case "shows":
            settings.shows = words.remainder
            return true
        case "covers":
            settings.covers += words.remainder.split(separator: ",").map { part in
                String(part.drop { $0 == " " })
            }
            return true
        case "replicas": settings.replicas = try words.count("the number of replicas", atMost: 31)
        case "candidates":
            settings.candidates = try words.count("the number of candidates", atMost: 31 - settings.replicas)
        case "window": settings.window = try words.count("the window", atMost: 64)
        case "turn": settings.turn = try words.number("the turn")
        case "exclusion": settings.exclusion = try words.number("the exclusion")
        case "faulty": settings.faulty = try words.members()
        default: return false
        }
        try words.end()
        guard statements.isEmpty else { throw words.error("'\(word)' stands before the first action") }
        guard settings.replicas > 0, settings.window > 0, settings.turn > 0 else {
            throw words.error("'\(word)' is at least 1")
        }
        return true
    }

    private static func action(
        _ word: String,
        _ words: inout Words,
        _ settings: Settings
    ) throws(ScenarioError) -> Action {
        switch word {
        case "tick": return .tick(try words.duration())
        case "expect": return .expect(try Expectation(&words))
        case "await":
            let expectation = try Expectation(&words)
            try words.require("within")
            return .await(expectation, try words.duration())
        case "submit":
            let names = try words.names()
            return .submit(names, words.take("to") ? try words.members() : Array(0..<settings.hosts))
        case "crash":
            let members = try words.members()
            return .crash(members, isLosing: words.take("losing"))
        case "start": return .start(try words.members())
        case "wipe": return .wipe(try words.replica())
        case "image": return .image(try words.replica())
        case "restore": return .restore(try words.replica())
        case "miscompute":
            let replica = try words.replica()
            guard settings.faulty.contains(replica) else { throw words.error("only faulty replicas miscompute") }
            return .miscompute(replica)
        case "add", "remove", "rekey": return try change(word, &words, settings)
        case "overlook":
            let replica = try words.replica()
            return .overlook(replica, try words.names())
        case "timeout": return .timeout(try words.members())
        case "skew": return try skew(&words)
        case "disk":
            let replica = try words.replica()
            try words.require("takes")
            return .disk(replica, try words.duration())
        default: return try networkAction(word, &words, settings)
        }
    }

    private static func change(
        _ word: String,
        _ words: inout Words,
        _ settings: Settings
    ) throws(ScenarioError) -> Action {
        guard settings.candidates > 0 || word == "rekey" else {
            throw words.error("validators come and go only with 'candidates'")
        }
        try words.require("validator")
        return .change(word == "add" ? .add : word == "remove" ? .remove : .rekey, try words.replica())
    }

    private static func skew(_ words: inout Words) throws(ScenarioError) -> Action {
        let replica = try words.replica()
        let amount = Int64(try words.duration())
        if words.take("behind") { return .skew(replica, -amount) }
        try words.require("ahead")
        return .skew(replica, amount)
    }

    private static func networkAction(
        _ word: String,
        _ words: inout Words,
        _ settings: Settings
    ) throws(ScenarioError) -> Action {
        switch word {
        case "partition":
            var sides: [[Int]] = []
            for side in try words.word("the sides of the partition").split(separator: "|") {
                sides.append(try words.members(in: side))
            }
            guard sides.count > 1 else { throw words.error("a partition is written like 0,1|2,3") }
            let members = sides.flatMap { $0 }
            guard Set(members).count == members.count else {
                throw words.error("a replica is on one side of a partition")
            }
            return .partition(sides)
        case "cut":
            let senders = try words.members()
            try words.require("to")
            return .cut(senders, try words.members())
        case "heal": return .heal
        case "release": return .release
        case "lose": return .lose(try words.percent())
        case "duplicate": return .duplicate(try words.percent())
        case "latency": return .latency(try words.duration())
        case "drop", "hold", "pass":
            guard let verdict = PacketFilter.Verdict(rawValue: word) else { break }
            return .filter(try filter(verdict, &words))
        default: break
        }
        guard let actor = Int(word) else { throw words.error("'\(word)' is no statement") }
        guard settings.faulty.contains(actor) else { throw words.error("only faulty replicas act, \(word) is correct") }
        return .act(try FaultyAct(actor, &words))
    }

    private static func filter(
        _ verdict: PacketFilter.Verdict,
        _ words: inout Words
    ) throws(ScenarioError) -> PacketFilter {
        let kind = try words.word("a kind of message")
        guard kind == "all" || Packet.kinds.contains(kind) else { throw words.error("'\(kind)' is no kind of message") }
        let senders = words.take("from") ? try words.members() : nil
        let receivers = words.take("to") ? try words.members() : nil
        return PacketFilter(
            verdict: verdict,
            kind: kind == "all" ? nil : kind,
            senders: senders,
            receivers: receivers
        )
    }
}

extension FaultyAct {
    init(_ actor: Int, _ words: inout Words) throws(ScenarioError) {
        self.actor = actor
        kind = try FaultyAct.kind(&words)
        try words.require("to")
        targets = try words.members().filter { $0 != actor }
    }

    private static func kind(_ words: inout Words) throws(ScenarioError) -> Kind {
        let verb = try words.word("what it does")
        switch verb {
        case "proposes":
            let position = try position(&words)
            let isWithheld = words.take("withheld")
            return .propose(position, isWithheld: isWithheld, ahead: words.take("ahead") ? try words.duration() : 0)
        case "prepares": return .prepare(try position(&words))
        case "commits": return .commit(try position(&words))
        case "attests": return .attest(try words.number("a height"))
        case "demands":
            try words.require("view")
            let view = try words.number("a view")
            let sender = words.take("as") ? try words.replica() : nil
            return .demand(view, words.take("showing") ? try position(&words) : nil, sender: sender)
        case "leads":
            try words.require("view")
            let view = try words.number("a view")
            try words.require("naming")
            let members = try words.members()
            return .lead(view, members, words.take("showing") ? try position(&words) : nil)
        case "claims":
            try words.require("height")
            return .claim(try words.number("a height"))
        case "certifies":
            try words.require("height")
            let height = try words.number("a height")
            try words.require("as")
            return .certify(height, try words.members())
        case "complains":
            try words.require("of")
            try words.require("turn")
            let turn = try words.number("a turn")
            try words.require("in")
            try words.require("view")
            return .complain(turn: turn, view: try words.number("a view"))
        case "serves": return .serve(try words.names())
        default: throw words.error("a faulty replica does not know how it '\(verb)'")
        }
    }

    /// `a,b at 1 in view 4 [of 0]`: the last says in which view it was first proposed.
    private static func position(_ words: inout Words) throws(ScenarioError) -> Position {
        let names = words.take("nothing") ? [] : try words.names()
        try words.require("at")
        let sequence = try words.number("a sequence")
        try words.require("in")
        try words.require("view")
        let view = try words.number("a view")
        let origin = words.take("of") ? try words.number("the view of the proposal") : view
        return Position(names: names, sequence: sequence, view: view, proposedIn: origin)
    }
}
