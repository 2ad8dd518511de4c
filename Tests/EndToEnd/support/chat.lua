-- wrk: every request is another chat of another size, every answer is looked at. The last line is what was counted, as JSON.
wrk.method = "POST"
wrk.headers["Host"] = "chat.local"
wrk.headers["Content-Type"] = "application/json"
local threads = {}
local number = 0
wrong = 0

function setup(thread)
  table.insert(threads, thread)
end

function request()
  number = number + 1
  local text = string.rep("word ", number % 400)
  return wrk.format(nil, "/chat/1.0/chat/completions", nil, string.format('{"messages":[{"role":"user","content":"%s"}],"n":1}', text))
end

function response(status, headers, body)
  if status ~= 200 or not headers["x-rtbl-model"] or not body:find('"object":"chat.completion"', 1, true) then wrong = wrong + 1 end
end

function done(summary)
  local errors, all = summary.errors, 0
  for _, thread in ipairs(threads) do all = all + thread:get("wrong") end
  print(string.format('{"requests":%d,"wrong":%d,"errors":%d}', summary.requests, all, errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
