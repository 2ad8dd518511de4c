/// What Redis does at once, by its own clock. All keys begin with `rtbl:`; what is found under them that is not what they
/// are for gives way, and is counted. Written for Redis 5 to 7 and Valkey.
///
/// | key | type | content |
/// |---|---|---|
/// | `rtbl:suspended` | sorted set | targets by the end of their suspension, milliseconds of Redis' clock |
/// | `rtbl:resumed` | sorted set | targets by when they were last resumed by hand |
/// | `rtbl:count:ID:KIND:WINDOW` | string | what a limit counts in a window, until it ends |
enum RedisScripts {
    static let suspendedKey = "rtbl:suspended"
    static let resumedKey = "rtbl:resumed"

    static func channel(database: Int) -> String { "rtbl:suspensions:\(database)" }

    /// - Parameter kind: `r` for requests to an API or rule, or what an AIRateLimitPolicy counts.
    static func countKey(_ limit: UInt64, _ kind: String, window: UInt64) -> String { "rtbl:count:\(hex(limit)):\(kind):\(window)" }

    /// `now`, and `mend`, which removes what is not of the type that the key is for.
    private static let prelude = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local mended = 0
        local function mend(key)
          local kind = redis.call('TYPE', key).ok
          if kind ~= 'zset' and kind ~= 'none' then
            redis.call('DEL', key)
            mended = mended + 1
          end
        end
        local function whole(number) return string.format('%.0f', number) end

        """

    /// KEYS: suspended, resumed. ARGV: channel, sender, longest suspension, how many are kept, and of each target its
    /// identity, the milliseconds left, and those since it was last found exhausted: who was resumed after that stays so.
    /// What is not news is told to nobody. The message goes out first: without memory for the rest it has gone out.
    ///
    /// Returns how many keys were mended, then the targets that were resumed.
    static let suspend = prelude + """
        local answer, news, message = {}, {}, {}
        local suspended, resumed, longest = KEYS[1], KEYS[2], tonumber(ARGV[3])
        mend(suspended) mend(resumed)
        for i = 5, #ARGV, 3 do
          local target, left, age = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
          if tonumber(redis.call('ZSCORE', resumed, target) or 0) > now - age then
            answer[#answer + 1] = target
          else
            local stands = tonumber(redis.call('ZSCORE', suspended, target) or 0)
            if stands < now + left or stands > now + longest then
              news[#news + 1] = whole(now + left)
              news[#news + 1] = target
              message[#message + 1] = target .. ' ' .. whole(left)
            end
          end
        end
        if #message > 0 then
          redis.call('PUBLISH', ARGV[1], '1 ' .. ARGV[2] .. ' s ' .. table.concat(message, ' '))
          redis.call('ZADD', suspended, unpack(news))
          redis.call('ZREMRANGEBYSCORE', suspended, '-inf', whole(now))
          redis.call('ZREMRANGEBYSCORE', suspended, '(' .. whole(now + longest), '+inf')
          redis.call('ZREMRANGEBYRANK', suspended, 0, -ARGV[4] - 1)
          local last = redis.call('ZREVRANGE', suspended, 0, 0, 'WITHSCORES')
          redis.call('PEXPIRE', suspended, whole(math.max(1, tonumber(last[2]) - now)))
        end
        table.insert(answer, 1, mended)
        return answer
        """

    /// The same, but of each target its identity and the milliseconds since it was resumed. Returns how many keys were
    /// mended.
    static let resume = prelude + """
        local targets, message = {}, {}
        local suspended, resumed, longest = KEYS[1], KEYS[2], tonumber(ARGV[3])
        for i = 5, #ARGV, 2 do
          targets[#targets + 1] = ARGV[i]
          message[#message + 1] = ARGV[i] .. ' ' .. ARGV[i + 1]
        end
        redis.call('PUBLISH', ARGV[1], '1 ' .. ARGV[2] .. ' r ' .. table.concat(message, ' '))
        mend(suspended) mend(resumed)
        redis.call('ZREM', suspended, unpack(targets))
        for i = 5, #ARGV, 2 do
          local at = now - tonumber(ARGV[i + 1])
          if tonumber(redis.call('ZSCORE', resumed, ARGV[i]) or 0) < at then redis.call('ZADD', resumed, whole(at), ARGV[i]) end
        end
        redis.call('ZREMRANGEBYSCORE', resumed, '-inf', whole(now - longest))
        redis.call('ZREMRANGEBYSCORE', resumed, '(' .. whole(now), '+inf')
        redis.call('ZREMRANGEBYRANK', resumed, 0, -ARGV[4] - 1)
        redis.call('PEXPIRE', resumed, whole(longest))
        return {mended}
        """

    /// KEYS: suspended. ARGV: longest suspension, how many at most. Returns the targets that are suspended, each with the
    /// milliseconds left. Writes nothing.
    static let standing = prelude + """
        if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then return {} end
        local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. whole(now), whole(now + ARGV[1]), 'WITHSCORES', 'LIMIT', 0, ARGV[2])
        for i = 2, #found, 2 do found[i] = whole(tonumber(found[i]) - now) end
        return found
        """

    /// KEYS: counts. ARGV: of each what is added, what it was when it was last seen, and the milliseconds that it is kept.
    /// A count that has become less was lost with Redis' memory, and is what it was. Returns the counts, each with 1 where
    /// something else stood there.
    static let count = """
        local answer = {}
        for i, key in ipairs(KEYS) do
          local added, known, kept = tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1]), ARGV[i * 3]
          local found = redis.pcall('GET', key)
          local value = type(found) == 'string' and tonumber(found) or 0
          if not (value >= 0 and value <= 9007199254740992) then value = 0 end
          local sum = math.max(0, math.max(value, known) + added)
          local mended = found and string.format('%.0f', value) ~= found
          if mended then redis.call('DEL', key) end
          if mended or sum ~= value then redis.call('SET', key, string.format('%.0f', sum), 'PX', kept) end
          answer[i * 2 - 1] = sum
          answer[i * 2] = mended and 1 or 0
        end
        return answer
        """
}
