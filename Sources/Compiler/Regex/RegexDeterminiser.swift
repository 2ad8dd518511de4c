import CTable
import RoutingTable

/// Walks a program on sets of instructions instead of ways through it: what an automaton is made from.
///
/// A set holds the instructions that wait for the next byte, in order of preference and before anything is followed
/// that consumes nothing: what an assertion says is known only with the next byte.
struct RegexDeterminiser {
    struct State: Hashable {
        /// Instructions, without repeats.
        var waiting: [UInt16]
        /// What the byte before was, as far as an assertion asks.
        var previous: Context
    }

    enum Context: UInt8, Hashable {
        case start, newline, word, other

        /// A byte of this kind.
        var byte: UInt8? {
            switch self {
            case .start: nil
            case .newline: UInt8(ascii: "\n")
            case .word: UInt8(ascii: "a")
            case .other: UInt8(ascii: "/")
            }
        }
    }

    let program: RegexProgram
    let classes: ByteClasses
    /// Instructions followed so far.
    private(set) var work = 0
    private var visited: [Int]
    private var mark = 0

    init(_ program: RegexProgram) {
        self.program = program
        classes = ByteClasses(program)
        visited = Array(repeating: 0, count: program.instructions.count)
    }

    var start: State { State(waiting: [0], previous: program.assertions == 0 ? .other : .start) }

    /// One way to a byte or a match: where it arrived, and the positions noted on it.
    struct Arrival {
        let instruction: Int
        let noted: UInt32
    }

    /// All that consumes nothing followed, in order of preference.
    mutating func follow(_ state: State, next: UInt8?) -> [Arrival] {
        mark += 1
        let holding = RegexAssertions.holding(between: state.previous.byte, and: next)
        var arrivals: [Arrival] = []
        var stack: [(Int, UInt32)] = []
        for first in state.waiting {
            stack.append((Int(first), 0))
            while let (number, noted) = stack.popLast() {
                guard visited[number] != mark else { continue }
                visited[number] = mark
                work += 1
                let instruction = program.instructions[number]
                switch Int(instruction.operation) {
                case RTBL_REGEX_SPLIT:
                    stack.append((Int(instruction.other), noted))
                    stack.append((Int(instruction.out), noted))
                case RTBL_REGEX_CAPTURE: stack.append((Int(instruction.out), noted | 1 << UInt32(instruction.low)))
                case RTBL_REGEX_ASSERT:
                    if instruction.low & ~holding == 0 { stack.append((Int(instruction.out), noted)) }
                case RTBL_REGEX_FAIL: continue
                default: arrivals.append(Arrival(instruction: number, noted: noted))
                }
            }
        }
        return arrivals
    }

    /// Where `byte` leads from an instruction that was arrived at; nil: nowhere.
    mutating func target(of arrival: Arrival, over byte: UInt8) -> UInt16? {
        var number = arrival.instruction
        while Int(program.instructions[number].operation) == RTBL_REGEX_BYTES {
            let instruction = program.instructions[number]
            work += 1
            if byte >= instruction.low, byte <= instruction.high { return instruction.out }
            if instruction.last != 0 { return nil }
            number += 1
        }
        return nil
    }

    /// The state behind each class of bytes; nil: none, nothing can match any more.
    mutating func successors(of state: State) -> [State?] {
        var out: [State?] = []
        var followed: [UInt8: [Arrival]] = [:] // by what holds
        for byte in classes.representatives {
            let holding = program.assertions == 0 ? 0 : RegexAssertions.holding(between: state.previous.byte, and: byte)
            let arrivals: [Arrival]
            if let known = followed[holding] {
                arrivals = known
            } else {
                arrivals = follow(state, next: byte)
                followed[holding] = arrivals
            }
            var waiting: [UInt16] = []
            mark += 1
            for arrival in arrivals {
                guard let target = target(of: arrival, over: byte), visited[Int(target)] != mark else { continue }
                visited[Int(target)] = mark
                waiting.append(target)
            }
            out.append(waiting.isEmpty ? nil : State(waiting: waiting, previous: context(of: byte)))
        }
        return out
    }

    func context(of byte: UInt8) -> Context {
        let bits = Int(program.assertions)
        if bits & RTBL_REGEX_AT_LINE_BEGIN != 0, byte == UInt8(ascii: "\n") { return .newline }
        let words = RTBL_REGEX_AT_WORD_BOUNDARY | RTBL_REGEX_NOT_AT_WORD_BOUNDARY
        return bits & words != 0 && RegexAssertions.isWord(byte) ? .word : .other
    }

    mutating func accepts(_ state: State) -> Bool { acceptance(of: state) != nil }

    /// The positions that the preferred match notes at the end of the text; nil: there is no match.
    mutating func acceptance(of state: State) -> UInt32? {
        follow(state, next: nil).first { Int(program.instructions[$0.instruction].operation) == RTBL_REGEX_MATCH }?.noted
    }
}

/// Bytes that no instruction and no assertion tells apart.
struct ByteClasses {
    private(set) var map = [UInt8](repeating: 0, count: 256)
    /// One byte of each class.
    private(set) var representatives: [UInt8] = []
    var count: Int { representatives.count }

    init(_ program: RegexProgram) {
        var starts = [Bool](repeating: false, count: 257)
        func mark(_ low: UInt8, _ high: UInt8) {
            starts[Int(low)] = true
            starts[Int(high) + 1] = true
        }
        starts[0] = true
        for instruction in program.instructions where Int(instruction.operation) == RTBL_REGEX_BYTES { mark(instruction.low, instruction.high) }
        let bits = Int(program.assertions)
        if bits & (RTBL_REGEX_AT_LINE_BEGIN | RTBL_REGEX_AT_LINE_END) != 0 { mark(0x0a, 0x0a) }
        if bits & (RTBL_REGEX_AT_WORD_BOUNDARY | RTBL_REGEX_NOT_AT_WORD_BOUNDARY) != 0 {
            for byte in UInt8.min ... .max where RegexAssertions.isWord(byte) != RegexAssertions.isWord(byte &+ 1) { starts[Int(byte) + 1] = true }
        }
        for byte in 0..<256 {
            if starts[byte] { representatives.append(UInt8(byte)) }
            map[byte] = UInt8(representatives.count - 1)
        }
    }
}
