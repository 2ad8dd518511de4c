import CTable
import RoutingTable

/// Histograms, in Prometheus' form: cumulative buckets, a sum, a count.
extension MetricsReport {
    /// Lines of one histogram; none if nothing has been observed.
    ///
    /// - Parameter value: what all threads have in a cell of it.
    private func lines(_ name: String, _ kind: Histogram.Kind, labels: String, _ value: (Int) -> UInt64) -> String {
        let shape = Histogram(kind)
        var below: [UInt64] = []
        for bucket in 0...shape.count { below.append((below.last ?? 0) + value(bucket)) }
        guard let count = below.last, count > 0 else { return "" }
        let isSeconds = kind != .inputTokens && kind != .outputTokens
        func number(_ value: UInt64) -> String { isSeconds ? seconds(value) : String(value) }
        let prefix = labels.isEmpty ? "" : "\(labels),"
        var text = ""
        for bucket in 0..<shape.count { text += "\(name)_bucket{\(prefix)le=\"\(number(shape[bucket]))\"} \(below[bucket])\n" }
        text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(count)\n"
        let own = labels.isEmpty ? "" : "{\(labels)}"
        return text + "\(name)_sum\(own) \(number(value(Histogram.sumCell)))\n\(name)_count\(own) \(count)\n"
    }

    /// Nanoseconds as decimal seconds, without trailing zeros.
    private func seconds(_ nanos: UInt64) -> String {
        var fraction = String(nanos % 1_000_000_000)
        fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(nanos / 1_000_000_000)" + (fraction.isEmpty ? "" : ".\(fraction)")
    }

    mutating func overhead() {
        header("rtbl_overhead_seconds", "histogram", "Time that a request spent here, not waiting for others: from the loop's turn that brought bytes to when they were handed on, both ways.")
        let text = lines("rtbl_overhead_seconds", .overhead, labels: "") { cell in server.sum { $0.observed(.overhead, nil, cell) } }
        add(text)
    }

    /// Of targets that have answered a request with content.
    mutating func generativeAI() {
        let table = unsafe server.shared.published.pointee.snapshot.pointee.table
        var durations = "", firstTokens = "", tokens = ""
        for pool in table.pools.indices.map({ table.pools[$0] }) {
            for number in 0..<table.targetCount(of: pool) {
                let target = pool.target(number)
                let row = server.row(target)
                let labels = labels(pool, target, model: "gen_ai_request_model")
                func lines(_ name: String, _ kind: Histogram.Kind, _ more: String = "") -> String {
                    self.lines(name, kind, labels: labels + more) { cell in server.sum { $0.observed(kind, row, cell) } }
                }
                durations += lines("gen_ai_server_request_duration_seconds", .requestDuration)
                firstTokens += lines("gen_ai_server_time_to_first_token_seconds", .timeToFirstToken)
                tokens += lines("gen_ai_client_token_usage", .inputTokens, ",gen_ai_token_type=\"input\"")
                tokens += lines("gen_ai_client_token_usage", .outputTokens, ",gen_ai_token_type=\"output\"")
            }
        }
        header("gen_ai_server_request_duration_seconds", "histogram", "Requests with content that were answered with 2xx, from their head to the last byte of the answer.")
        add(durations)
        header("gen_ai_server_time_to_first_token_seconds", "histogram", "The same, to the first byte of the answer's body.")
        add(firstTokens)
        header("gen_ai_client_token_usage", "histogram", "Tokens that answers said they took.")
        add(tokens)
    }

    mutating func accessLog() {
        guard let accessLog = server.shared.accessLog else { return }
        header("rtbl_access_log_lost_total", "counter", "Lines of the access log that found no room: its file takes no more, or not fast enough.")
        add("rtbl_access_log_lost_total \(accessLog.lost)\n")
        header("rtbl_access_log_errors_total", "counter", "Writes to the access log that failed; they are tried again.")
        add("rtbl_access_log_errors_total \(accessLog.errors)\n")
    }
}
