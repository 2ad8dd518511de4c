-- wrk: the request of every measurement, and what wrk counted as one line of JSON.
-- The body comes from the file that the environment variable BENCH_BODY names.
wrk.method = "POST"
wrk.path = "/chat/1.0/chat/completions"
wrk.headers["Host"] = "bench.local"
wrk.headers["Content-Type"] = "application/json"
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.body = file:read("*a")
file:close()

done = function(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"not_2xx":%d,"socket_errors":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
