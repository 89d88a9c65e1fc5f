/**
 * What every script begins with. The first argument is the time where a test moves it; otherwise it is the
 * server's. Redis' own expiry runs by the server's clock in either case, and only tidies up: what counts is the
 * time in the value. So where a test moves time, it comes late enough to stay out of the way.
 */
export const clockLua = String.raw`
local call, sub, byte, pack, unpack_ = redis.call, string.sub, string.byte, struct.pack, struct.unpack
local moment, slack = tonumber(ARGV[1]), 3600000
local function now()
  if not moment then
    local time = call('TIME')
    moment, slack = time[1] * 1000 + math.floor(time[2] / 1000), 0
  end
  return moment
end
local function keep(key, value, at)
  local ttl = math.ceil(at - now() + slack)
  if at <= now() then call('DEL', key)
  elseif ttl < 1e15 then call('SET', key, value, 'PX', ttl)
  else call('SET', key, value) end
end
`;

/** The keys of a bucket by its number, for scripts that go through several: prefix, first and last are arguments. */
export const rangeLua = String.raw`
local function baseOf(bucket) return ARGV[2] .. ':{' .. bucket .. '}:' end
local first, last = tonumber(ARGV[3]), tonumber(ARGV[4])
`;

/** A record as it is, for scripts about one: its Redis key is the first. */
export const recordLua = String.raw`
local base, id = sub(KEYS[1], 1, -34), sub(KEYS[1], -32)
local none, never = -math.huge, math.huge
local format, zeros = '>BBBBI4I4ddc16I4I4dc16c48c32c32', string.rep('\0', 48)
local head = call('GETRANGE', KEYS[1], 0, 187)
local here = byte(head) == 1
local _, state, flags, count, size, causeSize, due, lease, holder
local failures, refusals, since, generation, writes, lane, owner
if here then
  _, state, flags, count, size, causeSize, due, lease, holder,
    failures, refusals, since, generation, writes, lane, owner = unpack_(format, head)
end
local function has(flag) return bit.band(flags, flag) ~= 0 end
`;

/**
 * A record that is ever due lies in one set of its lane: under its due time while nobody holds it, under the end
 * of the lease while somebody does. One whose lease is over may have been moved back already.
 */
export const scheduleLua = String.raw`
local function move(toLane, toDue, toLease)
  local target
  if toDue < never then target = base .. (toLease > none and 'l' or 'd') .. toLane end
  if here and due < never then
    local leased, free = base .. 'l' .. lane, base .. 'd' .. lane
    if lease > none and leased ~= target then call('ZREM', leased, id) end
    if free ~= target and lease <= now() then call('ZREM', free, id) end
  end
  if target then call('ZADD', target, toLease > none and toLease or toDue, id) end
end
`;

/** Tells those who wait that the record has changed. Whoever may not publish has only no hints. */
export const wakeLua = String.raw`
local function wake()
  if here and not has(8) then return end
  local waiting = base .. 'w' .. id
  local channels = call('SMEMBERS', waiting)
  call('DEL', waiting)
  for _, channel in ipairs(channels) do redis.pcall('PUBLISH', channel, id) end
end
`;

/** The writes that a record, or what is left of it, remembers. */
export const writesLua = String.raw`
local remembered = ''
if here then
  remembered = sub(writes, 1, 12 * count)
elseif byte(head) == 2 then
  local number, gone = unpack_('>Bd', head, 2)
  if gone > now() then remembered = sub(head, 11, 10 + 12 * number) end
end
local function knows(write)
  for at = 1, #remembered, 12 do
    if sub(remembered, at, at + 11) == write then return true end
  end
end
local function remember(write) remembered = sub(write .. remembered, 1, 48) end
local function rank(whose)
  local high, low = unpack_('>I3I3', whose)
  return high * 16777216 + low
end
`;
