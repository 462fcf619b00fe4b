-- wl_tick: one more tick of a partition; a smaller epoch than before means that Redis lost writes
-- it had acknowledged (reliability.md J6). Trims `seen` a little, by age and only when it is long.
--   KEYS  {t}:epoch
--   Reply {now, epoch}
local TRIM = 1000

local function tick(keys)
	local now, seen = clock(), tag_of(keys[1]) .. ':seen'
	local epoch = redis.call('INCR', keys[1])
	local spare = redis.call('ZCARD', seen) - SEEN_MIN
	if spare > 0 then
		local old = redis.call('ZCOUNT', seen, '-inf', now - SEEN_MS)
		local n = math.min(spare, old, TRIM)
		if n > 0 then
			redis.call('ZREMRANGEBYRANK', seen, 0, n - 1)
		end
	end
	return {now, epoch}
end

redis.register_function{function_name = 'wl_tick', callback = tick, flags = {'allow-oom'}}
