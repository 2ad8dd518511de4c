-- wrk: the request of every measurement, and what wrk counted as one line of JSON.
-- The body comes from the file that the environment variable BENCH_BODY names; BENCH_PAUSE_MS: each connection waits so
-- long before each request.
wrk.method = "POST"
wrk.path = "/chat/1.0/chat/completions"
wrk.headers["Host"] = "bench.local"
wrk.headers["Content-Type"] = "application/json"
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.body = file:read("*a")
file:close()

local pause = tonumber(os.getenv("BENCH_PAUSE_MS"))
if pause then
  delay = function() return pause end
end

done = function(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"not_2xx":%d,"socket_errors":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
