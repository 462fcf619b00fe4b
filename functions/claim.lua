-- wl_claim: actors whose alarm has rung, each with a new fence and a lease.
--   KEYS  {t}:alarm
--   ARGV  how many at most, lease ms, mails per actor at most
--   Reply {now, 1 when more are due, then per actor: actor, fence, document or '', number of
--         mails, mail ...}
--   A claimed actor's alarm is the end of its lease: a scheduler that died needs no sweep.
local function claim(keys, args)
	local alarm, tag, now = keys[1], tag_of(keys[1]), clock()
	local n, til, batch = tonumber(args[1]), now + tonumber(args[2]), tonumber(args[3])
	local due = redis.call('ZRANGE', alarm, '-inf', now, 'BYSCORE', 'LIMIT', 0, n + 1)
	local reply = {now, 0}
	if #due > n then
		due[#due] = nil
		reply[2] = 1
	end
	for _, actor in ipairs(due) do
		local box = tag .. ':a:' .. actor
		local value = redis.call('GET', box) or ''
		local fence = lease_of(value) + 1
		redis.call('SETRANGE', box, 0, head_of(fence, til))
		redis.call('ZADD', alarm, til, actor)
		local mail = redis.call('LRANGE', box .. ':mail', 0, batch - 1)
		local at = #reply
		reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] =
			actor, fence, string.sub(value, HEAD + 1), #mail
		for i, letter in ipairs(mail) do
			reply[at + 4 + i] = letter
		end
	end
	return reply
end

redis.register_function('wl_claim', claim)
