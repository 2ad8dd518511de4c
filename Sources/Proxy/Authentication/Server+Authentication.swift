import CLinux
import CTable
import RoutingTable

/// What authentication needs of the process: checks of a table, and threads that fetch key sets.
extension Server {
    /// - Throws: exit code 1 where an Authentication has more schemes than are told apart.
    static func checkAuthentications(_ table: RoutingTable, path: String) throws(Exit) {
        for number in table.features.authentications.indices {
            let authentication = table.features.authentications[number]
            guard Int(authentication.scheme_count) > Limits.authenticationSchemes else { continue }
            let name = "\(table.string(authentication.object_namespace).text)/\(table.string(authentication.object_name).text)"
            throw Exit(code: 1, message: """
                \(path) is refused: Authentication \(name) has \(authentication.scheme_count) types; at most \(Limits.authenticationSchemes) are served
                """)
        }
    }

    /// Single rules that ask for nothing in APIs that do ask: `disabled: true` on one of them opens it to everybody, which
    /// may be meant, but is said.
    static func openRuleWarnings(_ table: RoutingTable, _ options: Options) -> [String] {
        guard !options.allowOpen, let exposed = (options.listen + options.listenTLS).first(where: { !Socket.isLoopback($0) }) else { return [] }
        var openRules: [UInt32: Int] = [:]
        for number in table.rules.indices where table.extras(of: table.rules[number])?.authenticationIndex == nil {
            openRules[table.rules[number].api, default: 0] += 1
        }
        return openRules.keys.sorted().prefix(Limits.startWarnings).compactMap { number in
            let api = table.apis[Int(number)]
            guard api.flags & UInt32(RTBL_API_OPEN) == 0, let count = openRules[number] else { return nil }
            let name = "\(table.string(api.object_namespace).text)/\(table.string(api.object_name).text)"
            return "API \(name) asks for authentication, but \(count) of its rules \(count == 1 ? "does" : "do") not: anybody who reaches \(exposed) may call them"
        }
    }

    /// Starts the threads that fetch key sets, also those of tables that come later: the sandbox forbids new threads.
    func startKeyFetchers() throws(Exit) {
        for _ in 0..<Limits.keySetThreads {
            let reference = unsafe Unmanaged.passRetained(shared).toOpaque()
            guard unsafe cl_thread(runKeyFetcher, reference, Limits.workerStackBytes) == 0 else {
                throw Exit(code: 70, message: "no thread for key sets")
            }
        }
    }
}

private func runKeyFetcher(_ shared: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let shared = unsafe Unmanaged<Shared>.fromOpaque(shared!).takeUnretainedValue()
    let epoll = cl_epoll_create()
    _ = cl_epoll_add(epoll, shared.keySets.wake, CL_EPOLLIN, 0)
    var event = unsafe epoll_event()
    while true {
        let millis = shared.keySets.fetchAllDue { shared.wakeAll() }
        if unsafe cl_epoll_wait(epoll, &event, 1, millis) > 0 { cl_eventfd_clear(shared.keySets.wake) }
    }
}
