import CTable

/// A deterministic automaton that says whether a text matches. State 0 is dead; accepting states come last.
struct MatchAutomaton {
    /// Of each state, the next state for each class.
    private(set) var next: [[Int]]
    private(set) var start: Int
    private(set) var firstAccepting: Int

    /// nil: it would be larger than the limits allow.
    init?(_ determiner: inout RegexDeterminiser) {
        let classCount = determiner.classes.count
        var numbers: [RegexDeterminiser.State: Int] = [:]
        var states: [RegexDeterminiser.State] = []
        var next = [[Int](repeating: 0, count: classCount)]
        var isAccepting = [false]
        func number(_ state: RegexDeterminiser.State) -> Int {
            // For a match alone, the order of the waiting instructions does not count.
            let key = RegexDeterminiser.State(waiting: state.waiting.sorted(), previous: state.previous)
            if let known = numbers[key] { return known }
            states.append(key)
            numbers[key] = states.count
            return states.count
        }
        _ = number(determiner.start)
        var done = 0
        while done < states.count {
            guard (states.count + 1) * classCount <= RegexLimits.automatonCells, determiner.work <= RegexLimits.automatonWork else { return nil }
            let state = states[done]
            isAccepting.append(determiner.accepts(state))
            next.append(determiner.successors(of: state).map { $0.map(number) ?? 0 })
            done += 1
        }
        (self.next, start, firstAccepting) = Self.arrange(next, isAccepting, StatePartition.blocks(next, isAccepting))
    }

    /// The dead state's block first, accepting blocks last.
    private static func arrange(_ next: [[Int]], _ isAccepting: [Bool], _ block: [Int]) -> (next: [[Int]], start: Int, firstAccepting: Int) {
        var number: [Int: Int] = [block[0]: 0]
        var members = [0]
        for accepting in [false, true] {
            for state in next.indices where isAccepting[state] == accepting && number[block[state]] == nil {
                number[block[state]] = members.count
                members.append(state)
            }
        }
        let firstAccepting = members.firstIndex { isAccepting[$0] } ?? members.count
        let rows = members.map { member in next[member].map { number[block[$0]]! } }
        return (rows, number[block[1]]!, firstAccepting)
    }
}
