import { clockLua, rangeLua } from './prelude.js';

/** Puts what is due again because its lease is over back among what is due, longest over first. */
const lapseLua = String.raw`
local lane = ARGV[5]
local function lapse(bucket)
  local base = baseOf(bucket)
  for _, id in ipairs(call('ZRANGEBYSCORE', base .. 'l' .. lane, '-inf', now(), 'LIMIT', 0, 1000)) do
    local due = call('GETRANGE', base .. 'r' .. id, 12, 19)
    call('ZREM', base .. 'l' .. lane, id)
    if #due == 8 then call('ZADD', base .. 'd' .. lane, unpack_('>d', due), id) end
  end
end
`;

/** One page over the buckets: a record that is in the index but not there any more leaves a gap. */
const gatherLua = String.raw`
local limit, found, more = tonumber(ARGV[6]), {}, 0
local function gather(bucket, ids)
  for _, id in ipairs(ids) do
    if #found >= 2 * limit then more = 1 return end
    found[#found + 1] = id
    found[#found + 1] = call('GET', baseOf(bucket) .. 'r' .. id)
  end
end
`;

/** Scripts that go through buckets: all of them on one server, one on a cluster. */
export const rangeScripts = {
  // prefix, first, last, lane, holder, for how long, limit, mark them: what is answered was read before that
  dueClaim: `${clockLua}${rangeLua}${lapseLua}
local holder, till, limit = ARGV[6], now() + tonumber(ARGV[7]), tonumber(ARGV[8])
local chunk = math.max(4, math.ceil(2 * limit / (last - first + 1)))
local heads, places, taken = {}, {}, {}
local function fetch(bucket, offset)
  heads[bucket], places[bucket] = call('ZRANGEBYSCORE', baseOf(bucket) .. 'd' .. lane, '-inf', now(),
    'WITHSCORES', 'LIMIT', offset, chunk), 1
end
for bucket = first, last do
  lapse(bucket)
  fetch(bucket, 0)
  taken[bucket] = 0
end
local claimed = {string.format('%.17g', till)}
local lease, marks = pack('>d', till) .. holder, ARGV[9] == '1'
while #claimed < 2 * limit do
  local best, earliest
  for bucket = first, last do
    local due = tonumber(heads[bucket][places[bucket] + 1])
    if due and (not earliest or due < earliest) then best, earliest = bucket, due end
  end
  if not best then break end
  local base, id = baseOf(best), heads[best][places[best]]
  local value = call('GET', base .. 'r' .. id)
  if value then
    if marks then
      call('SETRANGE', base .. 'r' .. id, 2, string.char(bit.bor(byte(value, 3), 1)) .. sub(value, 4, 20) .. lease)
    else
      call('SETRANGE', base .. 'r' .. id, 20, lease)
    end
    call('ZADD', base .. 'l' .. lane, till, id)
    claimed[#claimed + 1] = id
    claimed[#claimed + 1] = value
  end
  call('ZREM', base .. 'd' .. lane, id)
  places[best] = places[best] + 2
  if places[best] > #heads[best] and #heads[best] == 2 * chunk then fetch(best, 0) end
end
return claimed`,

  // prefix, first, last, lane, limit: due times, earliest first
  dueHeads: `${clockLua}${rangeLua}${lapseLua}
lapse(first)
local heads = call('ZRANGEBYSCORE', baseOf(first) .. 'd' .. lane, '-inf', now(), 'WITHSCORES', 'LIMIT', 0, ARGV[6])
local times = {}
for at = 2, #heads, 2 do times[#times + 1] = heads[at] end
return times`,

  // prefix, first, last, lane
  dueCount: `${clockLua}${rangeLua}${lapseLua}
local count, oldest = 0
for bucket = first, last do
  lapse(bucket)
  local free = baseOf(bucket) .. 'd' .. lane
  count = count + call('ZCOUNT', free, '-inf', now()) + call('ZCOUNT', baseOf(bucket) .. 'l' .. lane, '-inf', now())
  local due = tonumber(call('ZRANGEBYSCORE', free, '-inf', now(), 'WITHSCORES', 'LIMIT', 0, 1)[2])
  if due and (not oldest or due < oldest) then oldest = due end
end
return {count, oldest and string.format('%.17g', oldest)}`,

  // prefix, first, last, after, limit
  recordPage: `${clockLua}${rangeLua}${gatherLua}
local from = ARGV[5] == '' and '-' or '(' .. ARGV[5]
for bucket = first, last do
  local rest = limit - #found / 2
  gather(bucket, call('ZRANGEBYLEX', baseOf(bucket) .. 'p', from, '+', 'LIMIT', 0, rest + 1))
  if more == 1 then break end
end
return {more, found}`,

  // prefix, first, last, after, limit, owner, its rank
  recordList: `${clockLua}${rangeLua}${gatherLua}
-- Lua would compare by the server's locale.
local function isBehind(id)
  for at = 1, #ARGV[5] do
    local a, b = byte(id, at) or 0, byte(ARGV[5], at)
    if a ~= b then return a > b end
  end
  return #id > #ARGV[5]
end
for bucket = first, last do
  local base, mine = baseOf(bucket), {}
  for _, id in ipairs(call('ZRANGEBYSCORE', base .. 'o', ARGV[8], ARGV[8])) do
    if isBehind(id) and call('GETRANGE', base .. 'r' .. id, 156, 187) == ARGV[7] then
      mine[#mine + 1] = id
      if #mine > limit then break end
    end
  end
  gather(bucket, mine)
  if more == 1 then break end
end
return {more, found}`,
} as const;
